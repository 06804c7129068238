// Work for a thread of libuv's pool, as a promise: for driver calls that can take long, so that the event loop goes on.
#pragma once

#include <optional>

#include "wrap.h"

namespace tilescript {

// `work` runs on the pool and must not touch JavaScript; `finish(env, result)` makes the promise's value from what it
// answers. `kept` are JavaScript objects whose memory the work uses.
template <class Work, class Finish>
class Later : public Napi::AsyncWorker {
 public:
  static Napi::Promise Start(Napi::Env env, Work work, Finish finish, std::initializer_list<Napi::Value> kept = {}) {
    auto* later = new Later(env, std::move(work), std::move(finish));
    for (Napi::Value value : kept)
      if (value.IsObject()) later->kept_.push_back(Napi::Persistent(value.As<Napi::Object>()));
    Napi::Promise promise = later->deferred_.Promise();
    later->Queue();
    return promise;
  }

 private:
  Later(Napi::Env env, Work work, Finish finish)
      : AsyncWorker(env), work_(std::move(work)), finish_(std::move(finish)), deferred_(env) {}

  void Execute() override {
    try {
      result_ = work_();
    } catch (const Failure& failure) {
      failure_ = failure;
    }
  }

  void OnOK() override {
    Settle([&] {
      if (failure_) return deferred_.Reject(ToError(Env(), *failure_).Value());
      try {
        deferred_.Resolve(finish_(Env(), std::move(*result_)));
      } catch (const Napi::Error& error) {
        deferred_.Reject(error.Value());
      }
    });
  }

  void OnError(const Napi::Error& error) override {
    Settle([&] { deferred_.Reject(error.Value()); });
  }

  // A promise cannot be settled in a worker thread that was terminated meanwhile, and nobody waits for it there.
  template <class Body>
  void Settle(Body body) {
    try {
      body();
    } catch (const Napi::Error&) {
    }
  }

  Work work_;
  Finish finish_;
  Napi::Promise::Deferred deferred_;
  std::vector<Napi::ObjectReference> kept_;
  std::optional<std::invoke_result_t<Work>> result_;
  std::optional<Failure> failure_;
};

template <class Work, class Finish>
Napi::Value RunLater(Napi::Env env, Work work, Finish finish, std::initializer_list<Napi::Value> kept = {}) {
  return Later<Work, Finish>::Start(env, std::move(work), std::move(finish), kept);
}

// For work that answers nothing.
template <class Work>
Napi::Value RunLater(Napi::Env env, Work work, std::initializer_list<Napi::Value> kept = {}) {
  auto answering = [work = std::move(work)] { return work(), true; };
  return RunLater(env, std::move(answering), [](Napi::Env env, bool) { return env.Undefined(); }, kept);
}

}  // namespace tilescript
