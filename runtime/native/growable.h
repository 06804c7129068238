#pragma once

#include "pages.h"
#include "wrap.h"

namespace tilescript {

// Reserved addresses with memory behind the first of them. They never move, so what a captured graph or a prepared launch was
// given stays right while the memory grows.
class GrowableBlock : public DeviceBlock {
 public:
  static std::shared_ptr<GrowableBlock> Reserve(ContextHandle context, std::shared_ptr<StreamHandle> stream, size_t capacity);
  GrowableBlock(ContextHandle context, std::shared_ptr<StreamHandle> stream, std::unique_ptr<AddressRange> range, size_t page);
  // Waits for the stream: unlike cuMemFree, cuMemUnmap pulls memory from under the kernels that use it.
  ~GrowableBlock() override;

  // Makes the memory at least `wanted` bytes, which must not exceed the capacity. A failure changes nothing.
  void Grow(size_t wanted);
  // Lets another device use what is there and what will be. A failure changes nothing.
  void Admit(const PrimaryContext& peer);
  size_t Capacity() const { return range_->bytes; }
  size_t Bytes() const override { return bytes_; }

 private:
  const ContextHandle context_;
  const std::shared_ptr<StreamHandle> stream_;
  const std::unique_ptr<AddressRange> range_;
  const size_t page_;
  size_t bytes_ = 0;
  std::vector<CUmemAccessDesc> users_;
  std::vector<Mapping> mappings_;
};

// Device memory that grows in place.
class GrowableMemory {
 public:
  explicit GrowableMemory(const Napi::CallbackInfo& info);
  static void Define(Napi::Env env, Napi::Object exports);

  std::shared_ptr<GrowableBlock> Block(Napi::Env env) const { return Live(env, block_, "GrowableMemory"); }

 private:
  Napi::Value Address(const Napi::CallbackInfo& info);
  double ByteLength(const Napi::CallbackInfo&) { return block_ ? static_cast<double>(block_->Bytes()) : 0; }
  double Capacity(const Napi::CallbackInfo&) { return block_ ? static_cast<double>(block_->Capacity()) : 0; }
  void Grow(const Napi::CallbackInfo& info);
  void Destroy(const Napi::CallbackInfo&) { block_.reset(); }

  std::shared_ptr<GrowableBlock> block_;
};

}  // namespace tilescript
