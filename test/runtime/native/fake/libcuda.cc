// A stand-in for libcuda.so.1: device memory is host memory, streams run at once, every call is written down and any can
// be made to fail. It is a Node add-on too, so that a test steers it from JavaScript; the launcher opens the same file.
// -DOLD_DRIVER leaves out cuLaunchKernelEx, as drivers before CUDA 11.8 do.
#include "driver.h"

#include <node_api.h>

#include <chrono>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <sstream>
#include <thread>
#include <vector>

#include "image.h"

#define API extern "C" __attribute__((visibility("default")))

namespace tilescript {

struct ContextTag {};
struct EventTag {
  std::chrono::steady_clock::time_point at;
};
struct FunctionTag {
  FakeKernel kernel;
  std::map<int, int> set;
};
struct ModuleTag {
  std::map<std::string, FunctionTag> functions;
};
struct GraphNodeTag {
  int type;
  std::function<void()> run;
};
struct GraphTag {
  std::vector<GraphNodeTag> nodes;
};
struct GraphExecTag {
  std::vector<GraphNodeTag> nodes;
};
struct StreamTag {
  GraphTag* capturing = nullptr;
};

namespace {

constexpr CUresult kOutOfMemory = 2, kNoDevice = 100, kInvalidImage = 200, kInvalidContext = 201, kNotFound = 500;
constexpr size_t kDeviceBytes = size_t{1} << 30;

std::recursive_mutex mutex;

// How the fake behaves, and what it has seen. Tests set and read these through the exports at the end.
std::vector<std::string> calls;
std::vector<std::string> launches;
std::map<std::string, int> counts;
std::map<std::string, std::pair<int, CUresult>> failures;
std::map<std::string, int> settings;
std::string moduleLog;
bool recording = true;

std::map<CUdeviceptr, size_t> memory;
std::map<void*, size_t> pinned;
std::set<CUstream> streams;
std::set<CUevent> events;
std::set<CUmodule> modules;
std::set<CUgraph> graphs;
std::set<CUgraphExec> execs;
int retained = 0;
ContextTag context;
thread_local CUcontext current = nullptr;

int Setting(const char* name, int otherwise) {
  auto found = settings.find(name);
  if (found != settings.end()) return found->second;
  const char* text = getenv((std::string("TILESCRIPT_FAKE_") + name).c_str());
  return text ? atoi(text) : otherwise;
}

// Writes a call down, unless a benchmark has turned that off; answers the code it shall fail with, or 0.
template <class... Arguments>
CUresult Begin(const char* name, const Arguments&... arguments) {
  if (!recording) return 0;
  std::ostringstream line;
  line << name;
  ((line << " " << arguments), ...);
  calls.push_back(line.str());
  int seen = ++counts[name];
  auto found = failures.find(name);
  return found != failures.end() && found->second.first == seen ? found->second.second : 0;
}

size_t FreeBytes() {
  size_t used = 0;
  for (auto& [address, bytes] : memory) used += bytes;
  return kDeviceBytes - used;
}

bool Inside(CUdeviceptr address, size_t bytes) {
  auto after = memory.upper_bound(address);
  if (after == memory.begin()) return false;
  auto block = std::prev(after);
  return address + bytes <= block->first + block->second;
}

// Runs a piece of work, or records it where the stream is being captured.
CUresult Put(CUstream stream, int type, std::function<void()> work) {
  if (!streams.count(stream)) return kInvalidValue;
  if (stream->capturing) stream->capturing->nodes.push_back({type, std::move(work)});
  else work();
  return 0;
}

void Pause() {
  if (int milliseconds = Setting("DELAY", 0)) std::this_thread::sleep_for(std::chrono::milliseconds(milliseconds));
}

std::string Hex(const void* data, size_t bytes) {
  static const char digits[] = "0123456789abcdef";
  std::string text;
  for (size_t index = 0; index < bytes; ++index) {
    unsigned char byte = static_cast<const unsigned char*>(data)[index];
    text += {digits[byte >> 4], digits[byte & 15]};
  }
  return text;
}

// The only kernel that computes: append(int* out, int digit) makes *out = *out * 10 + digit, so order shows in the value.
void Append(const std::vector<std::string>& params) {
  int* out;
  int digit;
  memcpy(&out, params[0].data(), sizeof out);
  memcpy(&digit, params[1].data(), sizeof digit);
  if (Inside(reinterpret_cast<CUdeviceptr>(out), sizeof *out)) *out = *out * 10 + digit;
}

}  // namespace
}  // namespace tilescript

