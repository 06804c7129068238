// Work for a thread of libuv's pool, as a promise: for driver calls that can take long, so that the event loop goes on.
#pragma once

#include <exception>
#include <memory>
#include <optional>

#include "wrap.h"

namespace tilescript {

// `work` runs on the pool and must not touch JavaScript, nor memory that JavaScript owns: a program may detach or resize that at any time.
// `finish(env, result)` makes the promise's value from what it answers.
template <class Work, class Finish>
class Later : public Napi::AsyncWorker {
 public:
  static Napi::Promise Start(Napi::Env env, Work work, Finish finish) {
    std::unique_ptr<Later> later(new Later(env, std::move(work), std::move(finish)));
    Napi::Promise promise = later->deferred_.Promise();
    later->Queue();
    later.release();  // it deletes itself when it is done
    return promise;
  }

 private:
  friend struct std::default_delete<Later>;

  Later(Napi::Env env, Work work, Finish finish)
      : AsyncWorker(env), work_(std::move(work)), finish_(std::move(finish)), deferred_(env) {}

  void Execute() override {
    try {
      result_ = work_();
    } catch (...) {
      failure_ = std::current_exception();
    }
  }

  // A promise cannot be settled in a worker thread that was terminated meanwhile, and nobody waits for it there.
  void OnOK() override {
    try {
      Settle();
    } catch (...) {
    }
  }

  void Settle() {
    try {
      if (failure_) std::rethrow_exception(failure_);
      deferred_.Resolve(finish_(Env(), std::move(*result_)));
    } catch (...) {
      deferred_.Reject(Handled(Env()).Value());
    }
  }

  Work work_;
  Finish finish_;
  Napi::Promise::Deferred deferred_;
  std::optional<std::invoke_result_t<Work>> result_;
  std::exception_ptr failure_;
};

template <class Work, class Finish>
Napi::Value RunLater(Napi::Env env, Work work, Finish finish) {
  return Later<Work, Finish>::Start(env, std::move(work), std::move(finish));
}

// For work that answers nothing.
template <class Work>
Napi::Value RunLater(Napi::Env env, Work work) {
  auto answering = [work = std::move(work)] { return work(), true; };
  return RunLater(env, std::move(answering), [](Napi::Env env, bool) { return env.Undefined(); });
}

}  // namespace tilescript
