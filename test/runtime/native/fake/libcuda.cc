// A stand-in for libcuda.so.1: device memory is host memory, streams run at once, every call is written down and any can
// be made to fail. It is a Node add-on too, so that a test steers it from JavaScript; the launcher opens the same file.
// -DOLD_DRIVER leaves out cuLaunchKernelEx, as drivers before CUDA 11.8 do.
#include "control.h"
#include "devices.h"
#include "kernels.h"
#include "memory.h"
#include "pages.h"
#include "streams.h"

// Every function is declared as the launcher declares it.
#define SAME(name, parameters) static_assert(std::is_same_v<decltype(&::name), decltype(Driver::name)>, #name);
#ifndef OLD_DRIVER
REQUIRED_SYMBOLS(SAME)
#endif
OPTIONAL_SYMBOLS(SAME)
