// Device memory is host memory. Copies and fills run at once, or are recorded where the stream is being captured.
#pragma once

#include "state.h"

API CUresult cuMemGetInfo_v2(size_t* free, size_t* total) {
  CONTEXT_CALL("cuMemGetInfo_v2");
  *total = kDeviceBytes;
  *free = FreeBytes(DeviceOf(current));
  return 0;
}
API CUresult cuMemAlloc_v2(CUdeviceptr* address, size_t bytes) {
  CONTEXT_CALL("cuMemAlloc_v2", bytes);
  if (bytes == 0) return kInvalidValue;
  if (bytes > FreeBytes(DeviceOf(current))) return kOutOfMemory;
  void* block = aligned_alloc(256, (bytes + 255) / 256 * 256);
  memset(block, 0xCD, bytes);
  *address = reinterpret_cast<CUdeviceptr>(block);
  memory[*address] = {bytes, current};
  return 0;
}
// Calls that release do so even when told to fail: the driver reports errors of earlier work there.
// They also wait for all work of the device, whichever context is current.
API CUresult cuMemFree_v2(CUdeviceptr address) {
  Block([=] { return !memory.count(address) || RunAll(memory.at(address).context); });
  LOCK;
  CUresult told = Begin("cuMemFree_v2");
  if (!memory.erase(address)) return kInvalidValue;
  free(reinterpret_cast<void*>(address));
  return told;
}
API CUresult cuMemHostAlloc(void** address, size_t bytes, unsigned) {
  CONTEXT_CALL("cuMemHostAlloc", bytes);
  if (bytes == 0) return kInvalidValue;
  if (bytes > kDeviceBytes) return kOutOfMemory;
  *address = aligned_alloc(4096, (bytes + 4095) / 4096 * 4096);
  pinned[*address] = bytes;
  return 0;
}
API CUresult cuMemFreeHost(void* address) {
  Block([context = current] { return !context || RunAll(context); });
  LOCK;
  CUresult told = Begin("cuMemFreeHost");
  if (!pinned.erase(address)) return kInvalidValue;
  free(address);
  return told;
}
API CUresult cuMemcpyHtoDAsync_v2(CUdeviceptr to, const void* from, size_t bytes, CUstream stream) {
  CONTEXT_CALL("cuMemcpyHtoDAsync_v2", bytes);
  if (!Within(to, bytes, current)) return kInvalidValue;
  return Put(stream, 1, [=, context = current] {
    if (Reach(to, bytes, context)) memmove(reinterpret_cast<void*>(to), from, bytes);
  });
}
API CUresult cuMemcpyDtoHAsync_v2(void* to, CUdeviceptr from, size_t bytes, CUstream stream) {
  CONTEXT_CALL("cuMemcpyDtoHAsync_v2", bytes);
  if (!Within(from, bytes, current)) return kInvalidValue;
  return Put(stream, 1, [=, context = current] {
    if (Reach(from, bytes, context)) memmove(to, reinterpret_cast<void*>(from), bytes);
  });
}
API CUresult cuMemcpyDtoDAsync_v2(CUdeviceptr to, CUdeviceptr from, size_t bytes, CUstream stream) {
  CONTEXT_CALL("cuMemcpyDtoDAsync_v2", bytes);
  if (!Within(from, bytes, current) || !Within(to, bytes, current)) return kInvalidValue;
  return Put(stream, 1, [=, context = current] {
    if (Reach(from, bytes, context) && Reach(to, bytes, context)) memmove(reinterpret_cast<void*>(to), reinterpret_cast<void*>(from), bytes);
  });
}
API CUresult cuMemsetD8Async(CUdeviceptr to, unsigned char value, size_t count, CUstream stream) {
  CONTEXT_CALL("cuMemsetD8Async", int{value}, count);
  if (!Within(to, count, current)) return kInvalidValue;
  return Put(stream, 2, [=, context = current] {
    if (Reach(to, count, context)) memset(reinterpret_cast<void*>(to), value, count);
  });
}
API CUresult cuMemsetD32Async(CUdeviceptr to, unsigned value, size_t count, CUstream stream) {
  CONTEXT_CALL("cuMemsetD32Async", value, count);
  // As the driver: at four bytes only.
  if (to % 4 != 0 || count > SIZE_MAX / 4 || !Within(to, count * 4, current)) return kInvalidValue;
  return Put(stream, 2, [=, context = current] {
    if (!Reach(to, count * 4, context)) return;
    for (size_t index = 0; index < count; ++index) reinterpret_cast<unsigned*>(to)[index] = value;
  });
}
