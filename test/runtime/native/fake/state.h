// What the fake driver remembers, how tests change its ways, and the start of every call.
#pragma once

#include <chrono>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <sstream>
#include <thread>
#include <vector>

#include "driver.h"
#include "image.h"

#define API extern "C" __attribute__((visibility("default")))

namespace tilescript {

struct ContextTag {};
struct EventTag {
  std::chrono::steady_clock::time_point at;
  CUstream stream = nullptr;
  size_t place = 0;
  // Last recorded in a capture: it marks a node, and no moment that could be waited for.
  bool captured = false;
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
// Physical memory: there until it is released and mapped nowhere.
struct FakePages {
  size_t bytes;
  bool held = true;
  int mappings = 0;
};
struct FakeMapping {
  size_t bytes;
  CUmemGenericAllocationHandle pages;
  bool usable = false;
};
struct StreamTag {
  GraphTag* capturing = nullptr;
  // Something was asked of the stream that cannot be captured: the capture ends in an error.
  bool invalidated = false;
  // What is queued and has not run: nothing, unless LAZY is set or a kernel does not end. An empty function is such a kernel.
  std::deque<std::function<void()>> waiting;
  size_t queued = 0;
};

namespace {

constexpr CUresult kOutOfMemory = 2, kNoDevice = 100, kInvalidImage = 200, kInvalidContext = 201, kNotFound = 500;
constexpr CUresult kCaptureUnsupported = 900, kCaptureInvalidated = 901, kCapturedEvent = 907;
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
// Work has reached where no memory is: the context is lost, and every call says so until a reset.
CUresult lost = 0;

std::map<CUdeviceptr, size_t> memory;
std::map<CUdeviceptr, size_t> reservations;
std::map<CUmemGenericAllocationHandle, FakePages> pages;
std::map<CUdeviceptr, FakeMapping> mappings;
std::map<void*, size_t> pinned;
std::set<CUstream> streams;
// Destroyed, with work that goes on.
std::set<CUstream> orphans;
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
  for (auto& [handle, one] : pages) used += one.bytes;
  return kDeviceBytes - used;
}

// Whether a stretch lies in mappings that follow one another.
bool Mapped(CUdeviceptr address, size_t bytes) {
  auto mapping = mappings.upper_bound(address);
  if (mapping == mappings.begin()) return false;
  CUdeviceptr reached = (--mapping)->first;
  for (; mapping != mappings.end() && mapping->first == reached && mapping->second.usable; ++mapping) {
    reached += mapping->second.bytes;
    if (address + bytes <= reached) return true;
  }
  return false;
}

bool Inside(CUdeviceptr address, size_t bytes) {
  if (Mapped(address, bytes)) return true;
  auto after = memory.upper_bound(address);
  if (after == memory.begin()) return false;
  auto block = std::prev(after);
  return address + bytes <= block->first + block->second;
}

// Whether work may touch memory, at the time when it does.
bool Reach(CUdeviceptr address, size_t bytes) {
  constexpr CUresult illegalAddress = 700;
  if (Inside(address, bytes)) return true;
  lost = illegalAddress;
  return false;
}

// Runs what was queued before a place of the stream; answers whether all of it has run. The kernel "endless" does not end while ENDLESS is
// set, as it is unless a test ends it.
bool RunUntil(CUstream stream, size_t place) {
  if (!streams.count(stream) && !orphans.count(stream)) return true;
  while (!stream->waiting.empty() && stream->queued - stream->waiting.size() < place) {
    auto work = std::move(stream->waiting.front());
    if (!work && Setting("ENDLESS", 1)) return false;
    stream->waiting.pop_front();
    if (work) work();
  }
  return true;
}

bool RunAll() {
  bool all = true;
  for (CUstream stream : streams) all &= RunUntil(stream, stream->queued);
  for (auto orphan = orphans.begin(); orphan != orphans.end();) {
    CUstream stream = *orphan;
    if (!RunUntil(stream, stream->queued)) {
      all = false;
      ++orphan;
    } else {
      orphan = orphans.erase(orphan);
      delete stream;
    }
  }
  return all;
}

// Blocks as the driver does, with nothing locked, until there is no more work.
template <class Done>
void Block(Done done) {
  for (;; std::this_thread::sleep_for(std::chrono::milliseconds(1))) {
    std::lock_guard<std::recursive_mutex> lock(mutex);
    if (done()) return;
  }
}

// Runs a piece of work, or records it where the stream is being captured. With LAZY it runs only when somebody waits for it, as
// late as a GPU may be.
CUresult Put(CUstream stream, int type, std::function<void()> work) {
  if (!streams.count(stream)) return kInvalidValue;
  if (stream->capturing) {
    stream->capturing->nodes.push_back({type, std::move(work)});
    return 0;
  }
  stream->waiting.push_back(std::move(work));
  ++stream->queued;
  if (!Setting("LAZY", 0)) RunUntil(stream, stream->queued);
  return 0;
}

void Pause() {
  if (int milliseconds = Setting("DELAY", 0)) std::this_thread::sleep_for(std::chrono::milliseconds(milliseconds));
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
  if (lost) return lost;                                 \
  if (!current) return kInvalidContext
