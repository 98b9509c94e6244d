// Weights as they are stored, turned to float32.
#pragma once

#include <cstdint>
#include <cstring>

#include "viditq_operators.h"

namespace viditq {

// Bytes of one value of a VIDITQ_FLOAT* type; 0 for other numbers.
inline int64_t stored_bytes(int type) {
  switch (type) {
    case VIDITQ_FLOAT32:
      return 4;
    case VIDITQ_FLOAT16:
    case VIDITQ_BFLOAT16:
      return 2;
    default:
      return 0;
  }
}

inline float from_bits(uint32_t bits) {
  float value;
  std::memcpy(&value, &bits, sizeof(value));
  return value;
}

// IEEE 754 binary16; exact, subnormal numbers included.
inline float from_float16(uint16_t half) {
  const uint32_t sign = static_cast<uint32_t>(half & 0x8000) << 16;
  const uint32_t magnitude = static_cast<uint32_t>(half & 0x7fff) << 13;
  // The exponent's bias differs by 112; the product also normalizes subnormal numbers.
  const bool finite = (half & 0x7c00) != 0x7c00;
  const float value = finite ? from_bits(magnitude) * 0x1p112f : from_bits(magnitude | 0x7f800000);
  uint32_t bits;
  std::memcpy(&bits, &value, sizeof(bits));
  return from_bits(bits | sign);
}

// `from` may lie anywhere; a file aligns nothing.
inline void to_float32(const void* from, int type, int64_t count, float* to) {
  const char* bytes = static_cast<const char*>(from);
  if (type == VIDITQ_FLOAT32) {
    std::memcpy(to, bytes, static_cast<size_t>(count) * sizeof(float));
    return;
  }
  for (int64_t i = 0; i < count; i++) {
    uint16_t stored;
    std::memcpy(&stored, bytes + 2 * i, sizeof(stored));
    to[i] = type == VIDITQ_FLOAT16 ? from_float16(stored)
                                   : from_bits(static_cast<uint32_t>(stored) << 16);
  }
}

// The inverse, for values that the 16-bit type holds exactly.
inline uint16_t to_float16_exactly(float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, sizeof(bits));
  const uint16_t sign = static_cast<uint16_t>(bits >> 16 & 0x8000);
  const uint32_t magnitude = bits & 0x7fffffff;
  if (magnitude >= 0x7f800000) {
    return sign | 0x7c00 | static_cast<uint16_t>(magnitude >> 13 & 0x3ff);
  }
  const float moved = from_bits(magnitude) * 0x1p-112f;
  std::memcpy(&bits, &moved, sizeof(bits));
  return sign | static_cast<uint16_t>(bits >> 13);
}

inline void to_stored(const float* from, int type, int64_t count, char* to) {
  for (int64_t i = 0; i < count; i++) {
    uint32_t bits;
    std::memcpy(&bits, from + i, sizeof(bits));
    const uint16_t stored =
        type == VIDITQ_FLOAT16 ? to_float16_exactly(from[i]) : static_cast<uint16_t>(bits >> 16);
    std::memcpy(to + 2 * i, &stored, sizeof(stored));
  }
}

}  // namespace viditq
