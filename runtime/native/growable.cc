#include "growable.h"

#include "context.h"
#include "stream.h"

namespace tilescript {
namespace {

constexpr int kOnDevice = 1;

CUmemAllocationProp PagesOf(const PrimaryContext& context) {
  constexpr int pinned = 1;
  CUmemAllocationProp properties{};
  properties.type = pinned;
  properties.location = {kOnDevice, context.device};
  return properties;
}

// Physical memory. Once it is mapped the mapping keeps it, and this may go.
struct Pages {
  Pages(const CUmemAllocationProp& properties, size_t bytes) { CALL(cuMemCreate, (&raw, bytes, &properties, 0), bytes); }
  ~Pages() { driver().cuMemRelease(raw); }
  Pages(const Pages&) = delete;

  CUmemGenericAllocationHandle raw = 0;
};

size_t RoundUp(size_t bytes, size_t page) { return (bytes + page - 1) / page * page; }

void MakeUsable(CUdeviceptr address, size_t bytes, const CUmemLocation& location) {
  constexpr int readAndWrite = 3;
  const CUmemAccessDesc access{location, readAndWrite};
  CALL(cuMemSetAccess, (address, bytes, &access, 1), bytes);
}

}  // namespace

AddressRange::AddressRange(ContextHandle context, size_t bytes) : bytes(bytes), context_(std::move(context)) {
  CALL(cuMemAddressReserve, (&start, bytes, 0, 0, 0), bytes);
}

AddressRange::~AddressRange() {
  if (EnterToRelease(*context_)) driver().cuMemAddressFree(start, bytes);
}

std::shared_ptr<GrowableBlock> GrowableBlock::Reserve(ContextHandle context, std::shared_ptr<StreamHandle> stream,
                                                      size_t capacity) {
  constexpr int minimum = 0;
  const CUmemAllocationProp properties = PagesOf(*context);
  size_t page = 0;
  CALL(cuMemGetAllocationGranularity, (&page, &properties, minimum));
  auto range = std::make_unique<AddressRange>(context, RoundUp(capacity, page));
  return std::make_shared<GrowableBlock>(std::move(context), std::move(stream), std::move(range), page);
}

GrowableBlock::GrowableBlock(ContextHandle context, std::shared_ptr<StreamHandle> stream,
                             std::unique_ptr<AddressRange> range, size_t page)
    : DeviceBlock(range->start, 0),
      context_(std::move(context)),
      stream_(std::move(stream)),
      range_(std::move(range)),
      page_(page) {}

GrowableBlock::~GrowableBlock() {
  if (!EnterToRelease(*context_)) return;
  // A stream that is being captured cannot be waited for. The device's free() refuses then.
  if (bytes > 0 && !stream_->capturing) driver().cuStreamSynchronize(stream_->raw);
  CUdeviceptr at = raw;
  for (size_t mapped : mappings_) {
    driver().cuMemUnmap(at, mapped);
    at += mapped;
  }
}

void GrowableBlock::Grow(size_t wanted) {
  if (wanted <= bytes) return;
  const size_t more = RoundUp(wanted, page_) - bytes;
  const CUmemAllocationProp properties = PagesOf(*context_);
  context_->Enter();
  mappings_.reserve(mappings_.size() + 1);
  Pages pages(properties, more);
  CALL(cuMemMap, (raw + bytes, more, 0, pages.raw, 0), more);
  try {
    MakeUsable(raw + bytes, more, properties.location);
  } catch (const Failure&) {
    driver().cuMemUnmap(raw + bytes, more);
    throw;
  }
  mappings_.push_back(more);
  bytes += more;
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
