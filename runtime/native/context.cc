#include "context.h"

#include "later.h"
#include "pages.h"

namespace tilescript {
namespace {

// Numbers of CUdevice_attribute.
constexpr struct {
  const char* name;
  int attribute;
} kDeviceAttributes[] = {
    {"computeMajor", 75},
    {"computeMinor", 76},
    {"multiprocessors", 16},
    {"clockKHz", 13},
    {"l2Bytes", 38},
    {"maxThreadsPerBlock", 1},
    {"sharedBytesPerBlock", 8},
    {"sharedBytesPerBlockOptIn", 97},
    {"sharedBytesPerMultiprocessor", 81},
    {"virtualMemory", 102},
};

}  // namespace

Context::Context(const Napi::CallbackInfo& info)
    : handle_(std::make_shared<PrimaryContext>(CountAs<int>(info[0], "ordinal"))) {}

ContextHandle Context::From(const Napi::CallbackInfo& info) {
  ContextHandle handle = From(info[0], "context");
  handle->Enter();
  return handle;
}

ContextHandle Context::From(Napi::Value value, const char* argument) {
  return Live(value.Env(), Class<Context>::Unwrap(value, argument).handle_, "Context");
}

Napi::Value Context::Memory(const Napi::CallbackInfo& info) {
  Live(info.Env(), handle_, "Context")->Enter();
  size_t free = 0, total = 0;
  CALL(cuMemGetInfo_v2, (&free, &total));
  Napi::Object answer = Napi::Object::New(info.Env());
  answer.Set("free", Napi::Number::New(info.Env(), static_cast<double>(free)));
  answer.Set("total", Napi::Number::New(info.Env(), static_cast<double>(total)));
  return answer;
}

double Context::PageBytes(const Napi::CallbackInfo& info) {
  return static_cast<double>(tilescript::PageBytes(*Live(info.Env(), handle_, "Context")));
}

void Context::Reach(const Napi::CallbackInfo& info) {
  ContextHandle peer = From(info[0], "peer");
  Live(info.Env(), handle_, "Context")->Reach(*peer);
}

void Context::Synchronize(const Napi::CallbackInfo& info) {
  Live(info.Env(), handle_, "Context")->Enter();
  CALL(cuCtxSynchronize, ());
}

Napi::Value Context::SynchronizeAsync(const Napi::CallbackInfo& info) {
  return RunLater(info.Env(), [context = Live(info.Env(), handle_, "Context")] {
    context->Enter();
    CALL(cuCtxSynchronize, ());
  });
}

void Context::Define(Napi::Env env, Napi::Object exports) {
  using Own = Class<Context>;
  Own::Define(env, exports, "Context",
              {Own::Method<&Context::Memory>("memory"), Own::Method<&Context::PageBytes>("pageBytes"),
               Own::Method<&Context::Reach>("reach"), Own::Method<&Context::Synchronize>("synchronize"),
               Own::Method<&Context::SynchronizeAsync>("synchronizeAsync"), Own::Method<&Context::Abandon>("abandon"),
               Own::Method<&Context::Destroy>("destroy")});
}

Napi::Value CountDevices(const Napi::CallbackInfo& info) {
  int count = 0;
  CALL(cuDeviceGetCount, (&count));
  return Napi::Number::New(info.Env(), count);
}

// (from, to): what the first device's kernels reach of the other's memory, and how.
Napi::Value DescribeLink(const Napi::CallbackInfo& info) {
  // Numbers of CUdevice_P2PAttribute.
  constexpr int performanceRank = 1, nativeAtomics = 3;
  const int from = CountAs<int>(info[0], "from"), to = CountAs<int>(info[1], "to");
  CUdevice device = 0, peer = 0;
  CALL(cuDeviceGet, (&device, from), from);
  CALL(cuDeviceGet, (&peer, to), to);
  int access = 0, rank = 0, atomics = 0;
  CALL(cuDeviceCanAccessPeer, (&access, device, peer), from, to);
  CALL(cuDeviceGetP2PAttribute, (&rank, performanceRank, device, peer), "performanceRank", from, to);
  CALL(cuDeviceGetP2PAttribute, (&atomics, nativeAtomics, device, peer), "nativeAtomics", from, to);
  Napi::Object answer = Napi::Object::New(info.Env());
  answer.Set("access", Napi::Boolean::New(info.Env(), access));
  answer.Set("performanceRank", Napi::Number::New(info.Env(), rank));
  answer.Set("nativeAtomics", Napi::Boolean::New(info.Env(), atomics));
  return answer;
}

Napi::Value DescribeDevice(const Napi::CallbackInfo& info) {
  int ordinal = CountAs<int>(info[0], "ordinal");
  CUdevice device = 0;
  CALL(cuDeviceGet, (&device, ordinal), ordinal);
  char name[256] = {};
  CALL(cuDeviceGetName, (name, sizeof name, device), ordinal);
  size_t total = 0;
  CALL(cuDeviceTotalMem_v2, (&total, device), ordinal);
  Napi::Object answer = Napi::Object::New(info.Env());
  answer.Set("ordinal", Napi::Number::New(info.Env(), ordinal));
  answer.Set("name", Napi::String::New(info.Env(), name));
  answer.Set("totalBytes", Napi::Number::New(info.Env(), static_cast<double>(total)));
  for (const auto& [key, attribute] : kDeviceAttributes) {
    int value = 0;
    CALL(cuDeviceGetAttribute, (&value, attribute, device), key, ordinal);
    answer.Set(key, Napi::Number::New(info.Env(), value));
  }
  return answer;
}

}  // namespace tilescript
