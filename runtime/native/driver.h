// The part of the CUDA driver API that the launcher uses, declared by hand so that building needs no CUDA toolkit, and
// resolved with dlopen at run time so that the package installs and imports where there is no driver.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace tilescript {

using CUresult = int;
using CUdevice = int;
using CUdeviceptr = uint64_t;
using CUcontext = struct ContextTag*;
using CUstream = struct StreamTag*;
using CUevent = struct EventTag*;
using CUmodule = struct ModuleTag*;
using CUfunction = struct FunctionTag*;
using CUgraph = struct GraphTag*;
using CUgraphNode = struct GraphNodeTag*;
using CUgraphExec = struct GraphExecTag*;
using CUmemGenericAllocationHandle = unsigned long long;

struct CUmemLocation {
  int type;
  int id;
};

struct CUmemAllocationProp {
  int type;
  int handleTypes;
  CUmemLocation location;
  void* windowsMetaData;
  struct {
    unsigned char compression;
    unsigned char gpuDirect;
    unsigned short usage;
    unsigned char reserved[4];
  } flags;
};

struct CUmemAccessDesc {
  CUmemLocation location;
  int flags;
};

struct alignas(128) CUtensorMap {
  uint64_t words[16];
};

struct CUlaunchAttribute {
  int id;
  int unused;
  union {
    char size[64];
    int flag;
    struct {
      unsigned x, y, z;
    } cluster;
  } value;
};

struct CUlaunchConfig {
  unsigned grid[3];
  unsigned block[3];
  unsigned sharedBytes;
  CUstream stream;
  CUlaunchAttribute* attributes;
  unsigned attributeCount;
};

constexpr CUresult kNotReady = 600;
constexpr CUresult kNotSupported = 801;
constexpr CUresult kInvalidValue = 1;
constexpr CUresult kAlreadyPeers = 704;

