#include "owned.h"

#include <atomic>

namespace tilescript {
namespace {

std::atomic<uint64_t> contexts{0};
thread_local uint64_t current = 0;

}  // namespace

PrimaryContext::PrimaryContext(int ordinal) : ordinal(ordinal), id_(++contexts) {
  CALL(cuDeviceGet, (&device, ordinal), ordinal);
  CALL(cuDevicePrimaryCtxRetain, (&raw_, device), ordinal);
}

PrimaryContext::~PrimaryContext() {
  if (!abandoned) driver().cuDevicePrimaryCtxRelease_v2(device);
}

void PrimaryContext::Enter() const {
  if (current == id_) return;
  CALL(cuCtxSetCurrent, (raw_), "device " + std::to_string(ordinal));
  current = id_;
}

void PrimaryContext::Reach(const PrimaryContext& peer) const {
  if (peer.device == device) return;
  Enter();
  const CUresult status = driver().cuCtxEnablePeerAccess(peer.raw_, 0);
  if (status && status != kAlreadyPeers)
    throw Failure(status, "cuCtxEnablePeerAccess", Describe("device " + std::to_string(ordinal), "device " + std::to_string(peer.ordinal)));
}

bool EnterToRelease(const PrimaryContext& context) noexcept {
  if (context.abandoned) return false;
  try {
    context.Enter();
  } catch (...) {
  }
  return true;
}

}  // namespace tilescript
