#pragma once

#include "owned.h"
#include "wrap.h"

namespace tilescript {

// Everything cuLaunchKernelEx wants, ready: function, configuration and one packed block of arguments, which JavaScript
// writes into through an ArrayBuffer. Launching it again costs one driver call.
class PreparedLaunch {
 public:
  explicit PreparedLaunch(const Napi::CallbackInfo& info);
  static void Define(Napi::Env env, Napi::Object exports);

  // Throws Failure naming kernel, grid and block. Must not throw anything else: it is called between raw N-API calls.
  void Run();

 private:
  void Attribute(int id, unsigned x, unsigned y = 0, unsigned z = 0);
  Napi::Value Params(const Napi::CallbackInfo& info);
  void SetGrid(const Napi::CallbackInfo& info);
  void SetStream(const Napi::CallbackInfo& info);
  void Destroy(const Napi::CallbackInfo& info);

  std::shared_ptr<FunctionHandle> function_;
  std::shared_ptr<StreamHandle> stream_;
  std::shared_ptr<uint8_t> block_;
  size_t bytes_ = 0;
  std::vector<void*> params_;
  CUlaunchConfig config_{};
  CUlaunchAttribute attributes_[4]{};
};

// Prepared launches in order, as one call from JavaScript.
class LaunchList {
 public:
  explicit LaunchList(const Napi::CallbackInfo& info);
  static void Define(Napi::Env env, Napi::Object exports);
  void Run();

 private:
  std::vector<PreparedLaunch*> launches_;
  std::vector<Napi::ObjectReference> kept_;
};

}  // namespace tilescript
