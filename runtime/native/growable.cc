#include "growable.h"

#include "context.h"
#include "lent.h"
#include "stream.h"

namespace tilescript {

std::shared_ptr<GrowableBlock> GrowableBlock::Reserve(ContextHandle context, std::shared_ptr<StreamHandle> stream,
                                                      size_t capacity) {
  const size_t page = PageBytes(*context);
  auto range = std::make_unique<AddressRange>(RoundUp(capacity, page));
  return std::make_shared<GrowableBlock>(std::move(context), std::move(stream), std::move(range), page);
}

GrowableBlock::GrowableBlock(ContextHandle context, std::shared_ptr<StreamHandle> stream,
                             std::unique_ptr<AddressRange> range, size_t page)
    : DeviceBlock(range->start),
      context_(std::move(context)),
      stream_(std::move(stream)),
      range_(std::move(range)),
      page_(page),
      users_{AccessFor(*context_)} {}

GrowableBlock::~GrowableBlock() {
  if (bytes_ > 0 ? WaitToRelease(*stream_) : EnterToRelease(*context_)) return;
  for (Mapping& mapping : mappings_) mapping.Forget();
  range_->Forget();
}

void GrowableBlock::Grow(size_t wanted) {
  if (wanted <= bytes_) return;
  context_->Enter();
  mappings_.reserve(mappings_.size() + 1);
  const Pages pages(*context_, RoundUp(wanted, page_) - bytes_);
  Mapping mapping(raw + bytes_, pages);
  MakeUsable(raw + bytes_, pages.bytes, users_);
  mappings_.push_back(std::move(mapping));
  bytes_ += pages.bytes;
}

void GrowableBlock::Admit(const PrimaryContext& peer) {
  for (const CUmemAccessDesc& user : users_)
    if (user.location.id == peer.device) return;
  users_.reserve(users_.size() + 1);
  if (bytes_ > 0) MakeUsable(raw, bytes_, {AccessFor(peer)});
  users_.push_back(AccessFor(peer));
}

GrowableMemory::GrowableMemory(const Napi::CallbackInfo& info) {
  ContextHandle context = Context::From(info);
  std::shared_ptr<StreamHandle> stream = Stream::From(info[1]);
  block_ = GrowableBlock::Reserve(std::move(context), std::move(stream), Count(info[2], "capacity"));
}

Napi::Value GrowableMemory::Address(const Napi::CallbackInfo& info) {
  return Napi::BigInt::New(info.Env(), uint64_t{Block(info.Env())->raw});
}

void GrowableMemory::Grow(const Napi::CallbackInfo& info) {
  size_t wanted = Count(info[0], "bytes");
  auto block = Block(info.Env());
  CheckRange(info.Env(), 0, wanted, block->Capacity(), "reserved addresses");
  block->Grow(wanted);
}

void GrowableMemory::Define(Napi::Env env, Napi::Object exports) {
  using Own = Class<GrowableMemory>;
  Own::Define(env, exports, "GrowableMemory",
              {Own::Getter<&GrowableMemory::Address>("address"), Own::Getter<&GrowableMemory::ByteLength>("byteLength"),
               Own::Getter<&GrowableMemory::Capacity>("capacity"), Own::Method<&GrowableMemory::Grow>("grow"),
               Own::Method<&GrowableMemory::Destroy>("destroy")});
}

}  // namespace tilescript
