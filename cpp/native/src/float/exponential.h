// e^x.
#pragma once

#include "vector.h"

namespace viditq {
namespace {

// e^x for -87 <= x <= 88, 0 below, e^88 above; NaN for NaN. Relative error below 2e-7:
// x = n ln 2 + r with |r| <= ln 2 / 2, and e^r by the polynomial of degree 7 of the Cephes library
// (S. Moshier, expf), n ln 2 subtracted in two parts.
inline Vec exponential(Vec power_of_e) {
  const Vec x = min(max(power_of_e, broadcast(-87.0f)), broadcast(88.0f));
  // Adding 1.5 * 2^23 rounds to the nearest integer.
  const Vec shifter = broadcast(12582912.0f);
  const Vec n = (x * 1.44269504088896341f + shifter) - shifter;
  const Vec r = (x - n * 0.693359375f) - n * -2.12194440e-4f;
  Vec p = broadcast(1.9875691500e-4f);
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  p = p * (r * r) + r + 1.0f;
  // 2^n by its exponent bits.
  const IntVec bits = (__builtin_convertvector(n, IntVec) + 127) << 23;
  Vec power;
  std::memcpy(&power, &bits, sizeof(power));
  return power_of_e < broadcast(-87.0f) ? Vec{} : p * power;
}

}  // namespace
}  // namespace viditq
