// Checks of extents, shared by the entry points of viditq_operators.h.
#pragma once

#include <initializer_list>

#include "entry/arguments.h"

namespace viditq {

// Bytes of a float32 array; VIDITQ_BAD_SIZE for an extent below 1, VIDITQ_OVERFLOW beyond the
// address space.
inline int float_bytes(std::initializer_list<int64_t> extents, int64_t* bytes) {
  *bytes = sizeof(float);
  for (const int64_t extent : extents) {
    if (extent < 1) return VIDITQ_BAD_SIZE;
    if (__builtin_mul_overflow(*bytes, extent, bytes) || *bytes > kAddressSpace) {
      return VIDITQ_OVERFLOW;
    }
  }
  return VIDITQ_OK;
}

// A buffer that may be missing; `present` is another input, which stands for it then.
inline Buffer optional(const float* data, int64_t bytes, const float* present) {
  return data == nullptr ? Buffer{present, 0} : Buffer{data, bytes};
}

}  // namespace viditq
