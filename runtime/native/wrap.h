// C++ objects as JavaScript classes. A class is a plain C++ type with a constructor that reads its arguments; Define
// turns it into a JavaScript one. Argument mistakes throw TypeError or RangeError, driver failures the CudaError that
// the loader supplied.
#pragma once

#include <algorithm>
#include <limits>
#include <memory>
#include <string>
#include <type_traits>
#include <unordered_map>
#include <vector>

#define NAPI_VERSION 8
// While a worker thread is being terminated nothing can be thrown into it: then an exception is dropped, and does not end the process.
#define NODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS
#include <napi.h>

#include "failure.h"

namespace tilescript {

struct AddonData {
  Napi::FunctionReference makeError;
  std::unordered_map<const void*, Napi::FunctionReference> classes;
  // What Make hands to a constructor, so that nothing else can pose as it.
  const void* handed = nullptr;
};

inline AddonData& Data(Napi::Env env) { return *env.GetInstanceData<AddonData>(); }

Napi::Error ToError(Napi::Env env, const Failure& failure);

// The C++ exception that is being handled, as a JavaScript one. Making it calls JavaScript, which may throw another: that one then.
Napi::Error Handled(Napi::Env env);

// Makes the exception that is being handled a pending JavaScript one, or drops it where a thread is being terminated.
void Rethrow(Napi::Env env) noexcept;

// Runs the body of a callback, from which no C++ exception may escape.
template <class Body>
napi_value Shield(napi_env env, Body body) noexcept {
  try {
    return body();
  } catch (...) {
    Rethrow(env);
    return nullptr;
  }
}

template <class Result>
Napi::Value ToValue(Napi::Env env, Result result) {
  if constexpr (std::is_convertible_v<Result, Napi::Value>) return result;
  else return Napi::Value::From(env, result);
}

template <class T>
struct Class {
  // Its address tells the classes apart.
  static inline const char key = 0;
  static inline const napi_type_tag tag{0x74696c65736372ull, reinterpret_cast<uint64_t>(&key)};

  template <auto method>
  static napi_property_descriptor Method(const char* name) {
    return {name, nullptr, Invoke<method>, nullptr, nullptr, nullptr, napi_default_method, nullptr};
  }
  template <auto getter>
  static napi_property_descriptor Getter(const char* name) {
    return {name, nullptr, nullptr, Invoke<getter>, nullptr, nullptr, napi_enumerable, nullptr};
  }
  template <Napi::Value (*function)(const Napi::CallbackInfo&)>
  static napi_property_descriptor Static(const char* name) {
    return {name, nullptr, InvokeStatic<function>, nullptr, nullptr, nullptr, napi_static, nullptr};
  }

  static void Define(Napi::Env env, Napi::Object exports, const char* name,
                     const std::vector<napi_property_descriptor>& members) {
    napi_value constructor;
    napi_status status =
        napi_define_class(env, name, NAPI_AUTO_LENGTH, Construct, nullptr, members.size(), members.data(), &constructor);
    NAPI_THROW_IF_FAILED_VOID(env, status);
    Napi::Function made(env, constructor);
    Data(env).classes[&key] = Napi::Persistent(made);
    exports.Set(name, made);
  }

  // A JavaScript object around an object that C++ made.
  static Napi::Object Make(Napi::Env env, std::unique_ptr<T> object) {
    Data(env).handed = &object;
    return Data(env).classes.at(&key).New({Napi::External<std::unique_ptr<T>>::New(env, &object)});
  }

  // The object behind a value, or null where it is not of this class.
  static T* Peek(Napi::Value value) {
    bool same = false;
    void* object = nullptr;
    bool ours = value.IsObject() && napi_check_object_type_tag(value.Env(), value, &tag, &same) == napi_ok && same &&
                napi_unwrap(value.Env(), value, &object) == napi_ok;
    return ours ? static_cast<T*>(object) : nullptr;
  }

  static T& Unwrap(Napi::Value value, const char* argument) {
    if (T* object = Peek(value)) return *object;
    throw Napi::TypeError::New(value.Env(), std::string("argument ") + argument + " has the wrong type");
  }

