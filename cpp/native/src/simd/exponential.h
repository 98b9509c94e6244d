// e^x and 2^x.
#pragma once

#include "simd/vector.h"

namespace viditq {
namespace {

// The least and greatest x whose e^x below is a normal number.
constexpr float kLeastPower = -87.0f;
constexpr float kGreatestPower = 88.0f;

// 1.5 * 2^23: adding it rounds to the nearest integer and leaves that in the lowest bits.
constexpr float kShifter = 12582912.0f;

// 2^n of n + kShifter, by the bits of its exponent; unsigned numbers wrap.
inline Vec integer_power(Vec shifted) {
  UnsignedVec bits;
  std::memcpy(&bits, &shifted, sizeof(bits));
  bits = (bits << 23) + 0x3f800000;
  Vec power;
  std::memcpy(&power, &bits, sizeof(power));
  return power;
}

// e^x for kLeastPower <= x <= kGreatestPower; NaN for NaN. Relative error below 2e-7:
// x = n ln 2 + r with |r| <= ln 2 / 2, n ln 2 subtracted in two parts (W. Cody and W. Waite,
// "Software Manual for the Elementary Functions", 1980), and e^r by a polynomial of degree 6, which
// is off by 3.1e-9 at most.
inline Vec normal_exponential(Vec x) {
  const Vec shifter = broadcast(kShifter);
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
  return p * integer_power(shifted);
}

// The least and greatest x for which normal_power_of_two is below.
constexpr float kLeastBinaryPower = -126.0f;
constexpr float kGreatestBinaryPower = 127.0f;

// 2^x for kLeastBinaryPower <= x <= kGreatestBinaryPower; NaN for NaN. Relative error below 2.5e-7:
// 2^(x - n) by the polynomial of degree 5 that is off by 7.5e-8 at most (found by the exchange
// algorithm of E. Remez, 1934), but exact at 0.
inline Vec normal_power_of_two(Vec x) {
  const Vec shifter = broadcast(kShifter);
  const Vec shifted = x + shifter;
  const Vec r = x - (shifted - shifter);
  Vec p = broadcast(1.3276472e-3f);
  p = p * r + 9.67554133e-3f;
  p = p * r + 5.55071327e-2f;
  p = p * r + 2.40221197e-1f;
  p = p * r + 6.93146967e-1f;
  p = p * r + 1.0f;
  return p * integer_power(shifted);
}

// The same for all x; 0 below kLeastPower, e^88 above kGreatestPower.
inline Vec exponential(Vec x) {
  const Vec clamped = min(max(x, broadcast(kLeastPower)), broadcast(kGreatestPower));
  return x < broadcast(kLeastPower) ? Vec{} : normal_exponential(clamped);
}

}  // namespace
}  // namespace viditq
