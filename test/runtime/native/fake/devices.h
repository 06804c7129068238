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
                                                        {201, "CUDA_ERROR_INVALID_CONTEXT"},
                                                        {209, "CUDA_ERROR_NO_BINARY_FOR_GPU"},
                                                        {500, "CUDA_ERROR_NOT_FOUND"},
                                                        {700, "CUDA_ERROR_ILLEGAL_ADDRESS"},
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
  if (ordinal < 0 || ordinal >= Setting("DEVICES", 1)) return 101;
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
API CUresult cuDevicePrimaryCtxRetain(CUcontext* out, CUdevice) {
  FREE_CALL("cuDevicePrimaryCtxRetain");
  ++retained;
  *out = &context;
  return 0;
}
API CUresult cuDevicePrimaryCtxRelease_v2(CUdevice) {
  LOCK;
  CUresult told = Begin("cuDevicePrimaryCtxRelease_v2");
  --retained;
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
  Block(RunAll);
  return lost;
}
