#include "tensormap.h"

#include <cstring>

namespace tilescript {
namespace {

constexpr uint32_t kMaxRank = 5;

// Reads up to kMaxRank whole numbers and answers how many there were.
template <class Number>
uint32_t ReadNumbers(Napi::Object options, const char* key, Number out[kMaxRank]) {
  Napi::Value value = options.Get(key);
  // Read once: a getter in the array could make it longer.
  const uint32_t length = value.IsArray() ? value.As<Napi::Array>().Length() : kMaxRank + 1;
  if (length > kMaxRank)
    throw Napi::TypeError::New(options.Env(), std::string("argument ") + key + " must be an array of at most 5 numbers");
  auto array = value.As<Napi::Array>();
  for (uint32_t index = 0; index < length; ++index) out[index] = CountAs<Number>(array.Get(index), key);
  return length;
}

template <class Number>
std::string Join(const Number* numbers, uint32_t count) {
  std::string text;
  for (uint32_t index = 0; index < count; ++index) text += (index ? "," : "") + std::to_string(numbers[index]);
  return "[" + text + "]";
}

}  // namespace

Napi::Value EncodeTensorMap(const Napi::CallbackInfo& info) {
  if (!info[0].IsObject()) throw Napi::TypeError::New(info.Env(), "argument options must be an object");
  auto options = info[0].As<Napi::Object>();
  auto number = [&](const char* key) { return CountAs<int>(options.Get(key), key); };
  bool lossless = false;
  Napi::Value given = options.Get("address");
  uint64_t address = given.IsBigInt() ? given.As<Napi::BigInt>().Uint64Value(&lossless) : 0;
  if (!lossless) throw Napi::TypeError::New(info.Env(), "argument address must be a bigint from 0 to 2^64 - 1");
  uint64_t dims[kMaxRank], strides[kMaxRank];
  uint32_t box[kMaxRank];
  const uint32_t elementStrides[kMaxRank] = {1, 1, 1, 1, 1};
  uint32_t rank = ReadNumbers(options, "dims", dims);
  if (ReadNumbers(options, "box", box) != rank || ReadNumbers(options, "strides", strides) + 1 != rank)
    throw Napi::TypeError::New(info.Env(), "a tensor map of rank n needs n dims, n box sizes and n - 1 strides");
  constexpr int interleaveNone = 0;
  int type = number("type"), swizzle = number("swizzle"), promotion = number("promotion"), fill = number("fill");
  CUtensorMap map{};
  CALL(cuTensorMapEncodeTiled,
       (&map, type, rank, reinterpret_cast<void*>(address), dims, strides, box, elementStrides, interleaveNone, swizzle,
        promotion, fill),
       "type " + std::to_string(type), "address " + std::to_string(address), "dims " + Join(dims, rank),
       "strides " + Join(strides, rank - 1), "box " + Join(box, rank), "swizzle " + std::to_string(swizzle));
  auto bytes = Napi::Uint8Array::New(info.Env(), sizeof map);
  std::memcpy(bytes.Data(), &map, sizeof map);
  return bytes;
}

}  // namespace tilescript
