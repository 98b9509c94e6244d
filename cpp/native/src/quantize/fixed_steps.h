// Steps of a row on its own grid, as fixed-point numbers from 0: the integer in the upper 16 bits
// of 32, the fraction below. One product and one sum scale, add the zero point and round; the
// fractions tell where they may have rounded otherwise than a division.
#pragma once

#include <cstdint>

namespace viditq {
namespace {

struct FixedSteps {
  // Of a tie: the product is off by 2^-24 of 2^8 integers, and it, its sum and the quotient that it
  // stands for are each rounded by half of 2^-16.
  static constexpr int32_t kMargin = 4;

  // Of a fraction, whose middle `half` moves from 0 to kMargin: none is set within the margin.
  static constexpr int32_t kBeyondMargin = 0xffff & ~(2 * kMargin - 1);

  // steps = round(x * factor + half).
  float factor;
  float half;
  // Added to the integer that a division gives.
  int32_t offset;

  FixedSteps(float scale, float lowest)
      : factor(1.0f / scale * 65536.0f),
        half((0.5f - lowest) * 65536.0f + kMargin),
        offset(static_cast<int32_t>(-lowest)) {}
};

}  // namespace
}  // namespace viditq
