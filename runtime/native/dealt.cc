#include "dealt.h"

#include "context.h"
#include "lent.h"
#include "memory.h"
#include "stream.h"

namespace tilescript {
namespace {

// All of what is dealt, or what one rank owns of it.
class WholeBlock : public DeviceBlock {
 public:
  explicit WholeBlock(std::shared_ptr<DealtBlock> dealt) : DeviceBlock(dealt->Whole()), dealt_(std::move(dealt)) {}
  size_t Bytes() const override { return dealt_->Bytes(dealt_->Blocks()); }
  size_t Piece(size_t offset, size_t bytes) const override {
    const size_t block = dealt_->Bytes(1);
    return std::min(bytes, block - offset % block);
  }

 private:
  const std::shared_ptr<DealtBlock> dealt_;
};

class OwnBlock : public DeviceBlock {
 public:
  OwnBlock(std::shared_ptr<DealtBlock> dealt, size_t rank)
      : DeviceBlock(dealt->Own(rank)), dealt_(std::move(dealt)), rank_(rank) {}
  size_t Bytes() const override { return dealt_->Bytes(dealt_->OwnedOf(dealt_->Blocks(), rank_)); }

 private:
  const std::shared_ptr<DealtBlock> dealt_;
  const size_t rank_;
};

Napi::Value MemoryOf(Napi::Env env, std::shared_ptr<DeviceBlock> block) {
  return Class<Memory>::Make(env, std::make_unique<Memory>(std::move(block)));
}

std::vector<DealtBlock::Rank> RanksOf(Napi::Value contexts, Napi::Value streams) {
  if (!contexts.IsArray() || !streams.IsArray()) throw Napi::TypeError::New(contexts.Env(), "arguments contexts and streams must be arrays");
  auto given = contexts.As<Napi::Array>(), queues = streams.As<Napi::Array>();
  std::vector<DealtBlock::Rank> ranks;
  for (uint32_t rank = 0; rank < given.Length(); ++rank) {
    ContextHandle context = Context::From(given.Get(rank), "contexts");
    std::shared_ptr<StreamHandle> stream = Stream::From(queues.Get(rank));
    if (stream->context != context) throw Napi::RangeError::New(contexts.Env(), "each stream must be one of the context at its place");
    ranks.push_back({std::move(context), std::move(stream)});
  }
  if (ranks.empty()) throw Napi::RangeError::New(contexts.Env(), "memory is dealt to one context or more");
  return ranks;
}

}  // namespace

DealtBlock::DealtBlock(std::vector<Rank> ranks, size_t blockBytes, size_t capacity, bool own)
    : ranks_(std::move(ranks)), blockBytes_(blockBytes), capacity_(capacity) {
  for (const Rank& rank : ranks_) {
    bool listed = false;
    for (const CUmemAccessDesc& one : everybody_) listed |= one.location.id == rank.context->device;
    if (!listed) everybody_.push_back(AccessFor(*rank.context));
  }
  whole_ = std::make_unique<AddressRange>(Bytes(capacity_));
  for (size_t rank = 0; own && rank < ranks_.size(); ++rank)
    own_.push_back(std::make_unique<AddressRange>(Bytes(OwnedOf(capacity_, 0))));
}

DealtBlock::~DealtBlock() {
  bool ended = true;
  for (const Rank& rank : ranks_) ended &= blocks_ > 0 ? WaitToRelease(*rank.stream) : EnterToRelease(*rank.context);
  if (ended) return;
  // Work of one rank never ends, and may use the memory of all.
  for (Mapping& mapping : mappings_) mapping.Forget();
  whole_->Forget();
  for (auto& range : own_) range->Forget();
}

void DealtBlock::Grow(size_t wanted) {
  if (wanted <= blocks_) return;
  const size_t more = wanted - blocks_;
  ranks_[0].context->Enter();
  std::vector<Mapping> fresh;
  for (size_t block = blocks_; block < wanted; ++block) {
    const size_t rank = block % ranks_.size();
    const Pages pages(*ranks_[rank].context, blockBytes_);
    fresh.emplace_back(Whole() + Bytes(block), pages);
    if (HasOwn()) fresh.emplace_back(Own(rank) + Bytes(block / ranks_.size()), pages);
  }
  MakeUsable(Whole() + Bytes(blocks_), Bytes(more), everybody_);
  for (size_t rank = 0; rank < own_.size(); ++rank) {
    const size_t before = OwnedOf(blocks_, rank), after = OwnedOf(wanted, rank);
    if (after > before) MakeUsable(Own(rank) + Bytes(before), Bytes(after - before), {AccessFor(*ranks_[rank].context)});
  }
  mappings_.reserve(mappings_.size() + fresh.size());
  for (Mapping& mapping : fresh) mappings_.push_back(std::move(mapping));
  blocks_ = wanted;
}

// (contexts, streams, blockBytes, capacity, own)
DealtMemory::DealtMemory(const Napi::CallbackInfo& info) {
  const uint64_t blockBytes = Count(info[2], "blockBytes"), capacity = Count(info[3], "capacity");
  auto ranks = RanksOf(info[0], info[1]);
  if (blockBytes == 0 || capacity == 0 || capacity > kMostExact / blockBytes)
    throw Napi::RangeError::New(info.Env(), "memory is dealt by blocks of 1 byte or more, 2^53 bytes in all at the most");
  for (const DealtBlock::Rank& rank : ranks) {
    const size_t page = PageBytes(*rank.context);
    if (blockBytes % page != 0)
      throw Napi::RangeError::New(info.Env(), "blocks of " + std::to_string(blockBytes) + " bytes are no whole pages of " + std::to_string(page));
  }
  block_ = std::make_shared<DealtBlock>(std::move(ranks), blockBytes, capacity, info[4].ToBoolean());
}

void DealtMemory::Grow(const Napi::CallbackInfo& info) {
  const uint64_t wanted = Count(info[0], "blocks");
  auto block = Live(info.Env(), block_, "DealtMemory");
  if (wanted > block->Capacity())
    throw Napi::RangeError::New(info.Env(), std::to_string(wanted) + " blocks are more than the " + std::to_string(block->Capacity()) + " that were reserved");
  block->Grow(wanted);
}

Napi::Value DealtMemory::Whole(const Napi::CallbackInfo& info) {
  return MemoryOf(info.Env(), std::make_shared<WholeBlock>(Live(info.Env(), block_, "DealtMemory")));
}

Napi::Value DealtMemory::Own(const Napi::CallbackInfo& info) {
  auto block = Live(info.Env(), block_, "DealtMemory");
  const uint64_t rank = Count(info[0], "rank", block->Ranks() - 1);
  if (!block->HasOwn()) throw Napi::Error::New(info.Env(), "this DealtMemory was made without what ranks own");
  return MemoryOf(info.Env(), std::make_shared<OwnBlock>(std::move(block), rank));
}

void DealtMemory::Define(Napi::Env env, Napi::Object exports) {
  using Own = Class<DealtMemory>;
  Own::Define(env, exports, "DealtMemory",
              {Own::Getter<&DealtMemory::Blocks>("blocks"), Own::Method<&DealtMemory::Grow>("grow"),
               Own::Method<&DealtMemory::Whole>("whole"), Own::Method<&DealtMemory::Own>("own"),
               Own::Method<&DealtMemory::Destroy>("destroy")});
}

}  // namespace tilescript
