// Checks of what callers hand in, shared by every entry point of viditq.h.
#pragma once

#include <cstdint>

#include "viditq.h"

namespace viditq {

// A span of bytes that an entry point reads or writes.
struct Buffer {
  const void* data;
  int64_t bytes;
};

// No array is larger: what 64-bit processes have for addresses. Far below INT64_MAX, so that what
// entry points derive from the size of an array, its padding for example, fits int64, too.
constexpr int64_t kAddressSpace = INT64_C(1) << 48;

// rows * columns * element_bytes into *bytes; false if it exceeds the address space.
inline bool byte_count(int64_t rows, int64_t columns, int64_t element_bytes, int64_t* bytes) {
  int64_t elements;
  return !__builtin_mul_overflow(rows, columns, &elements) &&
         !__builtin_mul_overflow(elements, element_bytes, bytes) && *bytes <= kAddressSpace;
}

inline bool overlap(const Buffer& a, const Buffer& b) {
  const auto a_begin = reinterpret_cast<uintptr_t>(a.data);
  const auto b_begin = reinterpret_cast<uintptr_t>(b.data);
  return a_begin < b_begin + static_cast<uintptr_t>(b.bytes) &&
         b_begin < a_begin + static_cast<uintptr_t>(a.bytes);
}

// All buffers present, and no output shares memory with an input or another output.
template <int inputs, int outputs>
int check_buffers(const Buffer (&in)[inputs], const Buffer (&out)[outputs]) {
  for (const Buffer& buffer : in) {
    if (buffer.data == nullptr) return VIDITQ_NULL_POINTER;
  }
  for (int i = 0; i < outputs; i++) {
    if (out[i].data == nullptr) return VIDITQ_NULL_POINTER;
    for (const Buffer& buffer : in) {
      if (overlap(buffer, out[i])) return VIDITQ_OVERLAP;
    }
    for (int j = 0; j < i; j++) {
      if (overlap(out[j], out[i])) return VIDITQ_OVERLAP;
    }
  }
  return VIDITQ_OK;
}

}  // namespace viditq
