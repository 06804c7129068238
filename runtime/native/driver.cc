#include "driver.h"

#include <dlfcn.h>

#include <mutex>

namespace tilescript {
namespace {

Driver table;
Opened opened{"no-library", "the driver has not been opened", 0};
std::mutex opening;

// Fills `found` from the library; answers the first required symbol that is missing, or null.
const char* Resolve(void* library, Driver& found) {
#define LOAD(name, parameters)                                                       \
  found.name = reinterpret_cast<decltype(found.name)>(dlsym(library, #name));        \
  if (!found.name) return #name;
  REQUIRED_SYMBOLS(LOAD)
#undef LOAD
#define LOAD(name, parameters)                                                       \
  if (void* symbol = dlsym(library, #name)) found.name = reinterpret_cast<decltype(found.name)>(symbol);
  OPTIONAL_SYMBOLS(LOAD)
#undef LOAD
  return nullptr;
}

std::string Explain(const Driver& found, CUresult code) {
  const char* name = nullptr;
  const char* text = nullptr;
  found.cuGetErrorName(code, &name);
  found.cuGetErrorString(code, &text);
  return std::string(name ? name : "unknown error") + ": " + (text ? text : "no text");
}

Opened Open(const std::string& path) {
  void* library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!library) return {"no-library", dlerror(), 0};
  Driver found;
  if (const char* missing = Resolve(library, found)) {
    dlclose(library);
    return {"old-driver", path + " has no " + missing, 0};
  }
  // From here on the library stays loaded: the driver starts threads and does not survive dlclose.
  if (CUresult code = found.cuInit(0)) return {code == 100 ? "no-device" : "init-failed", Explain(found, code), 0};
  int version = 0, count = 0;
  if (CUresult code = found.cuDriverGetVersion(&version)) return {"init-failed", Explain(found, code), 0};
  if (CUresult code = found.cuDeviceGetCount(&count)) return {"init-failed", Explain(found, code), version};
  if (count == 0) return {"no-device", "the driver sees no GPU", version};
  table = found;
  return {"", path, version};
}

}  // namespace

Opened OpenDriver(const std::string& path) {
  std::lock_guard<std::mutex> lock(opening);
  if (!opened.reason.empty()) opened = Open(path);
  return opened;
}

const Driver& driver() { return table; }

}  // namespace tilescript
