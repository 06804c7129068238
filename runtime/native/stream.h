#pragma once

#include "owned.h"
#include "wrap.h"

namespace tilescript {

// A point in a stream.
class Event {
 public:
  explicit Event(const Napi::CallbackInfo& info);
  static void Define(Napi::Env env, Napi::Object exports);
  static std::shared_ptr<EventHandle> From(Napi::Value value);

 private:
  void Synchronize(const Napi::CallbackInfo& info);
  Napi::Value SynchronizeAsync(const Napi::CallbackInfo& info);
  bool Done(const Napi::CallbackInfo& info);
  double ElapsedSince(const Napi::CallbackInfo& info);
  void Destroy(const Napi::CallbackInfo&) { handle_.reset(); }

  std::shared_ptr<EventHandle> handle_;
};

// A queue of work on the GPU. It does not wait for the legacy default stream, nor that for it.
class Stream {
 public:
  explicit Stream(const Napi::CallbackInfo& info);
  ~Stream() { Abandon(); }
  static void Define(Napi::Env env, Napi::Object exports);
  static std::shared_ptr<StreamHandle> From(Napi::Value value);

 private:
  std::shared_ptr<StreamHandle> Enter(Napi::Env env);
  std::shared_ptr<StreamHandle> EnterToWait(Napi::Env env);
  void Write(const Napi::CallbackInfo& info);
  void EnqueueWrite(const Napi::CallbackInfo& info);
  void Read(const Napi::CallbackInfo& info);
  void EnqueueRead(const Napi::CallbackInfo& info);
  void Copy(const Napi::CallbackInfo& info);
  void Fill(const Napi::CallbackInfo& info);
  void Fill32(const Napi::CallbackInfo& info);
  Napi::Value Borrow(const Napi::CallbackInfo& info);
  void Record(const Napi::CallbackInfo& info);
  void Wait(const Napi::CallbackInfo& info);
  void Synchronize(const Napi::CallbackInfo& info);
  Napi::Value SynchronizeAsync(const Napi::CallbackInfo& info);
  bool Done(const Napi::CallbackInfo& info);
  void BeginCapture(const Napi::CallbackInfo& info);
  Napi::Value EndCapture(const Napi::CallbackInfo& info);
  void Destroy(const Napi::CallbackInfo&) { Abandon(); }
  void Abandon();

  std::shared_ptr<StreamHandle> handle_;
};

}  // namespace tilescript
