#include "wrap.h"

#include <cmath>

namespace tilescript {

Napi::Error ToError(Napi::Env env, const Failure& failure) {
  Napi::FunctionReference& make = Data(env).makeError;
  if (make.IsEmpty()) return Napi::Error::New(env, failure.call + ": " + failure.name + ": " + failure.text);
  return Napi::Error(env, make.Call({Napi::Number::New(env, failure.code), Napi::String::New(env, failure.name),
                                     Napi::String::New(env, failure.text), Napi::String::New(env, failure.call)}));
}

Napi::Error Handled(Napi::Env env) {
  try {
    try {
      throw;
    } catch (const Failure& failure) {
      return ToError(env, failure);
    } catch (const Napi::Error&) {
      throw;
    } catch (const std::exception& error) {
      return Napi::Error::New(env, error.what());
    }
  } catch (const Napi::Error& error) {
    return error;
  }
}

void Rethrow(Napi::Env env) noexcept {
  try {
    Handled(env).ThrowAsJavaScriptException();
  } catch (...) {
  }
}

uint64_t Count(Napi::Value value, const char* argument, uint64_t most) {
  double number = value.IsNumber() ? value.As<Napi::Number>().DoubleValue() : -1;
  const std::string must = std::string("argument ") + argument + " must be a whole number, 0 or more";
  if (!(number >= 0 && std::floor(number) == number)) throw Napi::TypeError::New(value.Env(), must);
  if (number > static_cast<double>(most))
    throw Napi::RangeError::New(value.Env(), must + ", and at most " + std::to_string(most));
  return static_cast<uint64_t>(number);
}

int Integer(Napi::Value value, const char* argument) {
  double number = value.IsNumber() ? value.As<Napi::Number>().DoubleValue() : std::nan("");
  if (number >= INT32_MIN && number <= INT32_MAX && std::floor(number) == number) return static_cast<int>(number);
  throw Napi::TypeError::New(value.Env(), std::string("argument ") + argument + " must be a whole number of 32 bits");
}

std::string Text(Napi::Value value, const char* argument) {
  if (!value.IsString()) throw Napi::TypeError::New(value.Env(), std::string("argument ") + argument + " must be a string");
  std::string text = value.As<Napi::String>();
  if (text.find('\0') == std::string::npos) return text;
  throw Napi::TypeError::New(value.Env(), std::string("argument ") + argument + " must not have NUL characters in it");
}

Bytes View(Napi::Value value, const char* argument) {
  if (!value.IsTypedArray() || value.As<Napi::TypedArray>().TypedArrayType() != napi_uint8_array)
    throw Napi::TypeError::New(value.Env(), std::string("argument ") + argument + " must be a Uint8Array");
  auto array = value.As<Napi::Uint8Array>();
  return {array.Data(), array.ByteLength()};
}

void CheckRange(Napi::Env env, uint64_t offset, uint64_t bytes, uint64_t size, const char* what) {
  if (offset <= size && bytes <= size - offset) return;
  throw Napi::RangeError::New(env, std::to_string(bytes) + " bytes at " + std::to_string(offset) + " lie outside the " +
                                       std::to_string(size) + " bytes of the " + what);
}

}  // namespace tilescript
