#include "context.h"
#include "later.h"
#include "stream.h"

namespace tilescript {

Event::Event(const Napi::CallbackInfo& info) {
  ContextHandle context = Context::From(info);
  constexpr unsigned withoutTiming = 2;
  CUevent raw = nullptr;
  CALL(cuEventCreate, (&raw, info[1].ToBoolean() ? 0 : withoutTiming));
  handle_ = std::make_shared<EventHandle>(context, raw);
}

std::shared_ptr<EventHandle> Event::From(Napi::Value value) {
  return Live(value.Env(), Class<Event>::Unwrap(value, "event").handle_, "Event");
}

void Event::Synchronize(const Napi::CallbackInfo& info) {
  auto event = Live(info.Env(), handle_, "Event");
  event->context->Enter();
  CALL(cuEventSynchronize, (event->raw));
}

Napi::Value Event::SynchronizeAsync(const Napi::CallbackInfo& info) {
  return RunLater(info.Env(), [event = Live(info.Env(), handle_, "Event")] {
    event->context->Enter();
    CALL(cuEventSynchronize, (event->raw));
  });
}

bool Event::Done(const Napi::CallbackInfo& info) {
  auto event = Live(info.Env(), handle_, "Event");
  event->context->Enter();
  CUresult state = driver().cuEventQuery(event->raw);
  if (state != 0 && state != kNotReady) throw Failure(state, "cuEventQuery", "");
  return state == 0;
}

double Event::ElapsedSince(const Napi::CallbackInfo& info) {
  std::shared_ptr<EventHandle> start = From(info[0]);
  auto event = Live(info.Env(), handle_, "Event");
  event->context->Enter();
  float milliseconds = 0;
  CALL(cuEventElapsedTime, (&milliseconds, start->raw, event->raw));
  return milliseconds;
}

void Event::Define(Napi::Env env, Napi::Object exports) {
  using Own = Class<Event>;
  Own::Define(env, exports, "Event",
              {Own::Method<&Event::Synchronize>("synchronize"), Own::Method<&Event::SynchronizeAsync>("synchronizeAsync"),
               Own::Method<&Event::Done>("done"), Own::Method<&Event::ElapsedSince>("elapsedSince"),
               Own::Method<&Event::Destroy>("destroy")});
}

}  // namespace tilescript
