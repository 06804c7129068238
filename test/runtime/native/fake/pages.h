// Addresses apart from memory: reservations are host addresses that nobody may touch until pages are mapped there and made
// usable. It refuses what the driver refuses, so that the order of the launcher's calls is checked too.
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include "devices.h"

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
  const FakePages& one = pages.at(handle);
  if (one.held || one.mappings) return;
  close(one.file);
  pages.erase(handle);
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
  const int device = properties->location.id;
  if (bytes > FreeBytes(device)) return kOutOfMemory;
  static CUmemGenericAllocationHandle last = 0;
  const int file = memfd_create("pages", MFD_CLOEXEC);
  if (file < 0 || ftruncate(file, static_cast<off_t>(bytes))) return kOutOfMemory;
  pages[*handle = ++last] = {bytes, device, file};
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
  void* range = reinterpret_cast<void*>(address);
  if (mmap(range, bytes, PROT_NONE, MAP_SHARED | MAP_FIXED, pages.at(handle).file, 0) == MAP_FAILED) return kOutOfMemory;
  mappings[address] = {bytes, handle};
  ++pages.at(handle).mappings;
  return 0;
}
API CUresult cuMemSetAccess(CUdeviceptr address, size_t bytes, const CUmemAccessDesc* access, size_t count) {
  FREE_CALL("cuMemSetAccess", bytes);
  // Whole mappings, one behind the other.
  CUdeviceptr end = address;
  for (auto one = mappings.find(end); one != mappings.end() && one->first == end && end < address + bytes; ++one)
    end += one->second.bytes;
  if (count < 1 || bytes == 0 || end != address + bytes) return kInvalidValue;
  for (const CUmemAccessDesc* one = access; one < access + count; ++one) {
    if (one->location.type != 1 || one->flags != 3) return kInvalidValue;
    for (auto mapping = mappings.find(address); mapping != mappings.end() && mapping->first < end; ++mapping) {
      const int device = pages.at(mapping->second.pages).device;
      if (one->location.id != device && !CanReach(one->location.id, device)) return kInvalidDevice;
    }
  }
  for (auto mapping = mappings.find(address); mapping != mappings.end() && mapping->first < end; ++mapping)
    for (size_t index = 0; index < count; ++index) mapping->second.access.insert(access[index].location.id);
  mprotect(reinterpret_cast<void*>(address), bytes, PROT_READ | PROT_WRITE);
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
