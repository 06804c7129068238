#pragma once

#include "pages.h"
#include "wrap.h"

namespace tilescript {

// One range of addresses for several devices, whose blocks lie in their memory in turns: block b in that of rank b mod N. All of them use
// all of it. With `own` the blocks of each rank also lie behind each other in a range that is for that rank alone.
class DealtBlock {
 public:
  struct Rank {
    ContextHandle context;
    std::shared_ptr<StreamHandle> stream;
  };

  DealtBlock(std::vector<Rank> ranks, size_t blockBytes, size_t capacity, bool own);
  // Waits for the streams of all ranks.
  ~DealtBlock();
  DealtBlock(const DealtBlock&) = delete;

  // Makes it at least so many blocks, which must not exceed the capacity. A failure changes nothing.
  void Grow(size_t wanted);
  size_t Ranks() const { return ranks_.size(); }
  size_t Blocks() const { return blocks_; }
  size_t Capacity() const { return capacity_; }
  bool HasOwn() const { return !own_.empty(); }
  // How many of the first blocks a rank owns.
  size_t OwnedOf(size_t blocks, size_t rank) const { return (blocks + ranks_.size() - 1 - rank) / ranks_.size(); }
  size_t Bytes(size_t blocks) const { return blocks * blockBytes_; }
  CUdeviceptr Whole() const { return whole_->start; }
  CUdeviceptr Own(size_t rank) const { return own_[rank]->start; }

 private:
  const std::vector<Rank> ranks_;
  const size_t blockBytes_, capacity_;
  std::vector<CUmemAccessDesc> everybody_;
  std::unique_ptr<AddressRange> whole_;
  std::vector<std::unique_ptr<AddressRange>> own_;
  size_t blocks_ = 0;
  std::vector<Mapping> mappings_;
};

// Memory of several devices that grows by blocks, each in the memory of the next device.
class DealtMemory {
 public:
  explicit DealtMemory(const Napi::CallbackInfo& info);
  static void Define(Napi::Env env, Napi::Object exports);

 private:
  double Blocks(const Napi::CallbackInfo&) { return block_ ? static_cast<double>(block_->Blocks()) : 0; }
  void Grow(const Napi::CallbackInfo& info);
  Napi::Value Whole(const Napi::CallbackInfo& info);
  Napi::Value Own(const Napi::CallbackInfo& info);
  void Destroy(const Napi::CallbackInfo&) { block_.reset(); }

  std::shared_ptr<DealtBlock> block_;
};

}  // namespace tilescript
