#include "uploader.h"

#include <algorithm>
#include <cstring>

#include "context.h"
#include "later.h"
#include "mapping.h"
#include "memory.h"

namespace tilescript {

Ring::Ring(ContextHandle context, size_t slotBytes, size_t slots) : context_(std::move(context)), slotBytes_(slotBytes) {
  constexpr unsigned nonBlocking = 1, withoutTiming = 2;
  CUstream stream = nullptr;
  CALL(cuStreamCreateWithPriority, (&stream, nonBlocking, 0), 0);
  stream_ = std::make_shared<StreamHandle>(context_, stream);
  for (size_t index = 0; index < slots; ++index) {
    std::shared_ptr<PinnedBlock> memory = AllocatePinned(context_, slotBytes);
    CUevent event = nullptr;
    CALL(cuEventCreate, (&event, withoutTiming));
    slots_.push_back({memory, std::make_shared<EventHandle>(context_, event)});
  }
}

void Ring::Write(CUdeviceptr to, const uint8_t* from, size_t bytes) {
  std::lock_guard<std::mutex> lock(turn_);
  context_->Enter();
  for (size_t done = 0, step = 0; done < bytes; ++step) {
    const Slot& slot = slots_[step % slots_.size()];
    size_t size = std::min(slotBytes_, bytes - done);
    CALL(cuEventSynchronize, (slot.free->raw));
    std::memcpy(slot.memory->raw, from + done, size);
    CALL(cuMemcpyHtoDAsync_v2, (to + done, slot.memory->raw, size, stream_->raw), size);
    CALL(cuEventRecord, (slot.free->raw, stream_->raw));
    done += size;
  }
  CALL(cuStreamSynchronize, (stream_->raw));
}

// (context, slotBytes, slots)
Uploader::Uploader(const Napi::CallbackInfo& info) {
  ContextHandle context = Context::From(info);
  uint64_t slotBytes = Count(info[1], "slotBytes"), slots = Count(info[2], "slots");
  if (slotBytes == 0 || slots == 0) throw Napi::RangeError::New(info.Env(), "an Uploader needs at least one slot of a byte");
  ring_ = std::make_shared<Ring>(context, slotBytes, slots);
}

// (memory, offset, source: MappedFile | Uint8Array, sourceOffset, bytes)
Napi::Value Uploader::Write(const Napi::CallbackInfo& info) {
  uint64_t offset = Count(info[1], "offset"), sourceOffset = Count(info[3], "sourceOffset");
  uint64_t bytes = Count(info[4], "bytes");
  auto ring = Live(info.Env(), ring_, "Uploader");
  auto block = Memory::Range(info[0], offset, bytes);
  std::shared_ptr<Mapping> mapping;
  const uint8_t* from = nullptr;
  if (info[2].IsTypedArray()) {
    Bytes source = View(info[2], "source");
    CheckRange(info.Env(), sourceOffset, bytes, source.size, "source");
    from = source.data + sourceOffset;
    mapping = Mapping::At(from);
  } else {
    mapping = MappedFile::Range(info[2], sourceOffset, bytes);
    from = mapping->data + sourceOffset;
  }
  auto work = [ring, block, mapping, to = block->raw + offset, from, bytes] { ring->Write(to, from, bytes); };
  return RunLater(info.Env(), std::move(work), {info[2]});
}

void Uploader::Define(Napi::Env env, Napi::Object exports) {
  using Own = Class<Uploader>;
  Own::Define(env, exports, "Uploader",
              {Own::Method<&Uploader::Write>("write"), Own::Method<&Uploader::Destroy>("destroy")});
}

}  // namespace tilescript
