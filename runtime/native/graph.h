#pragma once

#include "owned.h"
#include "wrap.h"

namespace tilescript {

// Captured work, not yet runnable.
class Graph {
 public:
  explicit Graph(const Napi::CallbackInfo& info);
  explicit Graph(std::shared_ptr<GraphHandle> handle) : handle_(std::move(handle)) {}
  static void Define(Napi::Env env, Napi::Object exports);

 private:
  Napi::Value Nodes(const Napi::CallbackInfo& info);
  Napi::Value Instantiate(const Napi::CallbackInfo& info);
  void Destroy(const Napi::CallbackInfo&) { handle_.reset(); }

  std::shared_ptr<GraphHandle> handle_;
};

// A graph that can be launched again and again.
class GraphExec {
 public:
  explicit GraphExec(const Napi::CallbackInfo& info);
  explicit GraphExec(std::shared_ptr<GraphExecHandle> handle) : handle_(std::move(handle)) {}
  static void Define(Napi::Env env, Napi::Object exports);

 private:
  void Upload(const Napi::CallbackInfo& info);
  void Launch(const Napi::CallbackInfo& info);
  void Destroy(const Napi::CallbackInfo&) { handle_.reset(); }

  std::shared_ptr<GraphExecHandle> handle_;
};

}  // namespace tilescript
