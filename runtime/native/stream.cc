#include "stream.h"

#include "context.h"
#include "graph.h"
#include "growable.h"
#include "later.h"
#include "lent.h"
#include "memory.h"

namespace tilescript {
namespace {

// Copies between host and device, queued.
void Upload(const StreamHandle& stream, const DeviceBlock& to, size_t offset, const uint8_t* from, size_t bytes) {
  InPieces(to, offset, bytes, [&](size_t done, size_t piece) {
    CALL(cuMemcpyHtoDAsync_v2, (to.raw + offset + done, from + done, piece, stream.raw), piece);
  });
}

void Download(const StreamHandle& stream, uint8_t* to, const DeviceBlock& from, size_t offset, size_t bytes) {
  InPieces(from, offset, bytes, [&](size_t done, size_t piece) {
    CALL(cuMemcpyDtoHAsync_v2, (to + done, from.raw + offset + done, piece, stream.raw), piece);
  });
}

void Finish(const StreamHandle& stream) { CALL(cuStreamSynchronize, (stream.raw)); }

}  // namespace

Stream::Stream(const Napi::CallbackInfo& info) {
  constexpr unsigned nonBlocking = 1;
  const int priority = info[1].IsUndefined() ? 0 : Integer(info[1], "priority");
  ContextHandle context = Context::From(info);
  CUstream raw = nullptr;
  CALL(cuStreamCreateWithPriority, (&raw, nonBlocking, priority), priority);
  handle_ = std::make_shared<StreamHandle>(context, raw);
}

std::shared_ptr<StreamHandle> Stream::From(Napi::Value value) {
  return Live(value.Env(), Class<Stream>::Unwrap(value, "stream").handle_, "Stream");
}

std::shared_ptr<StreamHandle> Stream::Enter(Napi::Env env) {
  auto stream = Live(env, handle_, "Stream");
  stream->context->Enter();
  return stream;
}

// For copies of JavaScript's memory: recorded into a graph, they would be made again when that memory is gone.
std::shared_ptr<StreamHandle> Stream::EnterToWait(Napi::Env env) {
  auto stream = Enter(env);
  if (stream->capturing) throw Napi::Error::New(env, "nothing can wait inside a capture: copy from and to pinned memory there");
  return stream;
}

void Stream::Write(const Napi::CallbackInfo& info) {
  uint64_t offset = Count(info[1], "offset");
  Bytes source = View(info[2], "source");
  auto block = Memory::Range(info[0], offset, source.size);
  auto stream = EnterToWait(info.Env());
  if (source.size == 0) return;
  Upload(*stream, *block, offset, source.data, source.size);
  Finish(*stream);
}

void Stream::EnqueueWrite(const Napi::CallbackInfo& info) {
  uint64_t offset = Count(info[1], "offset"), pinnedOffset = Count(info[3], "pinnedOffset");
  uint64_t bytes = Count(info[4], "bytes");
  auto block = Memory::Range(info[0], offset, bytes);
  auto pinned = PinnedMemory::Range(info[2], pinnedOffset, bytes);
  auto stream = Enter(info.Env());
  if (bytes == 0) return;
  Upload(*stream, *block, offset, static_cast<uint8_t*>(pinned->raw) + pinnedOffset, bytes);
  stream->Keep(block);
  stream->Keep(pinned);
}

void Stream::Read(const Napi::CallbackInfo& info) {
  uint64_t offset = Count(info[1], "offset");
  Bytes target = View(info[2], "target");
  auto block = Memory::Range(info[0], offset, target.size);
  auto stream = EnterToWait(info.Env());
  if (target.size == 0) return;
  Download(*stream, target.data, *block, offset, target.size);
  Finish(*stream);
}

void Stream::EnqueueRead(const Napi::CallbackInfo& info) {
  uint64_t offset = Count(info[1], "offset"), pinnedOffset = Count(info[3], "pinnedOffset");
  uint64_t bytes = Count(info[4], "bytes");
  auto block = Memory::Range(info[0], offset, bytes);
  auto pinned = PinnedMemory::Range(info[2], pinnedOffset, bytes);
  auto stream = Enter(info.Env());
  if (bytes == 0) return;
  Download(*stream, static_cast<uint8_t*>(pinned->raw) + pinnedOffset, *block, offset, bytes);
  stream->Keep(block);
  stream->Keep(pinned);
}

void Stream::Copy(const Napi::CallbackInfo& info) {
  uint64_t toOffset = Count(info[1], "toOffset"), fromOffset = Count(info[3], "fromOffset");
  uint64_t bytes = Count(info[4], "bytes");
  auto to = Memory::Range(info[0], toOffset, bytes);
  auto from = Memory::Range(info[2], fromOffset, bytes);
  auto stream = Enter(info.Env());
  if (bytes == 0) return;
  InPieces(*to, toOffset, bytes, [&](size_t before, size_t both) {
    const CUdeviceptr target = to->raw + toOffset + before, source = from->raw + fromOffset + before;
    InPieces(*from, fromOffset + before, both, [&](size_t done, size_t piece) {
      CALL(cuMemcpyDtoDAsync_v2, (target + done, source + done, piece, stream->raw), piece);
    });
  });
  stream->Keep(to);
  stream->Keep(from);
}

void Stream::Fill(const Napi::CallbackInfo& info) {
  uint64_t offset = Count(info[1], "offset"), bytes = Count(info[2], "bytes");
  auto value = CountAs<unsigned char>(info[3], "value");
  auto block = Memory::Range(info[0], offset, bytes);
  auto stream = Enter(info.Env());
  if (bytes == 0) return;
  InPieces(*block, offset, bytes, [&](size_t done, size_t piece) {
    CALL(cuMemsetD8Async, (block->raw + offset + done, value, piece, stream->raw), int{value}, piece);
  });
  stream->Keep(block);
}

void Stream::Fill32(const Napi::CallbackInfo& info) {
  uint64_t offset = Count(info[1], "offset"), count = Count(info[2], "count");
  uint32_t value = CountAs<uint32_t>(info[3], "value");
  auto block = Memory::Range(info[0], offset, count * 4);
  auto stream = Enter(info.Env());
  if (count == 0) return;
  InPieces(*block, offset, count * 4, [&](size_t done, size_t piece) {
    CALL(cuMemsetD32Async, (block->raw + offset + done, value, piece / 4, stream->raw), value, piece / 4);
  });
  stream->Keep(block);
}

// Memory of another device for work on this stream. Pages are opened to this one; for other memory contexts reach each other.
Napi::Value Stream::Borrow(const Napi::CallbackInfo& info) {
  auto block = Memory::Range(info[0], 0, 0);
  auto stream = Enter(info.Env());
  if (auto* growable = dynamic_cast<GrowableBlock*>(block.get())) growable->Admit(*stream->context);
  auto lent = std::make_shared<LentBlock>(std::move(stream), std::move(block));
  return Class<tilescript::Memory>::Make(info.Env(), std::make_unique<tilescript::Memory>(std::move(lent)));
}

void Stream::Record(const Napi::CallbackInfo& info) {
  auto event = Event::From(info[0]);
  auto stream = Enter(info.Env());
  CALL(cuEventRecord, (event->raw, stream->raw));
  event->capturing = stream->capturing ? stream.get() : nullptr;
  stream->Keep(event);
}

void Stream::Wait(const Napi::CallbackInfo& info) {
  auto event = Event::From(info[0]);
  auto stream = Enter(info.Env());
  // The driver would make this stream part of the capture, and nobody would keep alive what is put on it.
  if (event->capturing && !(stream->capturing && event->capturing == stream.get()))
    throw Napi::Error::New(info.Env(), "an event that was recorded in a capture can be waited for on the captured stream only");
  CALL(cuStreamWaitEvent, (stream->raw, event->raw, 0));
  stream->Keep(event);
}

void Stream::Synchronize(const Napi::CallbackInfo& info) { Finish(*Enter(info.Env())); }

Napi::Value Stream::SynchronizeAsync(const Napi::CallbackInfo& info) {
  return RunLater(info.Env(), [stream = Enter(info.Env())] {
    stream->context->Enter();
    Finish(*stream);
  });
}

bool Stream::Done(const Napi::CallbackInfo& info) {
  CUresult state = driver().cuStreamQuery(Enter(info.Env())->raw);
  if (state != 0 && state != kNotReady) throw Failure(state, "cuStreamQuery", "");
  return state == 0;
}

void Stream::BeginCapture(const Napi::CallbackInfo& info) {
  auto stream = Enter(info.Env());
  // Allocations, module loads and other streams go on as ever meanwhile; only what is put on this stream is recorded.
  constexpr int relaxed = 2;
  CALL(cuStreamBeginCapture_v2, (stream->raw, relaxed));
  stream->capturing = true;
}

Napi::Value Stream::EndCapture(const Napi::CallbackInfo& info) {
  auto stream = Enter(info.Env());
  Keepers captured = std::move(stream->captured);
  stream->captured.clear();
  stream->capturing = false;
  CUgraph raw = nullptr;
  CALL(cuStreamEndCapture, (stream->raw, &raw));
  return Class<Graph>::Make(info.Env(), std::make_unique<Graph>(
                                            std::make_shared<GraphHandle>(stream->context, raw, std::move(captured))));
}

// Nobody can end a capture any more, so what it would have kept goes: growing memory among it keeps this stream.
void Stream::Abandon() {
  if (handle_) Keepers(std::move(handle_->captured)).clear();
  handle_.reset();
}

void Stream::Define(Napi::Env env, Napi::Object exports) {
  using Own = Class<Stream>;
  Own::Define(env, exports, "Stream",
              {Own::Method<&Stream::Write>("write"),
               Own::Method<&Stream::EnqueueWrite>("enqueueWrite"),
               Own::Method<&Stream::Read>("read"),
               Own::Method<&Stream::EnqueueRead>("enqueueRead"),
               Own::Method<&Stream::Copy>("copy"),
               Own::Method<&Stream::Fill>("fill"),
               Own::Method<&Stream::Fill32>("fill32"),
               Own::Method<&Stream::Borrow>("borrow"),
               Own::Method<&Stream::Record>("record"),
               Own::Method<&Stream::Wait>("wait"),
               Own::Method<&Stream::Synchronize>("synchronize"),
               Own::Method<&Stream::SynchronizeAsync>("synchronizeAsync"),
               Own::Method<&Stream::Done>("done"),
               Own::Method<&Stream::BeginCapture>("beginCapture"),
               Own::Method<&Stream::EndCapture>("endCapture"),
               Own::Method<&Stream::Destroy>("destroy")});
}

}  // namespace tilescript
