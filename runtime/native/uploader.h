#pragma once

#include <mutex>

#include "owned.h"
#include "wrap.h"

namespace tilescript {

// A ring of page-locked slots and a stream of its own: while the GPU copies one slot, the thread fills the next.
class Ring {
 public:
  Ring(ContextHandle context, size_t slotBytes, size_t slots);
  // Copies and waits for the last slot. One caller at a time; others wait their turn.
  void Write(CUdeviceptr to, const uint8_t* from, size_t bytes);

 private:
  struct Slot {
    std::shared_ptr<PinnedBlock> memory;
    std::shared_ptr<EventHandle> free;
  };

  ContextHandle context_;
  size_t slotBytes_;
  std::shared_ptr<StreamHandle> stream_;
  std::vector<Slot> slots_;
  std::mutex turn_;
};

// Big uploads from mapped files or any bytes, off the event loop.
class Uploader {
 public:
  explicit Uploader(const Napi::CallbackInfo& info);
  static void Define(Napi::Env env, Napi::Object exports);

 private:
  Napi::Value Write(const Napi::CallbackInfo& info);
  void Destroy(const Napi::CallbackInfo&) { ring_.reset(); }

  std::shared_ptr<Ring> ring_;
};

}  // namespace tilescript
