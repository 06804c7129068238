// Addresses apart from memory: reservations are host addresses that nobody may touch until pages are mapped there and made
// usable. It refuses what the driver refuses, so that the order of the launcher's calls is checked too.
#pragma once

#include <sys/mman.h>

#include "state.h"

namespace {

constexpr size_t kPage = 2 << 20;

bool IsReserved(CUdeviceptr address, size_t bytes) {
  auto after = reservations.upper_bound(address);
  if (after == reservations.begin()) return false;
  auto range = std::prev(after);
  return address + bytes <= range->first + range->second;
}

bool IsMapped(CUdeviceptr address, size_t bytes) {
  auto next = mappings.lower_bound(address + bytes);
  if (next == mappings.begin()) return false;
  auto last = std::prev(next);
  return last->first + last->second.bytes > address;
}

void ForgetUnused(CUmemGenericAllocationHandle handle) {
  if (!pages.at(handle).held && pages.at(handle).mappings == 0) pages.erase(handle);
}

bool IsPinnedOnDevice(const CUmemAllocationProp* properties) {
  return properties->type == 1 && properties->location.type == 1 && properties->location.id < Setting("DEVICES", 1);
}

}  // namespace

API CUresult cuMemGetAllocationGranularity(size_t* bytes, const CUmemAllocationProp* properties, int) {
  FREE_CALL("cuMemGetAllocationGranularity");
  if (!IsPinnedOnDevice(properties)) return kInvalidValue;
  *bytes = kPage;
  return 0;
}
API CUresult cuMemAddressReserve(CUdeviceptr* address, size_t bytes, size_t, CUdeviceptr, unsigned long long) {
  FREE_CALL("cuMemAddressReserve", bytes);
  if (bytes == 0 || bytes % kPage != 0) return kInvalidValue;
  void* range = mmap(nullptr, bytes + kPage, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (range == MAP_FAILED) return kOutOfMemory;
  auto start = reinterpret_cast<uintptr_t>(range), aligned = (start + kPage - 1) / kPage * kPage;
  if (aligned > start) munmap(range, aligned - start);
  if (start + kPage > aligned) munmap(reinterpret_cast<void*>(aligned + bytes), start + kPage - aligned);
  reservations[*address = aligned] = bytes;
  return 0;
}
API CUresult cuMemAddressFree(CUdeviceptr address, size_t bytes) {
  LOCK;
  CUresult told = Begin("cuMemAddressFree", bytes);
  auto range = reservations.find(address);
  if (range == reservations.end() || range->second != bytes || IsMapped(address, bytes)) return kInvalidValue;
  reservations.erase(range);
  munmap(reinterpret_cast<void*>(address), bytes);
  return told;
}
API CUresult cuMemCreate(CUmemGenericAllocationHandle* handle, size_t bytes, const CUmemAllocationProp* properties,
                         unsigned long long) {
  FREE_CALL("cuMemCreate", bytes);
  if (bytes == 0 || bytes % kPage != 0 || !IsPinnedOnDevice(properties)) return kInvalidValue;
  if (bytes > FreeBytes()) return kOutOfMemory;
  static CUmemGenericAllocationHandle last = 0;
  pages[*handle = ++last] = {bytes};
  return 0;
}
API CUresult cuMemRelease(CUmemGenericAllocationHandle handle) {
  LOCK;
  CUresult told = Begin("cuMemRelease");
  if (!pages.count(handle) || !pages.at(handle).held) return kInvalidValue;
  pages.at(handle).held = false;
  ForgetUnused(handle);
  return told;
}
API CUresult cuMemMap(CUdeviceptr address, size_t bytes, size_t offset, CUmemGenericAllocationHandle handle,
                      unsigned long long) {
  FREE_CALL("cuMemMap", bytes);
  if (address % kPage || offset || !pages.count(handle) || pages.at(handle).bytes != bytes) return kInvalidValue;
  if (!IsReserved(address, bytes) || IsMapped(address, bytes)) return kInvalidValue;
  mappings[address] = {bytes, handle};
  ++pages.at(handle).mappings;
  return 0;
}
API CUresult cuMemSetAccess(CUdeviceptr address, size_t bytes, const CUmemAccessDesc* access, size_t count) {
  FREE_CALL("cuMemSetAccess", bytes);
  auto mapping = mappings.find(address);
  if (mapping == mappings.end() || mapping->second.bytes != bytes) return kInvalidValue;
  if (count != 1 || access->location.type != 1 || access->flags != 3) return kInvalidValue;
  mprotect(reinterpret_cast<void*>(address), bytes, PROT_READ | PROT_WRITE);
  mapping->second.usable = true;
  return 0;
}
API CUresult cuMemUnmap(CUdeviceptr address, size_t bytes) {
  LOCK;
  CUresult told = Begin("cuMemUnmap", bytes);
  auto mapping = mappings.find(address);
  if (mapping == mappings.end() || mapping->second.bytes != bytes) return kInvalidValue;
  mmap(reinterpret_cast<void*>(address), bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);
  --pages.at(mapping->second.pages).mappings;
  ForgetUnused(mapping->second.pages);
  mappings.erase(mapping);
  return told;
}
