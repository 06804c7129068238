#include "pages.h"

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

}  // namespace

size_t PageBytes(const PrimaryContext& context) {
  constexpr int minimum = 0;
  const CUmemAllocationProp properties = PagesOf(context);
  size_t page = 0;
  CALL(cuMemGetAllocationGranularity, (&page, &properties, minimum));
  return page;
}

AddressRange::AddressRange(size_t bytes) : bytes(bytes) { CALL(cuMemAddressReserve, (&start, bytes, 0, 0, 0), bytes); }

AddressRange::~AddressRange() {
  if (!forgotten_) driver().cuMemAddressFree(start, bytes);
}

Pages::Pages(const PrimaryContext& context, size_t bytes) : bytes(bytes) {
  const CUmemAllocationProp properties = PagesOf(context);
  CALL(cuMemCreate, (&raw, bytes, &properties, 0), bytes, "device " + std::to_string(context.ordinal));
}

Mapping::Mapping(CUdeviceptr start, const Pages& pages) : start_(start), bytes_(pages.bytes) {
  CALL(cuMemMap, (start, pages.bytes, 0, pages.raw, 0), pages.bytes);
}

CUmemAccessDesc AccessFor(const PrimaryContext& context) {
  constexpr int readAndWrite = 3;
  return {{kOnDevice, context.device}, readAndWrite};
}

void MakeUsable(CUdeviceptr start, size_t bytes, const std::vector<CUmemAccessDesc>& users) {
  CALL(cuMemSetAccess, (start, bytes, users.data(), users.size()), bytes);
}

}  // namespace tilescript
