#include "failure.h"

namespace tilescript {

Failure::Failure(CUresult code, const char* function, const std::string& arguments)
    : code(code), call(std::string(function) + "(" + arguments + ")") {
  const char* known = nullptr;
  driver().cuGetErrorName(code, &known);
  name = known ? known : "CUDA_ERROR_" + std::to_string(code);
  known = nullptr;
  driver().cuGetErrorString(code, &known);
  text = known ? known : "the driver has no text for this error";
}

}  // namespace tilescript
