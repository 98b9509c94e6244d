// Factors of products in int32, as the quantized epilogue multiplies them: in two 16-bit halves
// each, so that one multiply-add of pairs computes a product, x y = x (y mod 128) + (128 x) (y div
// 128).
#pragma once

#include <cstdint>

namespace viditq {

inline int32_t in_halves(int32_t low, int32_t high) {
  return static_cast<int32_t>((static_cast<uint32_t>(low) & 0xffff) | static_cast<uint32_t>(high)
                                                                          << 16);
}

// x between -255 and 255; others wrap.
inline int32_t small_factor(int32_t x) {
  return in_halves(x, static_cast<int32_t>(static_cast<uint32_t>(x) * 128));
}

// y below 2^22 in magnitude.
constexpr int32_t kLargeFactor = 1 << 22;
inline int32_t large_factor(int32_t y) { return in_halves(y & 127, y >> 7); }

}  // namespace viditq
