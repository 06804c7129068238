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

// The primary context of a device. Nobody but its own device reaches what it has, unless it was told to.
struct ContextTag {
  int retained = 0;
  // Whose memory its work may reach: its peers, and itself.
  std::set<CUcontext> peers;
  // Its work has reached where no memory is: the context is lost, and every call says so until a reset. Other devices go on.
  CUresult lost = 0;
};
struct EventTag {
  CUcontext context;
  std::chrono::steady_clock::time_point at;
  CUstream stream = nullptr;
  size_t place = 0;
  // Last recorded in a capture: it marks a node, and no moment that could be waited for.
  bool captured = false;
};
struct FunctionTag {
  CUcontext context;
  FakeKernel kernel;
  std::map<int, int> set;
};
struct ModuleTag {
  CUcontext context;
  std::map<std::string, FunctionTag> functions;
};
struct GraphNodeTag {
  int type;
  std::function<void()> run;
};
struct GraphTag {
  CUcontext context;
  std::vector<GraphNodeTag> nodes;
};
struct GraphExecTag {
  CUcontext context;
  std::vector<GraphNodeTag> nodes;
};
struct FakeBlock {
  size_t bytes;
  CUcontext context;
};
// Physical memory of a device: there until it is released and mapped nowhere. A file, so that all its mappings show the same.
struct FakePages {
  size_t bytes;
  int device;
  int file;
  bool held = true;
  int mappings = 0;
};
struct FakeMapping {
  size_t bytes;
  CUmemGenericAllocationHandle pages;
  // The devices that were given access.
  std::set<int> access{};
};
struct StreamTag {
  CUcontext context;
  GraphTag* capturing = nullptr;
  // Something was asked of the stream that cannot be captured: the capture ends in an error.
  bool invalidated = false;
  // What is queued and has not run: nothing, unless LAZY is set or a kernel does not end. An empty function is such a kernel.
  std::deque<std::function<void()>> waiting;
  size_t queued = 0;
};

namespace {

constexpr CUresult kOutOfMemory = 2, kNoDevice = 100, kInvalidDevice = 101, kInvalidImage = 200, kInvalidContext = 201;
constexpr CUresult kPeerUnsupported = 217, kInvalidHandle = 400, kNotFound = 500, kDestroyed = 709;
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

std::map<CUdeviceptr, FakeBlock> memory;
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
constexpr int kMostDevices = 8;
ContextTag contexts[kMostDevices];
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

int DeviceOf(CUcontext context) { return static_cast<int>(context - contexts); }

size_t FreeBytes(int device) {
  size_t used = 0;
  for (auto& [address, block] : memory)
    if (block.context == &contexts[device]) used += block.bytes;
  for (auto& [handle, one] : pages)
    if (one.device == device) used += one.bytes;
  return kDeviceBytes - used;
}

// Whether a stretch lies in mappings that follow one another and that the device may use.
bool Mapped(CUdeviceptr address, size_t bytes, int device) {
  auto mapping = mappings.upper_bound(address);
  if (mapping == mappings.begin()) return false;
  CUdeviceptr reached = (--mapping)->first;
  for (; mapping != mappings.end() && mapping->first == reached && mapping->second.access.count(device); ++mapping) {
    reached += mapping->second.bytes;
    if (address + bytes <= reached) return true;
  }
  return false;
}

// Pinned memory of the host, which every device reaches.
bool Pinned(CUdeviceptr address, size_t bytes) {
  auto after = pinned.upper_bound(reinterpret_cast<void*>(address));
  if (after == pinned.begin()) return false;
  auto& [start, size] = *std::prev(after);
  return address + bytes <= reinterpret_cast<CUdeviceptr>(start) + size;
}

// Whether work of a context finds memory there: its own, a peer's that it was told to reach, or pages that it was given access to.
bool Inside(CUdeviceptr address, size_t bytes, CUcontext context) {
  if (Mapped(address, bytes, DeviceOf(context)) || Pinned(address, bytes)) return true;
  auto after = memory.upper_bound(address);
  if (after == memory.begin()) return false;
  auto& [start, block] = *std::prev(after);
  return address + bytes <= start + block.bytes && (block.context == context || context->peers.count(block.context));
}

// The same for a copy or a fill, which must not go from one device's pages to another's.
bool Within(CUdeviceptr address, size_t bytes, CUcontext context) {
  if (!Inside(address, bytes, context)) return false;
  auto next = mappings.upper_bound(address);
  if (next == mappings.begin()) return true;
  const int device = pages.at(std::prev(next)->second.pages).device;
  for (; next != mappings.end() && next->first < address + bytes; ++next)
    if (pages.at(next->second.pages).device != device) return false;
  return true;
}

// Whether work may touch memory, at the time when it does.
bool Reach(CUdeviceptr address, size_t bytes, CUcontext context) {
  constexpr CUresult illegalAddress = 700;
  if (Inside(address, bytes, context)) return true;
  context->lost = illegalAddress;
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

bool RunAll(CUcontext context) {
  bool all = true;
  for (CUstream stream : streams)
    if (stream->context == context) all &= RunUntil(stream, stream->queued);
  for (auto orphan = orphans.begin(); orphan != orphans.end();) {
    CUstream stream = *orphan;
    if (stream->context != context) {
      ++orphan;
    } else if (!RunUntil(stream, stream->queued)) {
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
  if (stream->context != current) return kInvalidHandle;
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
  if (!current) return kInvalidContext;                  \
  if (!current->retained) return kDestroyed;             \
  if (current->lost) return current->lost
// For calls that take an object of a context, which must be the current one. The driver is not so strict with all of them, and says
// nothing where what happens is not what was meant.
#define OWN(object) \
  if ((object)->context != current) return kInvalidHandle
