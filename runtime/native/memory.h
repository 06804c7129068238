#pragma once

#include "owned.h"
#include "wrap.h"

namespace tilescript {

// A block of device memory.
class Memory {
 public:
  explicit Memory(const Napi::CallbackInfo& info);
  explicit Memory(std::shared_ptr<DeviceBlock> block) : block_(std::move(block)) {}
  static void Define(Napi::Env env, Napi::Object exports);

  // The live block of an argument, a Memory or a GrowableMemory, with [offset, offset + bytes) checked against its size.
  static std::shared_ptr<DeviceBlock> Range(Napi::Value value, uint64_t offset, uint64_t bytes);

 private:
  Napi::Value Address(const Napi::CallbackInfo& info);
  double ByteLength(const Napi::CallbackInfo& info);
  void Destroy(const Napi::CallbackInfo&) { block_.reset(); }

  std::shared_ptr<DeviceBlock> block_;
};

// Page-locked host memory, which the GPU copies from and to without staging.
class PinnedMemory {
 public:
  explicit PinnedMemory(const Napi::CallbackInfo& info);
  static void Define(Napi::Env env, Napi::Object exports);
  static std::shared_ptr<PinnedBlock> Range(Napi::Value value, uint64_t offset, uint64_t bytes);

 private:
  Napi::Value Buffer(const Napi::CallbackInfo& info);
  Napi::Value OnDevices(const Napi::CallbackInfo& info);
  void Destroy(const Napi::CallbackInfo& info);

  std::shared_ptr<PinnedBlock> block_;
  Napi::Reference<Napi::ArrayBuffer> buffer_;
};

std::shared_ptr<PinnedBlock> AllocatePinned(const ContextHandle& context, size_t bytes);

}  // namespace tilescript