using namespace tilescript;

#define LOCK std::lock_guard<std::recursive_mutex> lock(mutex)
// Most calls: fail as told, and need a current context.
#define FREE_CALL(...)                                   \
  LOCK;                                                  \
  if (CUresult told = Begin(__VA_ARGS__)) return told
#define CONTEXT_CALL(...)                                \
  FREE_CALL(__VA_ARGS__);                                \
  if (!current) return kInvalidContext

API CUresult cuInit(unsigned) {
  FREE_CALL("cuInit");
  return Setting("DEVICES", 1) ? 0 : kNoDevice;
}
API CUresult cuDriverGetVersion(int* version) {
  FREE_CALL("cuDriverGetVersion");
  *version = Setting("VERSION", 13000);
  return 0;
}
API CUresult cuGetErrorName(CUresult code, const char** name) {
  static const std::map<CUresult, const char*> names = {{0, "CUDA_SUCCESS"},
                                                        {1, "CUDA_ERROR_INVALID_VALUE"},
                                                        {2, "CUDA_ERROR_OUT_OF_MEMORY"},
                                                        {100, "CUDA_ERROR_NO_DEVICE"},
                                                        {200, "CUDA_ERROR_INVALID_IMAGE"},
                                                        {201, "CUDA_ERROR_INVALID_CONTEXT"},
                                                        {209, "CUDA_ERROR_NO_BINARY_FOR_GPU"},
                                                        {500, "CUDA_ERROR_NOT_FOUND"},
                                                        {700, "CUDA_ERROR_ILLEGAL_ADDRESS"},
                                                        {801, "CUDA_ERROR_NOT_SUPPORTED"}};
  auto found = names.find(code);
  if (found == names.end()) return kInvalidValue;
  *name = found->second;
  return 0;
}
API CUresult cuGetErrorString(CUresult code, const char** text) {
  static std::map<CUresult, std::string> texts;
  LOCK;
  const char* name = nullptr;
  if (cuGetErrorName(code, &name)) return kInvalidValue;
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
  if (ordinal >= Setting("DEVICES", 1)) return 101;
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
  *value = attribute == 75 ? capability / 10 : attribute == 76 ? capability % 10 : fixed.at(attribute);
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
  CONTEXT_CALL("cuCtxSynchronize");
  return 0;
}
API CUresult cuMemGetInfo_v2(size_t* free, size_t* total) {
  CONTEXT_CALL("cuMemGetInfo_v2");
  *total = kDeviceBytes;
  *free = FreeBytes();
  return 0;
}
API CUresult cuMemAlloc_v2(CUdeviceptr* address, size_t bytes) {
  CONTEXT_CALL("cuMemAlloc_v2", bytes);
  if (bytes == 0) return kInvalidValue;
  if (bytes > FreeBytes()) return kOutOfMemory;
  void* block = aligned_alloc(256, (bytes + 255) / 256 * 256);
  memset(block, 0xCD, bytes);
  *address = reinterpret_cast<CUdeviceptr>(block);
  memory[*address] = bytes;
  return 0;
}
// Calls that release do so even when told to fail: the driver reports errors of earlier work there.
API CUresult cuMemFree_v2(CUdeviceptr address) {
  LOCK;
  CUresult told = Begin("cuMemFree_v2");
  if (!memory.erase(address)) return kInvalidValue;
  free(reinterpret_cast<void*>(address));
  return told;
}
API CUresult cuMemHostAlloc(void** address, size_t bytes, unsigned) {
  CONTEXT_CALL("cuMemHostAlloc", bytes);
  if (bytes == 0) return kInvalidValue;
  *address = aligned_alloc(4096, (bytes + 4095) / 4096 * 4096);
  pinned[*address] = bytes;
  return 0;
}
API CUresult cuMemFreeHost(void* address) {
  LOCK;
  CUresult told = Begin("cuMemFreeHost");
  if (!pinned.erase(address)) return kInvalidValue;
  free(address);
  return told;
}
API CUresult cuMemcpyHtoDAsync_v2(CUdeviceptr to, const void* from, size_t bytes, CUstream stream) {
  CONTEXT_CALL("cuMemcpyHtoDAsync_v2", bytes);
  if (!Inside(to, bytes)) return kInvalidValue;
  return Put(stream, 1, [=] { memcpy(reinterpret_cast<void*>(to), from, bytes); });
}
API CUresult cuMemcpyDtoHAsync_v2(void* to, CUdeviceptr from, size_t bytes, CUstream stream) {
  CONTEXT_CALL("cuMemcpyDtoHAsync_v2", bytes);
  if (!Inside(from, bytes)) return kInvalidValue;
  return Put(stream, 1, [=] { memcpy(to, reinterpret_cast<void*>(from), bytes); });
}
API CUresult cuMemcpyDtoDAsync_v2(CUdeviceptr to, CUdeviceptr from, size_t bytes, CUstream stream) {
  CONTEXT_CALL("cuMemcpyDtoDAsync_v2", bytes);
  if (!Inside(from, bytes) || !Inside(to, bytes)) return kInvalidValue;
  return Put(stream, 1, [=] { memmove(reinterpret_cast<void*>(to), reinterpret_cast<void*>(from), bytes); });
}
API CUresult cuMemsetD8Async(CUdeviceptr to, unsigned char value, size_t count, CUstream stream) {
  CONTEXT_CALL("cuMemsetD8Async", int{value}, count);
  if (!Inside(to, count)) return kInvalidValue;
  return Put(stream, 2, [=] { memset(reinterpret_cast<void*>(to), value, count); });
}
API CUresult cuMemsetD32Async(CUdeviceptr to, unsigned value, size_t count, CUstream stream) {
  CONTEXT_CALL("cuMemsetD32Async", value, count);
  if (!Inside(to, count * 4)) return kInvalidValue;
  return Put(stream, 2, [=] {
    for (size_t index = 0; index < count; ++index) reinterpret_cast<unsigned*>(to)[index] = value;
  });
}
API CUresult cuStreamCreateWithPriority(CUstream* stream, unsigned flags, int priority) {
  CONTEXT_CALL("cuStreamCreateWithPriority", flags, priority);
  streams.insert(*stream = new StreamTag);
  return 0;
}
API CUresult cuStreamDestroy_v2(CUstream stream) {
  LOCK;
  CUresult told = Begin("cuStreamDestroy_v2");
  if (!streams.erase(stream)) return kInvalidValue;
  if (graphs.erase(stream->capturing)) delete stream->capturing;
  delete stream;
  return told;
}
API CUresult cuStreamSynchronize(CUstream stream) {
  Pause();
  CONTEXT_CALL("cuStreamSynchronize");
  return streams.count(stream) ? 0 : kInvalidValue;
}
API CUresult cuStreamQuery(CUstream) {
  CONTEXT_CALL("cuStreamQuery");
  return Setting("PENDING", 0) ? kNotReady : 0;
}
API CUresult cuStreamWaitEvent(CUstream stream, CUevent event, unsigned) {
  CONTEXT_CALL("cuStreamWaitEvent");
  return streams.count(stream) && events.count(event) ? 0 : kInvalidValue;
}
API CUresult cuStreamBeginCapture_v2(CUstream stream, int mode) {
  CONTEXT_CALL("cuStreamBeginCapture_v2", mode);
  if (!streams.count(stream) || stream->capturing) return kInvalidValue;
  graphs.insert(stream->capturing = new GraphTag);
  return 0;
}
API CUresult cuStreamEndCapture(CUstream stream, CUgraph* graph) {
  LOCK;
  CUresult told = Begin("cuStreamEndCapture");
  if (!streams.count(stream) || !stream->capturing) return kInvalidValue;
  *graph = stream->capturing;
  stream->capturing = nullptr;
  if (told) {
    graphs.erase(*graph);
    delete *graph;
    *graph = nullptr;
  }
  return told;
}
API CUresult cuEventCreate(CUevent* event, unsigned flags) {
  CONTEXT_CALL("cuEventCreate", flags);
  events.insert(*event = new EventTag);
  return 0;
}
API CUresult cuEventDestroy_v2(CUevent event) {
  LOCK;
  CUresult told = Begin("cuEventDestroy_v2");
  if (!events.erase(event)) return kInvalidValue;
  delete event;
  return told;
}
API CUresult cuEventRecord(CUevent event, CUstream stream) {
  CONTEXT_CALL("cuEventRecord");
  if (!events.count(event)) return kInvalidValue;
  return Put(stream, 7, [=] { event->at = std::chrono::steady_clock::now(); });
}
API CUresult cuEventSynchronize(CUevent event) {
  Pause();
  CONTEXT_CALL("cuEventSynchronize");
  return events.count(event) ? 0 : kInvalidValue;
}
API CUresult cuEventQuery(CUevent) {
  CONTEXT_CALL("cuEventQuery");
  return Setting("PENDING", 0) ? kNotReady : 0;
}
API CUresult cuEventElapsedTime(float* milliseconds, CUevent start, CUevent end) {
  CONTEXT_CALL("cuEventElapsedTime");
  *milliseconds = std::chrono::duration<float, std::milli>(end->at - start->at).count();
  return 0;
}
API CUresult cuModuleLoadDataEx(CUmodule* module, const void* image, unsigned count, int* options, void** values) {
  Pause();
  CONTEXT_CALL("cuModuleLoadDataEx");
  std::vector<FakeKernel> kernels;
  std::string problem = moduleLog.empty() ? ReadImage(static_cast<const char*>(image), kernels) : moduleLog;
  if (!problem.empty()) {
    constexpr int errorLog = 5;
    for (unsigned index = 0; index < count; ++index)
      if (options[index] == errorLog) strcpy(static_cast<char*>(values[index]), problem.c_str());
    return kInvalidImage;
  }
  auto* made = new ModuleTag;
  for (FakeKernel& kernel : kernels) made->functions[kernel.name].kernel = kernel;
  modules.insert(*module = made);
  return 0;
}
API CUresult cuModuleUnload(CUmodule module) {
  LOCK;
  CUresult told = Begin("cuModuleUnload");
  if (!modules.erase(module)) return kInvalidValue;
  delete module;
  return told;
}
API CUresult cuModuleGetFunction(CUfunction* function, CUmodule module, const char* name) {
  CONTEXT_CALL("cuModuleGetFunction", name);
  auto found = module->functions.find(name);
  if (found == module->functions.end()) return kNotFound;
  *function = &found->second;
  return 0;
}
API CUresult cuFuncGetAttribute(int* value, int attribute, CUfunction function) {
  CONTEXT_CALL("cuFuncGetAttribute", attribute);
  const FakeKernel& kernel = function->kernel;
  const int values[] = {kernel.maxThreads, kernel.sharedBytes, 0, kernel.localBytes, kernel.registers, 90, 90};
  *value = values[attribute];
  return 0;
}
API CUresult cuFuncSetAttribute(CUfunction function, int attribute, int value) {
  CONTEXT_CALL("cuFuncSetAttribute", function->kernel.name, attribute, value);
  if (attribute == 8 && value + function->kernel.sharedBytes > 232448) return kInvalidValue;
  function->set[attribute] = value;
  return 0;
}
API CUresult cuFuncGetParamInfo(CUfunction function, size_t index, size_t* offset, size_t* bytes) {
  CONTEXT_CALL("cuFuncGetParamInfo", index);
  if (!Setting("PARAMETERS", 1)) return kNotSupported;
  if (index >= function->kernel.params.size()) return kInvalidValue;
  *offset = function->kernel.params[index].offset;
  *bytes = function->kernel.params[index].bytes;
  return 0;
}
API CUresult cuOccupancyMaxActiveBlocksPerMultiprocessor(int* blocks, CUfunction, int threads, size_t sharedBytes) {
  CONTEXT_CALL("cuOccupancyMaxActiveBlocksPerMultiprocessor", threads, sharedBytes);
  *blocks = 2048 / threads;
  return 0;
}
#ifndef OLD_DRIVER
API CUresult cuLaunchKernelEx(const CUlaunchConfig* config, CUfunction function, void** params, void**) {
  CONTEXT_CALL("cuLaunchKernelEx", function->kernel.name);
  const FakeKernel& kernel = function->kernel;
  auto limit = function->set.find(8);
  int allowed = limit == function->set.end() ? 49152 : limit->second;
  if (config->sharedBytes > static_cast<unsigned>(allowed)) return kInvalidValue;
  if (!recording) return 0;
  std::vector<std::string> values;
  std::ostringstream line;
  line << kernel.name << " grid=" << config->grid[0] << "," << config->grid[1] << "," << config->grid[2]
       << " block=" << config->block[0] << "," << config->block[1] << "," << config->block[2]
       << " shared=" << config->sharedBytes;
  for (unsigned index = 0; index < config->attributeCount; ++index) {
    const CUlaunchAttribute& attribute = config->attributes[index];
    line << " attribute" << attribute.id << "=" << attribute.value.cluster.x;
    if (attribute.id == 4) line << "," << attribute.value.cluster.y << "," << attribute.value.cluster.z;
  }
  line << " params=";
  for (size_t index = 0; index < kernel.params.size(); ++index) {
    values.emplace_back(static_cast<char*>(params[index]), kernel.params[index].bytes);
    line << (index ? "," : "") << Hex(params[index], kernel.params[index].bytes);
  }
  return Put(config->stream, 0, [name = kernel.name, values, text = line.str()] {
    launches.push_back(text);
    if (name == "append") Append(values);
  });
}
#endif
API CUresult cuGraphDestroy(CUgraph graph) {
  LOCK;
  CUresult told = Begin("cuGraphDestroy");
  if (!graphs.erase(graph)) return kInvalidValue;
  delete graph;
  return told;
}
API CUresult cuGraphGetNodes(CUgraph graph, CUgraphNode* nodes, size_t* count) {
  CONTEXT_CALL("cuGraphGetNodes");
  if (nodes)
    for (size_t index = 0; index < *count; ++index) nodes[index] = &graph->nodes[index];
  else *count = graph->nodes.size();
  return 0;
}
API CUresult cuGraphNodeGetType(CUgraphNode node, int* type) {
  CONTEXT_CALL("cuGraphNodeGetType");
  *type = node->type;
  return 0;
}
API CUresult cuGraphInstantiateWithFlags(CUgraphExec* exec, CUgraph graph, unsigned long long) {
  CONTEXT_CALL("cuGraphInstantiateWithFlags");
  execs.insert(*exec = new GraphExecTag{graph->nodes});
  return 0;
}
API CUresult cuGraphExecDestroy(CUgraphExec exec) {
  LOCK;
  CUresult told = Begin("cuGraphExecDestroy");
  if (!execs.erase(exec)) return kInvalidValue;
  delete exec;
  return told;
}
API CUresult cuGraphUpload(CUgraphExec, CUstream) {
  CONTEXT_CALL("cuGraphUpload");
  return 0;
}
API CUresult cuGraphLaunch(CUgraphExec exec, CUstream) {
  CONTEXT_CALL("cuGraphLaunch");
  for (GraphNodeTag& node : exec->nodes) node.run();
  return 0;
}
// Not NVIDIA's bit layout, but every field in words of its own, so that a test can read it back.
API CUresult cuTensorMapEncodeTiled(CUtensorMap* map, int type, uint32_t rank, void* address, const uint64_t* dims,
                                    const uint64_t* strides, const uint32_t* box, const uint32_t*, int interleave,
                                    int swizzle, int promotion, int fill) {
  FREE_CALL("cuTensorMapEncodeTiled", type, rank, interleave, swizzle, promotion, fill);
  auto base = reinterpret_cast<uint64_t>(address);
  if (base % 16 || rank < 1 || rank > 5) return kInvalidValue;
  memset(map, 0, sizeof *map);
  map->words[0] = base;
  map->words[1] = ~uint64_t{0};
  for (uint32_t index = 0; index < rank; ++index) {
    map->words[2 + index] = dims[index] | uint64_t{box[index]} << 48;
    if (index + 1 < rank) map->words[8 + index] = strides[index];
  }
  return 0;
}

