#pragma once

#include "owned.h"

namespace tilescript {

// Memory of another device, or of the host, as work on a stream uses it. It stays as long as this does, whatever its owner lets go of.
class LentBlock : public DeviceBlock {
 public:
  LentBlock(std::shared_ptr<StreamHandle> stream, std::shared_ptr<DeviceBlock> block);
  // Waits for the stream: the owner's driver calls wait for work of the owner only.
  ~LentBlock() override;
  size_t Bytes() const override { return block_->Bytes(); }
  size_t Piece(size_t offset, size_t bytes) const override { return block_->Piece(offset, bytes); }

 private:
  const std::shared_ptr<StreamHandle> stream_;
  std::shared_ptr<DeviceBlock> block_;
};

// Waits for the work of a stream before memory that it uses goes; answers false where that must stay, since the work never ends.
bool WaitToRelease(const StreamHandle& stream) noexcept;

// Keeps something until the process ends.
void KeepForGood(std::shared_ptr<const void> kept) noexcept;

}  // namespace tilescript
