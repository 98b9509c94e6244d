// The 16-bit floating-point types of CUDA's headers, as bit patterns, converted in software.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstring>

// IEEE 754 binary16.
struct __half {
  uint16_t bits;
};

// The upper half of a binary32.
struct __nv_bfloat16 {
  uint16_t bits;
};

inline float __half2float(__half h) {
  const int exponent = (h.bits >> 10) & 0x1f;
  const int fraction = h.bits & 0x3ff;
  float magnitude;
  if (exponent == 0x1f) {
    magnitude = fraction == 0 ? INFINITY : NAN;
  } else if (exponent == 0) {
    magnitude = std::ldexp(static_cast<float>(fraction), -24);
  } else {
    magnitude = std::ldexp(static_cast<float>(fraction | 0x400), exponent - 25);
  }
  return h.bits & 0x8000 ? -magnitude : magnitude;
}

// Round to nearest, ties to even; beyond 65504 to infinity.
inline __half __float2half_rn(float x) {
  const uint16_t sign = std::signbit(x) ? 0x8000 : 0;
  if (std::isnan(x)) return {static_cast<uint16_t>(sign | 0x7e00)};
  const float magnitude = std::fabs(x);
  if (magnitude >= 65520.0f) return {static_cast<uint16_t>(sign | 0x7c00)};
  if (magnitude < 6.103515625e-05f) {  // denormal: a multiple of 2^-24
    return {static_cast<uint16_t>(sign | static_cast<int>(std::rint(std::ldexp(magnitude, 24))))};
  }
  int exponent;
  const float fraction = std::frexp(magnitude, &exponent);  // in [0.5, 1)
  // A fraction that rounds up to 2048 carries into the exponent, as it should.
  const int digits = static_cast<int>(std::rint(std::ldexp(fraction, 11)));
  return {static_cast<uint16_t>(sign | (((exponent + 13) << 10) + digits))};
}

inline float __bfloat162float(__nv_bfloat16 b) {
  const uint32_t bits = static_cast<uint32_t>(b.bits) << 16;
  float x;
  std::memcpy(&x, &bits, sizeof x);
  return x;
}

// Round to nearest, ties to even.
inline __nv_bfloat16 __float2bfloat16_rn(float x) {
  uint32_t bits;
  std::memcpy(&bits, &x, sizeof bits);
  if (std::isnan(x)) return {static_cast<uint16_t>(bits >> 16 | 0x40)};
  bits += 0x7fff + (bits >> 16 & 1);
  return {static_cast<uint16_t>(bits >> 16)};
}
