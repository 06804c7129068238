#pragma once

#include "wrap.h"

namespace tilescript {

// encodeTensorMap({ type, address, dims, strides, box, swizzle, promotion, fill }): the 128 bytes of a CUtensorMap as a
// new Uint8Array. Everything is innermost first, strides in bytes without the innermost, as the driver wants it.
Napi::Value EncodeTensorMap(const Napi::CallbackInfo& info);

}  // namespace tilescript
