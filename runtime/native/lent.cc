#include "lent.h"

#include <mutex>
#include <new>

namespace tilescript {

bool WaitToRelease(const StreamHandle& stream) noexcept {
  if (!EnterToRelease(*stream.context)) return false;
  // A stream that is being captured cannot be waited for. The device's free() refuses then.
  if (!stream.capturing) driver().cuStreamSynchronize(stream.raw);
  return true;
}

void KeepForGood(std::shared_ptr<const void> kept) noexcept {
  static std::mutex guard;
  static auto& all = *new Keepers;
  std::lock_guard<std::mutex> lock(guard);
  try {
    all.push_back(std::move(kept));
  } catch (const std::bad_alloc&) {
  }
}

LentBlock::LentBlock(std::shared_ptr<StreamHandle> stream, std::shared_ptr<DeviceBlock> block)
    : DeviceBlock(block->raw), stream_(std::move(stream)), block_(std::move(block)) {}

LentBlock::~LentBlock() {
  if (!WaitToRelease(*stream_)) KeepForGood(std::move(block_));
}

}  // namespace tilescript