 private:
  static napi_value Construct(napi_env env, napi_callback_info raw) {
    return Shield(env, [&]() -> napi_value {
      Napi::CallbackInfo info(env, raw);
      if (!info.IsConstructCall()) throw Napi::TypeError::New(env, "this is a class: call it with new");
      std::unique_ptr<T> object = IsHanded(info) ? std::move(*info[0].As<Napi::External<std::unique_ptr<T>>>().Data())
                                                 : std::make_unique<T>(info);
      napi_value self = info.This();
      NAPI_THROW_IF_FAILED(env, napi_type_tag_object(env, self, &tag), nullptr);
      auto finalize = [](napi_env, void* data, void*) { delete static_cast<T*>(data); };
      NAPI_THROW_IF_FAILED(env, napi_wrap(env, self, object.get(), finalize, nullptr, nullptr), nullptr);
      object.release();
      return self;
    });
  }

  static bool IsHanded(const Napi::CallbackInfo& info) {
    const void*& handed = Data(info.Env()).handed;
    if (!handed || !info[0].IsExternal() || info[0].As<Napi::External<void>>().Data() != handed) return false;
    handed = nullptr;
    return true;
  }

  // V8 checks the receiver of a class's method before the call, but not that of a getter.
  template <auto method>
  static napi_value Invoke(napi_env env, napi_callback_info raw) {
    return Shield(env, [&]() -> napi_value {
      Napi::CallbackInfo info(env, raw);
      T* object = Peek(info.This());
      if (!object) throw Napi::TypeError::New(env, "Illegal invocation");
      T& self = *object;
      if constexpr (std::is_void_v<decltype((self.*method)(info))>) return (self.*method)(info), nullptr;
      else return ToValue(env, (self.*method)(info));
    });
  }

  template <Napi::Value (*function)(const Napi::CallbackInfo&)>
  static napi_value InvokeStatic(napi_env env, napi_callback_info raw) {
    return Shield(env, [&]() -> napi_value { return function(Napi::CallbackInfo(env, raw)); });
  }
};

// The handle behind an object, unless destroy() has been called. A share of it, which lasts whatever JavaScript does meanwhile.
// Methods convert all their arguments before they call it: a conversion can run JavaScript that destroys the object.
template <class Handle>
std::shared_ptr<Handle> Live(Napi::Env env, const std::shared_ptr<Handle>& handle, const char* what) {
  if (!handle) throw Napi::Error::New(env, std::string("this ") + what + " has been destroyed");
  return handle;
}

// A whole number from 0 to 2^53, or from 0 to `most`.
constexpr uint64_t kMostExact = uint64_t{1} << 53;
uint64_t Count(Napi::Value value, const char* argument, uint64_t most = kMostExact);

// The same as a narrower type, which it must fit.
template <class Number>
Number CountAs(Napi::Value value, const char* argument) {
  return static_cast<Number>(Count(value, argument, std::min<uint64_t>(std::numeric_limits<Number>::max(), kMostExact)));
}

// A whole number of 32 bits, of either sign.
int Integer(Napi::Value value, const char* argument);

// A string without NUL characters, which the system and the driver would take for its end.
std::string Text(Napi::Value value, const char* argument);

struct Bytes {
  uint8_t* data;
  size_t size;
};

// The memory of a Uint8Array.
Bytes View(Napi::Value value, const char* argument);

// External memory as an ArrayBuffer that keeps `owner` alive. Throws RangeError beyond 4 GiB, the most that Node 20 takes:
// asking for more ends the process there.
template <class Owner>
Napi::ArrayBuffer Expose(Napi::Env env, void* data, size_t bytes, const std::shared_ptr<Owner>& owner) {
  if (bytes > size_t{4} << 30)
    throw Napi::RangeError::New(env, std::to_string(bytes) + " bytes are more than one ArrayBuffer holds (4 GiB)");
  if (bytes == 0) return Napi::ArrayBuffer::New(env, 0);
  auto release = [](Napi::Env, void*, std::shared_ptr<Owner>* keeper) { delete keeper; };
  auto keeper = std::make_unique<std::shared_ptr<Owner>>(owner);
  Napi::ArrayBuffer buffer = Napi::ArrayBuffer::New(env, data, bytes, release, keeper.get());
  keeper.release();
  return buffer;
}

// Throws RangeError unless `bytes` from `offset` lie within `size`.
void CheckRange(Napi::Env env, uint64_t offset, uint64_t bytes, uint64_t size, const char* what);

}  // namespace tilescript
