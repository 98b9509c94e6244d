// Grids of one row, in the float32 arithmetic of org.viditq.core.quant.MinMaxGrid and AffineGrid.
#pragma once

#include <cmath>
#include <cstdint>

#include "integer_format.h"

namespace viditq {

constexpr float kMinScale = 1e-6f;

// Smallest and largest value seen, both clipped through zero, and whether all were finite.
struct Range {
  float lo = 0.0f;
  float hi = 0.0f;
  bool finite = true;

  void include(const float* x, int64_t count) {
    float zero_if_finite = 0.0f;
    for (int64_t i = 0; i < count; i++) {
      lo = x[i] < lo ? x[i] : lo;
      hi = x[i] > hi ? x[i] : hi;
      zero_if_finite += x[i] * 0.0f;  // NaN for NaN and infinity
    }
    finite = finite && zero_if_finite == 0.0f;
  }
};

struct Grid {
  float scale;
  int32_t zero_point;

  // False if the range is not finite in float32.
  static bool of(const IntegerFormat& format, const Range& range, Grid* grid) {
    const float width =
        format.symmetric ? std::fmax(-range.lo, range.hi) : range.hi - range.lo;
    if (!range.finite || !std::isfinite(width)) return false;
    const float scale = width / static_cast<float>(format.steps());
    grid->scale = scale < kMinScale ? kMinScale : scale;
    grid->zero_point =
        format.symmetric ? 0 : static_cast<int32_t>(std::nearbyintf(-range.lo / grid->scale));
    return true;
  }

  bool valid() const { return scale > 0.0f && std::isfinite(scale); }

  // Codes of one row; returns their sum. x must be finite.
  int32_t encode(const IntegerFormat& format, const float* x, int64_t count, uint8_t* codes) const {
    // Float holds the clamped steps exactly while the zero point is a code. The published small
    // scale rule makes zero points far outside, which need a double.
    return zero_point >= format.min_code() && zero_point <= format.max_code()
               ? encode_steps<float>(format, x, count, codes)
               : encode_steps<double>(format, x, count, codes);
  }

 private:
  template <typename Steps>
  int32_t encode_steps(const IntegerFormat& format, const float* x, int64_t count,
                       uint8_t* codes) const {
    // Clamping before adding the zero point gives the same code and cannot leave the int range.
    const Steps lowest = static_cast<Steps>(format.min_code()) - static_cast<Steps>(zero_point);
    const Steps highest = static_cast<Steps>(format.max_code()) - static_cast<Steps>(zero_point);
    int32_t sum = 0;
    for (int64_t i = 0; i < count; i++) {
      Steps steps = std::nearbyintf(x[i] / scale);
      steps = steps < lowest ? lowest : steps;
      steps = steps > highest ? highest : steps;
      const int32_t code = static_cast<int32_t>(steps + static_cast<Steps>(zero_point));
      codes[i] = static_cast<uint8_t>(code);
      sum += code;
    }
    return sum;
  }
};

}  // namespace viditq
