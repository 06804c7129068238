#include "wrap.h"

#include <cmath>

namespace tilescript {

Napi::Error ToError(Napi::Env env, const Failure& failure) {
  Napi::FunctionReference& make = Data(env).makeError;
  if (make.IsEmpty()) return Napi::Error::New(env, failure.call + ": " + failure.name + ": " + failure.text);
  return Napi::Error(env, make.Call({Napi::Number::New(env, failure.code), Napi::String::New(env, failure.name),
                                     Napi::String::New(env, failure.text), Napi::String::New(env, failure.call)}));
}

uint64_t Count(Napi::Value value, const char* argument) {
  double number = value.IsNumber() ? value.As<Napi::Number>().DoubleValue() : -1;
  if (!(number >= 0 && number <= 9007199254740992.0 && std::floor(number) == number))
    throw Napi::TypeError::New(value.Env(), std::string("argument ") + argument + " must be a whole number, 0 or more");
  return static_cast<uint64_t>(number);
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
