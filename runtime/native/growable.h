#pragma once

#include "owned.h"
#include "wrap.h"

namespace tilescript {

// Addresses of the device with nothing behind them.
class AddressRange {
 public:
  AddressRange(ContextHandle context, size_t bytes);
  ~AddressRange();
  AddressRange(const AddressRange&) = delete;

  CUdeviceptr start = 0;
  const size_t bytes;

 private:
  const ContextHandle context_;
};

// Reserved addresses with memory behind the first `bytes` of them. They never move, so what a captured graph or a prepared
// launch was given stays right while the memory grows.
class GrowableBlock : public DeviceBlock {
 public:
  static std::shared_ptr<GrowableBlock> Reserve(ContextHandle context, std::shared_ptr<StreamHandle> stream, size_t capacity);
  GrowableBlock(ContextHandle context, std::shared_ptr<StreamHandle> stream, std::unique_ptr<AddressRange> range, size_t page);
  // Waits for the stream: unlike cuMemFree, cuMemUnmap pulls memory from under the kernels that use it.
  ~GrowableBlock() override;

  // Makes `bytes` at least `wanted`, which must not exceed the capacity. A failure changes nothing.
  void Grow(size_t wanted);
  size_t Capacity() const { return range_->bytes; }

 private:
  const ContextHandle context_;
  const std::shared_ptr<StreamHandle> stream_;
  const std::unique_ptr<AddressRange> range_;
  const size_t page_;
  // Sizes of the mappings, in order: each must be unmapped as it was mapped.
  std::vector<size_t> mappings_;
};

// Device memory that grows in place.
class GrowableMemory {
 public:
  explicit GrowableMemory(const Napi::CallbackInfo& info);
  static void Define(Napi::Env env, Napi::Object exports);

  std::shared_ptr<GrowableBlock> Block(Napi::Env env) const { return Live(env, block_, "GrowableMemory"); }

 private:
  Napi::Value Address(const Napi::CallbackInfo& info);
  double ByteLength(const Napi::CallbackInfo&) { return block_ ? static_cast<double>(block_->bytes) : 0; }
  double Capacity(const Napi::CallbackInfo&) { return block_ ? static_cast<double>(block_->Capacity()) : 0; }
  void Grow(const Napi::CallbackInfo& info);
  void Destroy(const Napi::CallbackInfo&) { block_.reset(); }

  std::shared_ptr<GrowableBlock> block_;
};

}  // namespace tilescript
