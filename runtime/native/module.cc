#include "module.h"

#include "context.h"
#include "later.h"

namespace tilescript {
namespace {

// `image` is copied by the caller into a string, whose terminating zero PTX needs.
std::shared_ptr<ModuleHandle> LoadImage(const ContextHandle& context, const std::string& image) {
  constexpr int errorLog = 5, errorLogBytes = 6;
  char log[8192] = {};
  int options[] = {errorLog, errorLogBytes};
  void* values[] = {log, reinterpret_cast<void*>(sizeof log - 1)};
  CUmodule raw = nullptr;
  try {
    CALL(cuModuleLoadDataEx, (&raw, image.data(), 2, options, values), std::to_string(image.size()) + " bytes");
  } catch (Failure& failure) {
    if (log[0]) failure.text += ": " + std::string(log);
    throw;
  }
  return std::make_shared<ModuleHandle>(context, raw);
}

std::string Image(Napi::Value value) {
  Bytes image = View(value, "image");
  return {reinterpret_cast<char*>(image.data), image.size};
}

// Numbers of CUfunction_attribute.
constexpr struct {
  const char* name;
  int attribute;
} kFunctionAttributes[] = {
    {"maxThreads", 0}, {"sharedBytes", 1}, {"constBytes", 2}, {"localBytes", 3}, {"registers", 4},
    {"ptxVersion", 5}, {"binaryVersion", 6},
};
constexpr int kMaxDynamicSharedBytes = 8;
constexpr int kNonPortableClusterSize = 14;

std::optional<std::vector<Parameter>> ParametersOf(CUfunction function, const std::string& name) {
  std::vector<Parameter> parameters;
  for (size_t index = 0;; ++index) {
    Parameter parameter{};
    CUresult status = driver().cuFuncGetParamInfo(function, index, &parameter.offset, &parameter.bytes);
    if (status == kInvalidValue) return parameters;  // past the last one
    if (status == kNotSupported) return std::nullopt;
    if (status) throw Failure(status, "cuFuncGetParamInfo", Describe(name, index));
    parameters.push_back(parameter);
  }
}

}  // namespace

Module::Module(const Napi::CallbackInfo& info) : handle_(LoadImage(Context::From(info), Image(info[1]))) {}

Napi::Value Module::Load(const Napi::CallbackInfo& info) {
  auto work = [context = Context::From(info), image = Image(info[1])] {
    context->Enter();
    return LoadImage(context, image);
  };
  return RunLater(info.Env(), std::move(work), [](Napi::Env env, std::shared_ptr<ModuleHandle> handle) {
    return Class<Module>::Make(env, std::make_unique<Module>(std::move(handle)));
  });
}

Napi::Value Module::Function(const Napi::CallbackInfo& info) {
  std::string name = Text(info[0], "name");
  auto module = Live(info.Env(), handle_, "Module");
  module->context->Enter();
  CUfunction raw = nullptr;
  CALL(cuModuleGetFunction, (&raw, module->raw, name.c_str()), name);
  auto handle = std::make_shared<FunctionHandle>(FunctionHandle{module, raw, name, ParametersOf(raw, name)});
  return Class<tilescript::Function>::Make(info.Env(), std::make_unique<tilescript::Function>(std::move(handle)));
}

void Module::Define(Napi::Env env, Napi::Object exports) {
  using Own = Class<Module>;
  Own::Define(env, exports, "Module",
              {Own::Static<&Module::Load>("load"), Own::Method<&Module::Function>("function"),
               Own::Method<&Module::Destroy>("destroy")});
}

Function::Function(const Napi::CallbackInfo& info) {
  throw Napi::TypeError::New(info.Env(), "a Function comes from Module.function(name)");
}

std::shared_ptr<FunctionHandle> Function::From(Napi::Value value) {
  return Live(value.Env(), Class<Function>::Unwrap(value, "function").handle_, "Function");
}

std::shared_ptr<FunctionHandle> Function::Enter(Napi::Env env) {
  auto function = Live(env, handle_, "Function");
  function->module->context->Enter();
  return function;
}

Napi::Value Function::Name(const Napi::CallbackInfo& info) {
  return Napi::String::New(info.Env(), Live(info.Env(), handle_, "Function")->name);
}

Napi::Value Function::Attributes(const Napi::CallbackInfo& info) {
  auto function = Enter(info.Env());
  Napi::Object answer = Napi::Object::New(info.Env());
  for (const auto& [key, attribute] : kFunctionAttributes) {
    int value = 0;
    CALL(cuFuncGetAttribute, (&value, attribute, function->raw), key, function->name);
    answer.Set(key, Napi::Number::New(info.Env(), value));
  }
  return answer;
}

Napi::Value Function::Parameters(const Napi::CallbackInfo& info) {
  const auto function = Live(info.Env(), handle_, "Function");
  const auto& parameters = function->parameters;
  if (!parameters) return info.Env().Null();
  Napi::Array answer = Napi::Array::New(info.Env());
  for (uint32_t index = 0; index < parameters->size(); ++index) {
    Napi::Object parameter = Napi::Object::New(info.Env());
    parameter.Set("offset", Napi::Number::New(info.Env(), static_cast<double>((*parameters)[index].offset)));
    parameter.Set("bytes", Napi::Number::New(info.Env(), static_cast<double>((*parameters)[index].bytes)));
    answer.Set(index, parameter);
  }
  return answer;
}

void Function::AllowSharedBytes(const Napi::CallbackInfo& info) {
  int bytes = CountAs<int>(info[0], "bytes");
  auto function = Enter(info.Env());
  CALL(cuFuncSetAttribute, (function->raw, kMaxDynamicSharedBytes, bytes), function->name, "shared memory", bytes);
}

void Function::AllowLargeClusters(const Napi::CallbackInfo& info) {
  auto function = Enter(info.Env());
  CALL(cuFuncSetAttribute, (function->raw, kNonPortableClusterSize, 1), function->name, "large clusters", 1);
}

int Function::MaxActiveBlocks(const Napi::CallbackInfo& info) {
  int blocks = 0, threads = CountAs<int>(info[0], "threads");
  size_t sharedBytes = Count(info[1], "sharedBytes");
  auto function = Enter(info.Env());
  CALL(cuOccupancyMaxActiveBlocksPerMultiprocessor, (&blocks, function->raw, threads, sharedBytes), function->name,
       threads, sharedBytes);
  return blocks;
}

void Function::Define(Napi::Env env, Napi::Object exports) {
  using Own = Class<Function>;
  Own::Define(env, exports, "Function",
              {Own::Getter<&Function::Name>("name"), Own::Method<&Function::Attributes>("attributes"),
               Own::Method<&Function::Parameters>("parameters"),
               Own::Method<&Function::AllowSharedBytes>("allowSharedBytes"),
               Own::Method<&Function::AllowLargeClusters>("allowLargeClusters"),
               Own::Method<&Function::MaxActiveBlocks>("maxActiveBlocks"),
               Own::Method<&Function::Destroy>("destroy")});
}

}  // namespace tilescript
