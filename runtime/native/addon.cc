// The add-on's exports; addon.ts beside this file types them.
#include "context.h"
#include "dealt.h"
#include "graph.h"
#include "growable.h"
#include "launch.h"
#include "memory.h"
#include "module.h"
#include "stream.h"
#include "tensormap.h"
#include "uploader.h"
#include "wrap.h"

namespace tilescript {
namespace {

// openDriver(path): { reason, detail, version }, with reason "" when the driver is usable.
Napi::Value OpenDriverCall(const Napi::CallbackInfo& info) {
  Opened opened = OpenDriver(Text(info[0], "path"));
  Napi::Object answer = Napi::Object::New(info.Env());
  answer.Set("reason", Napi::String::New(info.Env(), opened.reason));
  answer.Set("detail", Napi::String::New(info.Env(), opened.detail));
  answer.Set("version", Napi::Number::New(info.Env(), opened.version));
  return answer;
}

// setErrorFactory((code, name, text, call) => Error)
Napi::Value SetErrorFactory(const Napi::CallbackInfo& info) {
  if (!info[0].IsFunction()) throw Napi::TypeError::New(info.Env(), "argument make must be a function");
  Data(info.Env()).makeError = Napi::Persistent(info[0].As<Napi::Function>());
  return info.Env().Undefined();
}

template <Napi::Value (*function)(const Napi::CallbackInfo&)>
napi_value Export(napi_env env, napi_callback_info raw) {
  return Shield(env, [&]() -> napi_value { return function(Napi::CallbackInfo(env, raw)); });
}

template <Napi::Value (*function)(const Napi::CallbackInfo&)>
void ExportFunction(Napi::Env env, Napi::Object exports, const char* name) {
  napi_value made;
  NAPI_THROW_IF_FAILED_VOID(env, napi_create_function(env, name, NAPI_AUTO_LENGTH, Export<function>, nullptr, &made));
  exports.Set(name, Napi::Value(env, made));
}

Napi::Object Init(Napi::Env env, Napi::Object exports) {
  env.SetInstanceData(new AddonData);
  ExportFunction<OpenDriverCall>(env, exports, "openDriver");
  ExportFunction<SetErrorFactory>(env, exports, "setErrorFactory");
  ExportFunction<CountDevices>(env, exports, "countDevices");
  ExportFunction<DescribeDevice>(env, exports, "describeDevice");
  ExportFunction<DescribeLink>(env, exports, "describeLink");
  ExportFunction<EncodeTensorMap>(env, exports, "encodeTensorMap");
  for (auto define : {Context::Define, Memory::Define, GrowableMemory::Define, DealtMemory::Define, PinnedMemory::Define, Stream::Define,
                      Event::Define, Module::Define, Function::Define, PreparedLaunch::Define, LaunchList::Define,
                      Graph::Define, GraphExec::Define, Uploader::Define, Transfer::Define})
    define(env, exports);
  return exports;
}

NODE_API_MODULE(tilescript, Init)

}  // namespace
}  // namespace tilescript
