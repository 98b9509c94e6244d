// e^x.
#pragma once

#include "vector.h"

namespace viditq {
namespace {

// The least and greatest x whose e^x below is a normal number.
constexpr float kLeastPower = -87.0f;
constexpr float kGreatestPower = 88.0f;

// e^x for kLeastPower <= x <= kGreatestPower; NaN for NaN. Relative error below 2e-7:
// x = n ln 2 + r with |r| <= ln 2 / 2, n ln 2 subtracted in two parts (W. Cody and W. Waite,
// "Software Manual for the Elementary Functions", 1980), and e^r by a polynomial of degree 6, which
// is off by 3.1e-9 at most.
inline Vec normal_exponential(Vec x) {
  // Adding 1.5 * 2^23 rounds to the nearest integer and leaves it in the lowest bits.
  const Vec shifter = broadcast(12582912.0f);
  const Vec shifted = x * 1.44269504088896341f + shifter;
  const Vec n = shifted - shifter;
  const Vec r = (x - n * 0.693359375f) - n * -2.12194440e-4f;
  Vec p = broadcast(1.3814602e-3f);
  p = p * r + 8.36871521e-3f;
  p = p * r + 4.16683879e-2f;
  p = p * r + 1.66665206e-1f;
  p = p * r + 4.99999934e-1f;
  p = p * r + 1.0f;
  p = p * r + 1.0f;
  // 2^n by its exponent bits; unsigned numbers wrap.
  UnsignedVec bits;
  std::memcpy(&bits, &shifted, sizeof(bits));
  bits = (bits << 23) + 0x3f800000;
  Vec power;
  std::memcpy(&power, &bits, sizeof(power));
  return p * power;
}

// The same for all x; 0 below kLeastPower, e^88 above kGreatestPower.
inline Vec exponential(Vec x) {
  const Vec clamped = min(max(x, broadcast(kLeastPower)), broadcast(kGreatestPower));
  return x < broadcast(kLeastPower) ? Vec{} : normal_exponential(clamped);
}

}  // namespace
}  // namespace viditq
