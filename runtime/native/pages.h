// Memory apart from addresses: pages of a device, addresses, and which pages lie behind which addresses.
#pragma once

#include <vector>

#include "owned.h"

namespace tilescript {

inline size_t RoundUp(size_t bytes, size_t page) { return (bytes + page - 1) / page * page; }

// What pages of a device are multiples of.
size_t PageBytes(const PrimaryContext& context);

// Addresses that are the same on every device, with nothing behind them.
class AddressRange {
 public:
  explicit AddressRange(size_t bytes);
  ~AddressRange();
  AddressRange(const AddressRange&) = delete;

  // Leaves the addresses taken until the process ends.
  void Forget() { forgotten_ = true; }

  CUdeviceptr start = 0;
  const size_t bytes;

 private:
  bool forgotten_ = false;
};

// Physical memory of a device. Once it is mapped the mapping keeps it, and this may go.
struct Pages {
  Pages(const PrimaryContext& context, size_t bytes);
  ~Pages() { driver().cuMemRelease(raw); }
  Pages(const Pages&) = delete;

  const size_t bytes;
  CUmemGenericAllocationHandle raw = 0;
};

// Pages behind addresses. It must be unmapped as it was mapped, so each has one of these.
class Mapping {
 public:
  Mapping(CUdeviceptr start, const Pages& pages);
  Mapping(Mapping&& other) noexcept : start_(other.start_), bytes_(other.bytes_) { other.Forget(); }
  ~Mapping() {
    if (bytes_ > 0) driver().cuMemUnmap(start_, bytes_);
  }
  Mapping& operator=(Mapping&&) = delete;

  // Leaves it mapped until the process ends.
  void Forget() { bytes_ = 0; }

 private:
  const CUdeviceptr start_;
  size_t bytes_;
};

// The right of a device to read and write what is mapped.
CUmemAccessDesc AccessFor(const PrimaryContext& context);

// Lets devices use a stretch of whole mappings.
void MakeUsable(CUdeviceptr start, size_t bytes, const std::vector<CUmemAccessDesc>& users);

}  // namespace tilescript
