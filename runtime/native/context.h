#pragma once

#include "owned.h"
#include "wrap.h"

namespace tilescript {

// A device's primary context: the one that every CUDA program in the process shares.
class Context {
 public:
  explicit Context(const Napi::CallbackInfo& info);
  static void Define(Napi::Env env, Napi::Object exports);

  // The context that a constructor was given as its first argument, entered.
  static ContextHandle From(const Napi::CallbackInfo& info);
  static ContextHandle From(Napi::Value value, const char* argument);

 private:
  Napi::Value Memory(const Napi::CallbackInfo& info);
  double PageBytes(const Napi::CallbackInfo& info);
  void Reach(const Napi::CallbackInfo& info);
  void Synchronize(const Napi::CallbackInfo& info);
  Napi::Value SynchronizeAsync(const Napi::CallbackInfo& info);
  void Abandon(const Napi::CallbackInfo& info) { Live(info.Env(), handle_, "Context")->abandoned = true; }
  void Destroy(const Napi::CallbackInfo&) { handle_.reset(); }

  ContextHandle handle_;
};

// What the driver tells of a device before any context exists.
Napi::Value DescribeDevice(const Napi::CallbackInfo& info);
Napi::Value DescribeLink(const Napi::CallbackInfo& info);
Napi::Value CountDevices(const Napi::CallbackInfo& info);

}  // namespace tilescript
