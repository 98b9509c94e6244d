// Stored 16-bit floats as float32, as many at a time as a vector holds.
#pragma once

#include "simd/vector.h"
#include "viditq_operators.h"

namespace viditq {
namespace {

typedef uint16_t StoredVec __attribute__((vector_size(VIDITQ_VECTOR_BYTES / 2)));

// As from_float16: the multiplication makes subnormal numbers normal.
inline UnsignedVec widen_float16(UnsignedVec half) {
  const UnsignedVec magnitude = (half & 0x7fff) << 13;
  Vec value;
  std::memcpy(&value, &magnitude, sizeof(value));
  value = value * 0x1p112f;
  UnsignedVec bits;
  std::memcpy(&bits, &value, sizeof(bits));
  return ((half & 0x7c00) == 0x7c00 ? magnitude | 0x7f800000 : bits) | (half & 0x8000) << 16;
}

// `type` is VIDITQ_FLOAT16 or VIDITQ_BFLOAT16.
void widen(const void* from, int type, int64_t count, float* to) {
  const char* bytes = static_cast<const char*>(from);
  for_each_vector(count, [&](int64_t i, int64_t lanes) {
    StoredVec stored{};
    std::memcpy(&stored, bytes + 2 * i, static_cast<size_t>(lanes) * sizeof(uint16_t));
    const UnsignedVec words = __builtin_convertvector(stored, UnsignedVec);
    const UnsignedVec bits = type == VIDITQ_FLOAT16 ? widen_float16(words) : words << 16;
    std::memcpy(to + i, &bits, static_cast<size_t>(lanes) * sizeof(float));
  });
}

}  // namespace
}  // namespace viditq
