// The add-on through which tests steer the fake.
#pragma once

#include <node_api.h>

#include "state.h"

namespace {

std::string Text(napi_env env, napi_value value) {
  size_t size = 0;
  napi_get_value_string_utf8(env, value, nullptr, 0, &size);
  std::string text(size + 1, 0);
  napi_get_value_string_utf8(env, value, text.data(), size + 1, &size);
  text.resize(size);
  return text;
}

int Int(napi_env env, napi_value value) {
  int number = 0;
  napi_get_value_int32(env, value, &number);
  return number;
}

napi_value List(napi_env env, const std::vector<std::string>& lines) {
  napi_value array;
  napi_create_array(env, &array);
  for (size_t index = 0; index < lines.size(); ++index) {
    napi_value line;
    napi_create_string_utf8(env, lines[index].c_str(), lines[index].size(), &line);
    napi_set_element(env, array, index, line);
  }
  return array;
}

using Control = napi_value (*)(napi_env, napi_value* arguments);

template <Control control>
napi_value Steer(napi_env env, napi_callback_info info) {
  LOCK;
  napi_value arguments[3];
  size_t count = 3;
  napi_get_cb_info(env, info, &count, arguments, nullptr, nullptr);
  return control(env, arguments);
}

napi_value Reset(napi_env, napi_value*) {
  calls.clear();
  launches.clear();
  counts.clear();
  failures.clear();
  settings.clear();
  recording = true;
  for (ContextTag& context : contexts) context.lost = 0;
  moduleLog.clear();
  return nullptr;
}
napi_value Fail(napi_env env, napi_value* arguments) {
  failures[Text(env, arguments[0])] = {Int(env, arguments[1]), Int(env, arguments[2])};
  return nullptr;
}
napi_value Set(napi_env env, napi_value* arguments) {
  settings[Text(env, arguments[0])] = Int(env, arguments[1]);
  return nullptr;
}
napi_value Record(napi_env env, napi_value* arguments) {
  recording = Int(env, arguments[0]);
  return nullptr;
}
napi_value FailModules(napi_env env, napi_value* arguments) {
  moduleLog = Text(env, arguments[0]);
  return nullptr;
}
napi_value Calls(napi_env env, napi_value*) { return List(env, calls); }
napi_value Launches(napi_env env, napi_value*) { return List(env, launches); }
napi_value Live(napi_env env, napi_value*) {
  size_t retained = 0;
  for (const ContextTag& context : contexts) retained += context.retained;
  const std::pair<const char*, size_t> kinds[] = {
      {"contexts", retained}, {"memory", memory.size()},   {"reservations", reservations.size()},
      {"pages", pages.size()},                     {"pinned", pinned.size()},   {"streams", streams.size()},
      {"events", events.size()},                   {"modules", modules.size()}, {"graphs", graphs.size()},
      {"execs", execs.size()}};
  std::vector<std::string> lines;
  for (auto& [kind, count] : kinds)
    if (count) lines.push_back(std::string(kind) + " " + std::to_string(count));
  return List(env, lines);
}

}  // namespace

extern "C" __attribute__((visibility("default"))) int32_t node_api_module_get_api_version_v1() { return 8; }

extern "C" __attribute__((visibility("default"))) napi_value napi_register_module_v1(napi_env env, napi_value exports) {
  const std::pair<const char*, napi_callback> controls[] = {
      {"reset", Steer<Reset>},   {"fail", Steer<Fail>},         {"set", Steer<Set>},  {"record", Steer<Record>}, {"failModules", Steer<FailModules>},
      {"calls", Steer<Calls>},   {"launches", Steer<Launches>}, {"live", Steer<::Live>}};
  for (auto& [name, callback] : controls) {
    napi_value function;
    napi_create_function(env, name, NAPI_AUTO_LENGTH, callback, nullptr, &function);
    napi_set_named_property(env, exports, name, function);
  }
  return exports;
}
