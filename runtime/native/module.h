#pragma once

#include "owned.h"
#include "wrap.h"

namespace tilescript {

// Code loaded onto a device, from the bytes of a cubin or of PTX.
class Module {
 public:
  explicit Module(const Napi::CallbackInfo& info);
  explicit Module(std::shared_ptr<ModuleHandle> handle) : handle_(std::move(handle)) {}
  static void Define(Napi::Env env, Napi::Object exports);

 private:
  static Napi::Value Load(const Napi::CallbackInfo& info);
  Napi::Value Function(const Napi::CallbackInfo& info);
  void Destroy(const Napi::CallbackInfo&) { handle_.reset(); }

  std::shared_ptr<ModuleHandle> handle_;
};

// One kernel of a module; it keeps the module loaded.
class Function {
 public:
  explicit Function(const Napi::CallbackInfo& info);
  explicit Function(std::shared_ptr<FunctionHandle> handle) : handle_(std::move(handle)) {}
  static void Define(Napi::Env env, Napi::Object exports);
  static std::shared_ptr<FunctionHandle> From(Napi::Value value);

 private:
  std::shared_ptr<FunctionHandle> Enter(Napi::Env env);
  Napi::Value Name(const Napi::CallbackInfo& info);
  Napi::Value Attributes(const Napi::CallbackInfo& info);
  Napi::Value Parameters(const Napi::CallbackInfo& info);
  void AllowSharedBytes(const Napi::CallbackInfo& info);
  void AllowLargeClusters(const Napi::CallbackInfo& info);
  int MaxActiveBlocks(const Napi::CallbackInfo& info);
  void Destroy(const Napi::CallbackInfo&) { handle_.reset(); }

  std::shared_ptr<FunctionHandle> handle_;
};

}  // namespace tilescript
