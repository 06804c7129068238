// Driver handles as C++ owners. Each keeps what it depends on alive (a stream its context, a function its module), so a
// handle outlives every use of it whatever order JavaScript lets go in, and none leaks when a later call fails.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "driver.h"
#include "failure.h"

namespace tilescript {

class PrimaryContext {
 public:
  explicit PrimaryContext(int ordinal);
  ~PrimaryContext();
  PrimaryContext(const PrimaryContext&) = delete;

  // Makes the context current on this thread; free when it already is.
  void Enter() const;
  // Lets work of this context use what a peer's has and will have: cuMemAlloc's memory, not pages. May be done again.
  void Reach(const PrimaryContext& peer) const;

  const int ordinal;
  CUdevice device = 0;
  // Set where work never ends: the driver would wait for that in whatever lets memory go, so all that is left stays until the process ends.
  std::atomic<bool> abandoned{false};

 private:
  CUcontext raw_ = nullptr;
  const uint64_t id_;  // never reused, unlike the address of a context
};

using ContextHandle = std::shared_ptr<PrimaryContext>;

// For destructors: enters and forgets what went wrong, since the release itself must be tried all the same. Answers false where nothing
// is to be released.
bool EnterToRelease(const PrimaryContext& context) noexcept;

using Keepers = std::vector<std::shared_ptr<const void>>;

// `keepers` is let go after the release. Errors of the release are dropped: the driver reports there what an earlier
// asynchronous launch did wrong.
template <class Raw, auto release>
class Owned {
 public:
  Owned(ContextHandle context, Raw raw, Keepers keepers = {})
      : context(std::move(context)), raw(raw), keepers(std::move(keepers)) {}
  ~Owned() {
    if (EnterToRelease(*context)) (driver().*release)(raw);
  }
  Owned(const Owned&) = delete;

  const ContextHandle context;
  const Raw raw;
  const Keepers keepers;
};

// Device memory that copies and fills work on: allocated once, growing, or another's.
struct DeviceBlock {
  explicit DeviceBlock(CUdeviceptr raw) : raw(raw) {}
  virtual ~DeviceBlock() = default;
  DeviceBlock(const DeviceBlock&) = delete;
  virtual size_t Bytes() const = 0;
  // How many of `bytes` from an offset on lie in the memory of one device: the driver promises copies and fills within such only.
  virtual size_t Piece(size_t, size_t bytes) const { return bytes; }

  const CUdeviceptr raw;
};

// each(done, bytes) for every piece of a stretch.
template <class Each>
void InPieces(const DeviceBlock& block, size_t offset, size_t bytes, Each each) {
  for (size_t done = 0; done < bytes;) {
    const size_t piece = block.Piece(offset + done, bytes - done);
    each(done, piece);
    done += piece;
  }
}

struct PlainBlock : DeviceBlock {
  PlainBlock(ContextHandle context, CUdeviceptr raw, size_t bytes)
      : DeviceBlock(raw), owned(std::move(context), raw), bytes(bytes) {}
  size_t Bytes() const override { return bytes; }

  const Owned<CUdeviceptr, &Driver::cuMemFree_v2> owned;
  const size_t bytes;
};

struct PinnedBlock : Owned<void*, &Driver::cuMemFreeHost> {
  PinnedBlock(ContextHandle context, void* raw, size_t bytes) : Owned(std::move(context), raw), bytes(bytes) {}
  const size_t bytes;
};

// Pinned memory as every device reaches it: addresses are the same on the host and on all of them.
struct HostBlock : DeviceBlock {
  explicit HostBlock(std::shared_ptr<PinnedBlock> pinned)
      : DeviceBlock(reinterpret_cast<CUdeviceptr>(pinned->raw)), pinned(std::move(pinned)) {}
  size_t Bytes() const override { return pinned->bytes; }

  const std::shared_ptr<PinnedBlock> pinned;
};

struct StreamHandle : Owned<CUstream, &Driver::cuStreamDestroy_v2> {
  using Owned::Owned;
  // What the graph being captured refers to; the graph takes it over, so that a replay never meets an unloaded module.
  Keepers captured;
  bool capturing = false;

  void Keep(std::shared_ptr<const void> used) {
    if (capturing) captured.push_back(std::move(used));
  }
};

struct EventHandle : Owned<CUevent, &Driver::cuEventDestroy_v2> {
  using Owned::Owned;
  // The stream in whose capture the event was last recorded, if it was; only compared.
  const StreamHandle* capturing = nullptr;
};

using ModuleHandle = Owned<CUmodule, &Driver::cuModuleUnload>;

// Where a kernel expects a parameter.
struct Parameter {
  size_t offset;
  size_t bytes;
};

struct FunctionHandle {
  std::shared_ptr<ModuleHandle> module;
  CUfunction raw;
  std::string name;
  // Nothing where the driver is older than CUDA 12.4 and cannot tell.
  std::optional<std::vector<Parameter>> parameters;
};

using GraphHandle = Owned<CUgraph, &Driver::cuGraphDestroy>;
using GraphExecHandle = Owned<CUgraphExec, &Driver::cuGraphExecDestroy>;

}  // namespace tilescript
