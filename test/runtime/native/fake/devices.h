// Devices, contexts and errors.
#pragma once

#include "state.h"

API CUresult cuInit(unsigned) {
  FREE_CALL("cuInit");
  return Setting("DEVICES", 1) ? 0 : kNoDevice;
}
API CUresult cuDriverGetVersion(int* version) {
  FREE_CALL("cuDriverGetVersion");
  *version = Setting("VERSION", 13000);
  return 0;
}
namespace {

CUresult NameOf(CUresult code, const char** name) {
  static const std::map<CUresult, const char*> names = {{0, "CUDA_SUCCESS"},
                                                        {1, "CUDA_ERROR_INVALID_VALUE"},
                                                        {2, "CUDA_ERROR_OUT_OF_MEMORY"},
                                                        {100, "CUDA_ERROR_NO_DEVICE"},
                                                        {200, "CUDA_ERROR_INVALID_IMAGE"},
                                                        {101, "CUDA_ERROR_INVALID_DEVICE"},
                                                        {201, "CUDA_ERROR_INVALID_CONTEXT"},
                                                        {209, "CUDA_ERROR_NO_BINARY_FOR_GPU"},
                                                        {217, "CUDA_ERROR_PEER_ACCESS_UNSUPPORTED"},
                                                        {400, "CUDA_ERROR_INVALID_HANDLE"},
                                                        {500, "CUDA_ERROR_NOT_FOUND"},
                                                        {700, "CUDA_ERROR_ILLEGAL_ADDRESS"},
                                                        {704, "CUDA_ERROR_PEER_ACCESS_ALREADY_ENABLED"},
                                                        {709, "CUDA_ERROR_CONTEXT_IS_DESTROYED"},
                                                        {801, "CUDA_ERROR_NOT_SUPPORTED"},
                                                        {900, "CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED"},
                                                        {901, "CUDA_ERROR_STREAM_CAPTURE_INVALIDATED"},
                                                        {907, "CUDA_ERROR_CAPTURED_EVENT"}};
  auto found = names.find(code);
  if (found == names.end()) return kInvalidValue;
  *name = found->second;
  return 0;
}

}  // namespace

API CUresult cuGetErrorName(CUresult code, const char** name) {
  FREE_CALL("cuGetErrorName", code);
  return NameOf(code, name);
}
API CUresult cuGetErrorString(CUresult code, const char** text) {
  static std::map<CUresult, std::string> texts;
  FREE_CALL("cuGetErrorString", code);
  const char* name = nullptr;
  if (NameOf(code, &name)) return kInvalidValue;
  *text = (texts[code] = std::string("fake text of ") + name).c_str();
  return 0;
}
API CUresult cuDeviceGetCount(int* count) {
  FREE_CALL("cuDeviceGetCount");
  *count = Setting("DEVICES", 1);
  return 0;
}
API CUresult cuDeviceGet(CUdevice* device, int ordinal) {
  FREE_CALL("cuDeviceGet", ordinal);
  if (ordinal < 0 || ordinal >= std::min(Setting("DEVICES", 1), kMostDevices)) return kInvalidDevice;
  *device = ordinal;
  return 0;
}
API CUresult cuDeviceGetName(char* name, int length, CUdevice) {
  FREE_CALL("cuDeviceGetName");
  strncpy(name, "Fake GPU", length);
  return 0;
}
API CUresult cuDeviceGetAttribute(int* value, int attribute, CUdevice) {
  FREE_CALL("cuDeviceGetAttribute", attribute);
  static const std::map<int, int> fixed = {{1, 1024},      {8, 49152},   {13, 1980000}, {16, 132},
                                           {38, 50 << 20}, {81, 233472}, {97, 232448}};
  int capability = Setting("CAPABILITY", 90);
  const std::map<int, int> varying = {
      {75, capability / 10}, {76, capability % 10}, {102, Setting("VIRTUAL_MEMORY", 1)}};
  *value = varying.count(attribute) ? varying.at(attribute) : fixed.at(attribute);
  return 0;
}
API CUresult cuDeviceTotalMem_v2(size_t* bytes, CUdevice) {
  FREE_CALL("cuDeviceTotalMem_v2");
  *bytes = kDeviceBytes;
  return 0;
}
namespace {

bool IsDevice(CUdevice device) { return device >= 0 && device < Setting("DEVICES", 1); }

// PEERS for all pairs, and "PEERS 0 1" for what device 0 reaches of device 1.
bool CanReach(CUdevice from, CUdevice to) {
  const std::string pair = "PEERS " + std::to_string(from) + " " + std::to_string(to);
  return from != to && Setting(pair.c_str(), Setting("PEERS", 1));
}

}  // namespace

API CUresult cuDevicePrimaryCtxRetain(CUcontext* out, CUdevice device) {
  FREE_CALL("cuDevicePrimaryCtxRetain", device);
  if (!IsDevice(device)) return kInvalidDevice;
  *out = &contexts[device];
  ++contexts[device].retained;
  return 0;
}
API CUresult cuDevicePrimaryCtxRelease_v2(CUdevice device) {
  LOCK;
  CUresult told = Begin("cuDevicePrimaryCtxRelease_v2", device);
  ContextTag& context = contexts[device];
  if (--context.retained > 0) return told;
  // With the context goes what it reached, and what others reached of it.
  context.peers.clear();
  for (ContextTag& other : contexts) other.peers.erase(&context);
  return told;
}
API CUresult cuCtxSetCurrent(CUcontext context) {
  FREE_CALL("cuCtxSetCurrent");
  current = context;
  return 0;
}
API CUresult cuCtxSynchronize() {
  Pause();
  {
    CONTEXT_CALL("cuCtxSynchronize");
  }
  Block([] { return RunAll(current); });
  return current->lost;
}
API CUresult cuDeviceCanAccessPeer(int* can, CUdevice from, CUdevice to) {
  FREE_CALL("cuDeviceCanAccessPeer", from, to);
  if (!IsDevice(from) || !IsDevice(to)) return kInvalidDevice;
  *can = CanReach(from, to);
  return 0;
}
// RANK and ATOMICS of all pairs.
API CUresult cuDeviceGetP2PAttribute(int* value, int attribute, CUdevice from, CUdevice to) {
  FREE_CALL("cuDeviceGetP2PAttribute", attribute, from, to);
  if (!IsDevice(from) || !IsDevice(to) || from == to) return kInvalidDevice;
  const std::map<int, int> values = {{1, Setting("RANK", 0)}, {2, CanReach(from, to)}, {3, Setting("ATOMICS", 1)}};
  if (!values.count(attribute)) return kInvalidValue;
  *value = values.at(attribute);
  return 0;
}
API CUresult cuCtxEnablePeerAccess(CUcontext peer, unsigned flags) {
  CONTEXT_CALL("cuCtxEnablePeerAccess", DeviceOf(current), DeviceOf(peer));
  if (flags) return kInvalidValue;
  if (peer == current || !peer->retained) return kInvalidContext;
  if (!CanReach(DeviceOf(current), DeviceOf(peer))) return kPeerUnsupported;
  return current->peers.insert(peer).second ? 0 : kAlreadyPeers;
}