// Without these nothing runs. They are all in drivers for CUDA 12.0 (525) and newer.
#define REQUIRED_SYMBOLS(X)                                                                         \
  X(cuInit, (unsigned flags))                                                                       \
  X(cuDriverGetVersion, (int* version))                                                             \
  X(cuGetErrorName, (CUresult code, const char** name))                                             \
  X(cuGetErrorString, (CUresult code, const char** text))                                           \
  X(cuDeviceGetCount, (int* count))                                                                 \
  X(cuDeviceGet, (CUdevice* device, int ordinal))                                                   \
  X(cuDeviceGetName, (char* name, int length, CUdevice device))                                     \
  X(cuDeviceGetAttribute, (int* value, int attribute, CUdevice device))                             \
  X(cuDeviceTotalMem_v2, (size_t* bytes, CUdevice device))                                          \
  X(cuDeviceCanAccessPeer, (int* can, CUdevice device, CUdevice peer))                              \
  X(cuDeviceGetP2PAttribute, (int* value, int attribute, CUdevice device, CUdevice peer))           \
  X(cuDevicePrimaryCtxRetain, (CUcontext* context, CUdevice device))                                \
  X(cuDevicePrimaryCtxRelease_v2, (CUdevice device))                                                \
  X(cuCtxSetCurrent, (CUcontext context))                                                           \
  X(cuCtxEnablePeerAccess, (CUcontext peer, unsigned flags))                                        \
  X(cuCtxSynchronize, ())                                                                           \
  X(cuMemGetInfo_v2, (size_t* free, size_t* total))                                                 \
  X(cuMemAlloc_v2, (CUdeviceptr* address, size_t bytes))                                            \
  X(cuMemFree_v2, (CUdeviceptr address))                                                            \
  X(cuMemGetAllocationGranularity, (size_t* bytes, const CUmemAllocationProp* properties, int option)) \
  X(cuMemAddressReserve,                                                                            \
    (CUdeviceptr* address, size_t bytes, size_t alignment, CUdeviceptr wish, unsigned long long flags)) \
  X(cuMemAddressFree, (CUdeviceptr address, size_t bytes))                                          \
  X(cuMemCreate,                                                                                    \
    (CUmemGenericAllocationHandle* pages, size_t bytes, const CUmemAllocationProp* properties, unsigned long long flags)) \
  X(cuMemRelease, (CUmemGenericAllocationHandle pages))                                             \
  X(cuMemMap,                                                                                       \
    (CUdeviceptr address, size_t bytes, size_t offset, CUmemGenericAllocationHandle pages, unsigned long long flags)) \
  X(cuMemSetAccess, (CUdeviceptr address, size_t bytes, const CUmemAccessDesc* access, size_t count)) \
  X(cuMemUnmap, (CUdeviceptr address, size_t bytes))                                                \
  X(cuMemHostAlloc, (void** address, size_t bytes, unsigned flags))                                 \
  X(cuMemFreeHost, (void* address))                                                                 \
  X(cuMemcpyHtoDAsync_v2, (CUdeviceptr to, const void* from, size_t bytes, CUstream stream))        \
  X(cuMemcpyDtoHAsync_v2, (void* to, CUdeviceptr from, size_t bytes, CUstream stream))              \
  X(cuMemcpyDtoDAsync_v2, (CUdeviceptr to, CUdeviceptr from, size_t bytes, CUstream stream))        \
  X(cuMemsetD8Async, (CUdeviceptr to, unsigned char value, size_t count, CUstream stream))          \
  X(cuMemsetD32Async, (CUdeviceptr to, unsigned value, size_t count, CUstream stream))              \
  X(cuStreamCreateWithPriority, (CUstream* stream, unsigned flags, int priority))                   \
  X(cuStreamDestroy_v2, (CUstream stream))                                                          \
  X(cuStreamSynchronize, (CUstream stream))                                                         \
  X(cuStreamQuery, (CUstream stream))                                                               \
  X(cuStreamWaitEvent, (CUstream stream, CUevent event, unsigned flags))                            \
  X(cuStreamBeginCapture_v2, (CUstream stream, int mode))                                           \
  X(cuStreamEndCapture, (CUstream stream, CUgraph* graph))                                          \
  X(cuEventCreate, (CUevent* event, unsigned flags))                                                \
  X(cuEventDestroy_v2, (CUevent event))                                                             \
  X(cuEventRecord, (CUevent event, CUstream stream))                                                \
  X(cuEventSynchronize, (CUevent event))                                                            \
  X(cuEventQuery, (CUevent event))                                                                  \
  X(cuEventElapsedTime, (float* milliseconds, CUevent start, CUevent end))                          \
  X(cuModuleLoadDataEx, (CUmodule* module, const void* image, unsigned count, int* options, void** values)) \
  X(cuModuleUnload, (CUmodule module))                                                              \
  X(cuModuleGetFunction, (CUfunction* function, CUmodule module, const char* name))                 \
  X(cuFuncGetAttribute, (int* value, int attribute, CUfunction function))                           \
  X(cuFuncSetAttribute, (CUfunction function, int attribute, int value))                            \
  X(cuOccupancyMaxActiveBlocksPerMultiprocessor, (int* blocks, CUfunction function, int threads, size_t sharedBytes)) \
  X(cuLaunchKernelEx, (const CUlaunchConfig* config, CUfunction function, void** params, void** extra)) \
  X(cuGraphDestroy, (CUgraph graph))                                                                \
  X(cuGraphGetNodes, (CUgraph graph, CUgraphNode* nodes, size_t* count))                            \
  X(cuGraphNodeGetType, (CUgraphNode node, int* type))                                              \
  X(cuGraphInstantiateWithFlags, (CUgraphExec* exec, CUgraph graph, unsigned long long flags))      \
  X(cuGraphExecDestroy, (CUgraphExec exec))                                                         \
  X(cuGraphUpload, (CUgraphExec exec, CUstream stream))                                             \
  X(cuGraphLaunch, (CUgraphExec exec, CUstream stream))

// Where a driver lacks one of these, calling it answers CUDA_ERROR_NOT_SUPPORTED: cuFuncGetParamInfo came with 12.4.
#define OPTIONAL_SYMBOLS(X)                                                                         \
  X(cuFuncGetParamInfo, (CUfunction function, size_t index, size_t* offset, size_t* bytes))         \
  X(cuTensorMapEncodeTiled,                                                                         \
    (CUtensorMap * map, int type, uint32_t rank, void* address, const uint64_t* dims, const uint64_t* strides, \
     const uint32_t* box, const uint32_t* elementStrides, int interleave, int swizzle, int promotion, int fill))

struct Driver {
#define DECLARE(name, parameters) CUresult(*name) parameters = nullptr;
  REQUIRED_SYMBOLS(DECLARE)
#undef DECLARE
#define DECLARE(name, parameters) CUresult(*name) parameters = [](auto...) -> CUresult { return kNotSupported; };
  OPTIONAL_SYMBOLS(DECLARE)
#undef DECLARE
};

struct Opened {
  std::string reason;  // empty when the driver is usable, else one of the words NativeUnavailable lists
  std::string detail;
  int version = 0;
};

// Loads the driver from `path` and initialises it. Once it has worked, later calls answer from what is loaded.
Opened OpenDriver(const std::string& path);

// The table that OpenDriver filled. Every class needs a Context first, and a Context cannot be made before.
const Driver& driver();

}  // namespace tilescript
