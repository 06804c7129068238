// A driver call that did not succeed, and the one macro through which every driver call goes.
#pragma once

#include <exception>
#include <sstream>
#include <string>

#include "driver.h"

namespace tilescript {

class Failure : public std::exception {
 public:
  Failure(CUresult code, const char* function, const std::string& arguments);
  const char* what() const noexcept override { return text.c_str(); }

  CUresult code;
  std::string name;  // "CUDA_ERROR_OUT_OF_MEMORY"
  std::string text;  // the driver's own sentence
  std::string call;  // "cuMemAlloc_v2(1048576)"
};

// The arguments worth showing to a person, joined by commas. Only runs once a call has failed.
template <class... Arguments>
std::string Describe(const Arguments&... arguments) {
  std::ostringstream out;
  const char* separator = "";
  ((out << separator << arguments, separator = ", "), ...);
  return out.str();
}

}  // namespace tilescript

// CALL(cuMemAlloc_v2, (&address, bytes), bytes): calls the driver; throws Failure naming the call and what follows.
#define CALL(function, arguments, ...)                                                                   \
  do {                                                                                                   \
    if (::tilescript::CUresult status = ::tilescript::driver().function arguments)                       \
      throw ::tilescript::Failure(status, #function, ::tilescript::Describe(__VA_ARGS__));               \
  } while (0)