#define SAME(name, parameters) static_assert(std::is_same_v<decltype(&::name), decltype(Driver::name)>, #name);
#ifndef OLD_DRIVER
REQUIRED_SYMBOLS(SAME)
#endif
OPTIONAL_SYMBOLS(SAME)

// What tests call.
namespace {

std::string Text(napi_env env, napi_value value) {
  size_t size = 0;
  napi_get_value_string_utf8(env, value, nullptr, 0, &size);
  std::string text(size + 1, 0);
  napi_get_value_string_utf8(env, value, text.data(), size + 1, &size);
  text.resize(size);
  return text;
}

int Int(napi_env env, napi_value value) {
  int number = 0;
  napi_get_value_int32(env, value, &number);
  return number;
}

napi_value List(napi_env env, const std::vector<std::string>& lines) {
  napi_value array;
  napi_create_array(env, &array);
  for (size_t index = 0; index < lines.size(); ++index) {
    napi_value line;
    napi_create_string_utf8(env, lines[index].c_str(), lines[index].size(), &line);
    napi_set_element(env, array, index, line);
  }
  return array;
}

using Control = napi_value (*)(napi_env, napi_value* arguments);

template <Control control>
napi_value Steer(napi_env env, napi_callback_info info) {
  LOCK;
  napi_value arguments[3];
  size_t count = 3;
  napi_get_cb_info(env, info, &count, arguments, nullptr, nullptr);
  return control(env, arguments);
}

napi_value Reset(napi_env, napi_value*) {
  calls.clear();
  launches.clear();
  counts.clear();
  failures.clear();
  settings.clear();
  recording = true;
  moduleLog.clear();
  return nullptr;
}
napi_value Fail(napi_env env, napi_value* arguments) {
  failures[Text(env, arguments[0])] = {Int(env, arguments[1]), Int(env, arguments[2])};
  return nullptr;
}
napi_value Set(napi_env env, napi_value* arguments) {
  settings[Text(env, arguments[0])] = Int(env, arguments[1]);
  return nullptr;
}
napi_value Record(napi_env env, napi_value* arguments) {
  recording = Int(env, arguments[0]);
  return nullptr;
}
napi_value FailModules(napi_env env, napi_value* arguments) {
  moduleLog = Text(env, arguments[0]);
  return nullptr;
}
napi_value Calls(napi_env env, napi_value*) { return List(env, calls); }
napi_value Launches(napi_env env, napi_value*) { return List(env, launches); }
napi_value Live(napi_env env, napi_value*) {
  const std::pair<const char*, size_t> kinds[] = {
      {"contexts", static_cast<size_t>(retained)}, {"memory", memory.size()}, {"pinned", pinned.size()},
      {"streams", streams.size()},                 {"events", events.size()}, {"modules", modules.size()},
      {"graphs", graphs.size()},                   {"execs", execs.size()}};
  std::vector<std::string> lines;
  for (auto& [kind, count] : kinds)
    if (count) lines.push_back(std::string(kind) + " " + std::to_string(count));
  return List(env, lines);
}

}  // namespace

extern "C" __attribute__((visibility("default"))) int32_t node_api_module_get_api_version_v1() { return 8; }

extern "C" __attribute__((visibility("default"))) napi_value napi_register_module_v1(napi_env env, napi_value exports) {
  const std::pair<const char*, napi_callback> controls[] = {
      {"reset", Steer<Reset>},   {"fail", Steer<Fail>},         {"set", Steer<Set>},  {"record", Steer<Record>}, {"failModules", Steer<FailModules>},
      {"calls", Steer<Calls>},   {"launches", Steer<Launches>}, {"live", Steer<::Live>}};
  for (auto& [name, callback] : controls) {
    napi_value function;
    napi_create_function(env, name, NAPI_AUTO_LENGTH, callback, nullptr, &function);
    napi_set_named_property(env, exports, name, function);
  }
  return exports;
}
