#include "memory.h"

#include "context.h"
#include "growable.h"

namespace tilescript {

Memory::Memory(const Napi::CallbackInfo& info) {
  size_t bytes = Count(info[1], "bytes");
  ContextHandle context = Context::From(info);
  CUdeviceptr address = 0;
  CALL(cuMemAlloc_v2, (&address, bytes), bytes);
  block_ = std::make_shared<PlainBlock>(context, address, bytes);
}

std::shared_ptr<DeviceBlock> Memory::Range(Napi::Value value, uint64_t offset, uint64_t bytes) {
  GrowableMemory* growable = Class<GrowableMemory>::Peek(value);
  std::shared_ptr<DeviceBlock> block =
      growable ? growable->Block(value.Env()) : Live(value.Env(), Class<Memory>::Unwrap(value, "memory").block_, "Memory");
  CheckRange(value.Env(), offset, bytes, block->Bytes(), "device memory");
  return block;
}

Napi::Value Memory::Address(const Napi::CallbackInfo& info) {
  return Napi::BigInt::New(info.Env(), uint64_t{Live(info.Env(), block_, "Memory")->raw});
}

double Memory::ByteLength(const Napi::CallbackInfo&) { return block_ ? static_cast<double>(block_->Bytes()) : 0; }

void Memory::Define(Napi::Env env, Napi::Object exports) {
  using Own = Class<Memory>;
  Own::Define(env, exports, "Memory",
              {Own::Getter<&Memory::Address>("address"), Own::Getter<&Memory::ByteLength>("byteLength"),
               Own::Method<&Memory::Destroy>("destroy")});
}

std::shared_ptr<PinnedBlock> AllocatePinned(const ContextHandle& context, size_t bytes) {
  void* address = nullptr;
  constexpr unsigned portable = 1;
  CALL(cuMemHostAlloc, (&address, bytes, portable), bytes);
  return std::make_shared<PinnedBlock>(context, address, bytes);
}

PinnedMemory::PinnedMemory(const Napi::CallbackInfo& info)
    : block_(AllocatePinned(Context::From(info), Count(info[1], "bytes"))) {}

std::shared_ptr<PinnedBlock> PinnedMemory::Range(Napi::Value value, uint64_t offset, uint64_t bytes) {
  auto block = Live(value.Env(), Class<PinnedMemory>::Unwrap(value, "pinned").block_, "PinnedMemory");
  CheckRange(value.Env(), offset, bytes, block->bytes, "pinned memory");
  return block;
}

Napi::Value PinnedMemory::Buffer(const Napi::CallbackInfo& info) {
  auto block = Live(info.Env(), block_, "PinnedMemory");
  if (!buffer_.IsEmpty()) return buffer_.Value();
  Napi::ArrayBuffer buffer = Expose(info.Env(), block->raw, block->bytes, block);
  buffer_ = Napi::Persistent(buffer);
  return buffer;
}

Napi::Value PinnedMemory::OnDevices(const Napi::CallbackInfo& info) {
  auto block = std::make_shared<HostBlock>(Live(info.Env(), block_, "PinnedMemory"));
  return Class<Memory>::Make(info.Env(), std::make_unique<Memory>(std::move(block)));
}

void PinnedMemory::Destroy(const Napi::CallbackInfo&) {
  // Detaching takes the memory away from every view of it, so none can reach what is about to be freed.
  if (!buffer_.IsEmpty()) buffer_.Value().Detach();
  buffer_.Reset();
  block_.reset();
}

void PinnedMemory::Define(Napi::Env env, Napi::Object exports) {
  using Own = Class<PinnedMemory>;
  Own::Define(env, exports, "PinnedMemory",
              {Own::Getter<&PinnedMemory::Buffer>("buffer"), Own::Method<&PinnedMemory::OnDevices>("onDevices"),
               Own::Method<&PinnedMemory::Destroy>("destroy")});
}

}  // namespace tilescript
