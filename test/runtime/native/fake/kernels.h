// Modules, launches, graphs and tensor maps.
#pragma once

#include "state.h"

namespace {

std::string Hex(const void* data, size_t bytes) {
  static const char digits[] = "0123456789abcdef";
  std::string text;
  for (size_t index = 0; index < bytes; ++index) {
    unsigned char byte = static_cast<const unsigned char*>(data)[index];
    text += {digits[byte >> 4], digits[byte & 15]};
  }
  return text;
}

// The kernel "wild" loses its context, "endless" does not end (state.h), and one computes: append(int* out, int digit) makes *out = *out * 10 + digit, so order shows in the value.
void Append(const std::vector<std::string>& params, CUcontext context) {
  CUdeviceptr out;
  unsigned digit;
  memcpy(&out, params[0].data(), sizeof out);
  memcpy(&digit, params[1].data(), sizeof digit);
  if (!Inside(out, sizeof digit, context)) return;
  // Wherever it lies, and whatever lies there: memory that nobody wrote has large numbers.
  unsigned value;
  memcpy(&value, reinterpret_cast<void*>(out), sizeof value);
  value = value * 10 + digit;
  memcpy(reinterpret_cast<void*>(out), &value, sizeof value);
}

}  // namespace

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
  auto* made = new ModuleTag{current, {}};
  for (FakeKernel& kernel : kernels) made->functions[kernel.name] = {current, kernel, {}};
  modules.insert(*module = made);
  return 0;
}
API CUresult cuModuleUnload(CUmodule module) {
  Block([=] { return !modules.count(module) || RunAll(module->context); });
  LOCK;
  CUresult told = Begin("cuModuleUnload");
  if (!modules.erase(module)) return kInvalidValue;
  delete module;
  return told;
}
API CUresult cuModuleGetFunction(CUfunction* function, CUmodule module, const char* name) {
  CONTEXT_CALL("cuModuleGetFunction", name);
  OWN(module);
  auto found = module->functions.find(name);
  if (found == module->functions.end()) return kNotFound;
  *function = &found->second;
  return 0;
}
API CUresult cuFuncGetAttribute(int* value, int attribute, CUfunction function) {
  CONTEXT_CALL("cuFuncGetAttribute", attribute);
  OWN(function);
  const FakeKernel& kernel = function->kernel;
  const int values[] = {kernel.maxThreads, kernel.sharedBytes, 0, kernel.localBytes, kernel.registers, 90, 90};
  *value = values[attribute];
  return 0;
}
API CUresult cuFuncSetAttribute(CUfunction function, int attribute, int value) {
  CONTEXT_CALL("cuFuncSetAttribute", function->kernel.name, attribute, value);
  OWN(function);
  if (attribute == 8 && value > 232448 - function->kernel.sharedBytes) return kInvalidValue;
  function->set[attribute] = value;
  return 0;
}
API CUresult cuFuncGetParamInfo(CUfunction function, size_t index, size_t* offset, size_t* bytes) {
  CONTEXT_CALL("cuFuncGetParamInfo", index);
  OWN(function);
  if (!Setting("PARAMETERS", 1)) return kNotSupported;
  if (index >= function->kernel.params.size()) return kInvalidValue;
  *offset = function->kernel.params[index].offset;
  *bytes = function->kernel.params[index].bytes;
  return 0;
}
API CUresult cuOccupancyMaxActiveBlocksPerMultiprocessor(int* blocks, CUfunction function, int threads, size_t sharedBytes) {
  CONTEXT_CALL("cuOccupancyMaxActiveBlocksPerMultiprocessor", threads, sharedBytes);
  OWN(function);
  if (threads < 1) return kInvalidValue;
  *blocks = 2048 / threads;
  return 0;
}
#ifndef OLD_DRIVER
API CUresult cuLaunchKernelEx(const CUlaunchConfig* config, CUfunction function, void** params, void**) {
  CONTEXT_CALL("cuLaunchKernelEx", function->kernel.name);
  OWN(function);
  OWN(config->stream);
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
  if (kernel.name == "endless") return Put(config->stream, 0, nullptr);
  return Put(config->stream, 0, [name = kernel.name, values, text = line.str(), context = current] {
    launches.push_back(text);
    if (name == "append") Append(values, context);
    if (name == "wild") context->lost = 700;
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
  OWN(graph);
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
  OWN(graph);
  execs.insert(*exec = new GraphExecTag{current, graph->nodes});
  return 0;
}
API CUresult cuGraphExecDestroy(CUgraphExec exec) {
  LOCK;
  CUresult told = Begin("cuGraphExecDestroy");
  if (!execs.erase(exec)) return kInvalidValue;
  delete exec;
  return told;
}
API CUresult cuGraphUpload(CUgraphExec exec, CUstream stream) {
  CONTEXT_CALL("cuGraphUpload");
  OWN(exec);
  OWN(stream);
  return 0;
}
API CUresult cuGraphLaunch(CUgraphExec exec, CUstream stream) {
  CONTEXT_CALL("cuGraphLaunch");
  OWN(exec);
  OWN(stream);
  for (GraphNodeTag& node : exec->nodes)
    if (CUresult put = Put(stream, node.type, node.run)) return put;
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
