#pragma once

#include <atomic>
#include <mutex>

#include "filecopy.h"
#include "owned.h"
#include "wrap.h"

namespace tilescript {

// What an upload and JavaScript tell each other while it runs.
struct TransferState {
  std::atomic<uint64_t> bytes{0};      // on their way to the device, or there
  std::atomic<bool> aborted{false};
};

// Threads that fill page-locked slots, each its own, and a stream of their own: while the GPU copies from some slots, the threads
// read into others.
class SlotRing {
 public:
  SlotRing(ContextHandle context, size_t threads, size_t slotsPerThread, size_t slotBytes);

  // Copies everything and waits until it is there; answers whether it did, or was aborted first. Either way, and when it throws
  // (Failure, ReadFailure), every thread has ended and every slot is free. One caller at a time; others wait their turn.
  bool Copy(const std::vector<FileCopy>& copies, TransferState& state);

 private:
  struct Slot {
    uint8_t* data;
    std::shared_ptr<EventHandle> free;
  };
  struct Run;

  void Send(const Slot& slot, const std::vector<FileCopy>& copies, const Load& load);

  ContextHandle context_;
  size_t threads_, slotsPerThread_, slotBytes_;
  std::shared_ptr<StreamHandle> stream_;
  std::shared_ptr<PinnedBlock> memory_;
  std::vector<Slot> slots_;
  std::mutex turn_;
};

// How far an upload is, and the way to stop it.
class Transfer {
 public:
  explicit Transfer(const Napi::CallbackInfo&) : state_(std::make_shared<TransferState>()) {}
  static void Define(Napi::Env env, Napi::Object exports);
  static std::shared_ptr<TransferState> From(Napi::Value value) { return Class<Transfer>::Unwrap(value, "transfer").state_; }

 private:
  double Bytes(const Napi::CallbackInfo&) { return static_cast<double>(state_->bytes.load()); }
  void Abort(const Napi::CallbackInfo&) { state_->aborted = true; }

  std::shared_ptr<TransferState> state_;
};

// Uploads of files, off the event loop.
class Uploader {
 public:
  explicit Uploader(const Napi::CallbackInfo& info);
  static void Define(Napi::Env env, Napi::Object exports);

 private:
  Napi::Value Upload(const Napi::CallbackInfo& info);
  void Destroy(const Napi::CallbackInfo&) { ring_.reset(); }

  std::shared_ptr<SlotRing> ring_;
};

}  // namespace tilescript
