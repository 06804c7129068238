#include "uploader.h"

#include <algorithm>
#include <optional>
#include <system_error>
#include <thread>

#include "context.h"
#include "later.h"
#include "memory.h"

namespace tilescript {

SlotRing::SlotRing(ContextHandle context, size_t threads, size_t slotsPerThread, size_t slotBytes)
    : context_(std::move(context)), threads_(threads), slotsPerThread_(slotsPerThread), slotBytes_(slotBytes) {
  // Events that put the waiting thread to sleep: one that spins takes a processor away from those that read.
  constexpr unsigned nonBlocking = 1, sleepingWithoutTiming = 1 | 2;
  CUstream stream = nullptr;
  CALL(cuStreamCreateWithPriority, (&stream, nonBlocking, 0), 0);
  stream_ = std::make_shared<StreamHandle>(context_, stream);
  memory_ = AllocatePinned(context_, threads * slotsPerThread * slotBytes);
  for (size_t index = 0; index < threads * slotsPerThread; ++index) {
    CUevent event = nullptr;
    CALL(cuEventCreate, (&event, sleepingWithoutTiming));
    slots_.push_back({static_cast<uint8_t*>(memory_->raw) + index * slotBytes, std::make_shared<EventHandle>(context_, event)});
  }
}

void SlotRing::Send(const Slot& slot, const std::vector<FileCopy>& copies, const Load& load) {
  CALL(cuEventSynchronize, (slot.free->raw));
  for (const Part& part : load) {
    const FileCopy& copy = copies[part.copy];
    ReadPart(copy, part, slot.data);
    const uint64_t to = copy.to + part.done;
    InPieces(*copy.block, to, part.bytes, [&](size_t done, size_t piece) {
      CALL(cuMemcpyHtoDAsync_v2, (copy.block->raw + to + done, slot.data + part.at + done, piece, stream_->raw), piece);
    });
  }
  CALL(cuEventRecord, (slot.free->raw, stream_->raw));
}

// One upload under way: each thread takes the next load until none is left, one has failed, or JavaScript wants no more.
struct SlotRing::Run {
  SlotRing& ring;
  const std::vector<FileCopy>& copies;
  TransferState& state;
  const std::vector<Load> loads;
  std::atomic<size_t> next{0}, sent{0};
  std::atomic<bool> failed{false};
  std::mutex guard{};
  std::exception_ptr failure{};

  // Nothing may leave a thread, so the first failure is kept for who joins them.
  void Work(size_t thread) noexcept {
    try {
      ring.context_->Enter();
      for (size_t turn = 0; !failed && !state.aborted; ++turn) {
        size_t index = next++;
        if (index >= loads.size()) return;
        ring.Send(ring.slots_[thread * ring.slotsPerThread_ + turn % ring.slotsPerThread_], copies, loads[index]);
        for (const Part& part : loads[index]) state.bytes += part.bytes;
        ++sent;
      }
    } catch (...) {
      std::lock_guard<std::mutex> lock(guard);
      if (!failed.exchange(true)) failure = std::current_exception();
    }
  }

  // The caller is one of the threads. Where the system gives no more of them, those that are there do the work.
  void WorkTogether() {
    std::vector<std::thread> helpers;
    const size_t threads = std::min(ring.threads_, loads.size());
    helpers.reserve(threads);
    try {
      for (size_t thread = 1; thread < threads; ++thread) helpers.emplace_back([this, thread] { Work(thread); });
    } catch (const std::system_error&) {
    }
    Work(0);
    for (std::thread& helper : helpers) helper.join();
  }
};

bool SlotRing::Copy(const std::vector<FileCopy>& copies, TransferState& state) {
  std::lock_guard<std::mutex> lock(turn_);
  Run run{*this, copies, state, CutIntoLoads(copies, slotBytes_)};
  if (run.loads.empty()) return true;
  run.WorkTogether();
  // Also after a failure: what was put on the stream before still reads slots and writes memory.
  CUresult finished = driver().cuStreamSynchronize(stream_->raw);
  if (run.failure) std::rethrow_exception(run.failure);
  if (finished) throw Failure(finished, "cuStreamSynchronize", "");
  return run.sent == run.loads.size();
}

void Transfer::Define(Napi::Env env, Napi::Object exports) {
  using Own = Class<Transfer>;
  Own::Define(env, exports, "Transfer", {Own::Getter<&Transfer::Bytes>("bytes"), Own::Method<&Transfer::Abort>("abort")});
}

// (context, threads, slotsPerThread, slotBytes)
Uploader::Uploader(const Napi::CallbackInfo& info) {
  ContextHandle context = Context::From(info);
  uint64_t threads = Count(info[1], "threads"), slots = Count(info[2], "slotsPerThread"), bytes = Count(info[3], "slotBytes");
  auto outside = [](uint64_t count, uint64_t most) { return count < 1 || count > most; };
  if (outside(threads, 64) || outside(slots, 64) || outside(bytes, 1 << 30))
    throw Napi::RangeError::New(info.Env(), "an Uploader has 1 to 64 threads, each with 1 to 64 slots of 1 byte to 1 GiB");
  ring_ = std::make_shared<SlotRing>(context, threads, slots, bytes);
}

// (copies, transfer): true, or false where it was aborted first
Napi::Value Uploader::Upload(const Napi::CallbackInfo& info) {
  struct Outcome {
    bool whole;
    std::optional<ReadFailure> failure;
  };
  std::vector<FileCopy> copies;
  try {
    copies = FileCopies(info[0]);
  } catch (const ReadFailure& failure) {
    throw ToError(info.Env(), failure);
  }
  auto work = [ring = Live(info.Env(), ring_, "Uploader"), state = Transfer::From(info[1]),
               copies = std::move(copies)]() -> Outcome {
    try {
      return {ring->Copy(copies, *state), {}};
    } catch (const ReadFailure& failure) {
      return {false, failure};
    }
  };
  return RunLater(info.Env(), std::move(work), [](Napi::Env env, Outcome outcome) -> Napi::Value {
    if (outcome.failure) throw ToError(env, *outcome.failure);
    return Napi::Boolean::New(env, outcome.whole);
  });
}

void Uploader::Define(Napi::Env env, Napi::Object exports) {
  using Own = Class<Uploader>;
  Own::Define(env, exports, "Uploader",
              {Own::Method<&Uploader::Upload>("upload"), Own::Method<&Uploader::Destroy>("destroy")});
}

}  // namespace tilescript
