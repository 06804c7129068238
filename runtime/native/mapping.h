#pragma once

#include <memory>
#include <string>

#include "wrap.h"

namespace tilescript {

// A file's bytes in memory, paged in when touched.
class Mapping {
 public:
  explicit Mapping(const std::string& path);  // throws std::system_error
  ~Mapping();
  Mapping(const Mapping&) = delete;

  static std::shared_ptr<Mapping> Open(const std::string& path);
  // The mapping that an address lies in, or null: for work on another thread, which close() must not pull it from under.
  static std::shared_ptr<Mapping> At(const uint8_t* address);

  uint8_t* data = nullptr;
  size_t size = 0;
};

// Views of a MappedFile hold the mapping; close() detaches them, so none can outlive it.
class MappedFile {
 public:
  explicit MappedFile(const Napi::CallbackInfo& info);
  static void Define(Napi::Env env, Napi::Object exports);
  static std::shared_ptr<Mapping> Range(Napi::Value value, uint64_t offset, uint64_t bytes);

 private:
  double ByteLength(const Napi::CallbackInfo& info);
  Napi::Value View(const Napi::CallbackInfo& info);
  void Close(const Napi::CallbackInfo& info);

  std::shared_ptr<Mapping> mapping_;
  std::vector<Napi::Reference<Napi::ArrayBuffer>> views_;
};

}  // namespace tilescript
