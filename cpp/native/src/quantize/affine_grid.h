// Grids of one row, in the float32 arithmetic of org.viditq.core.quant.MinMaxGrid and AffineGrid.
#pragma once

#include <cmath>
#include <cstdint>

#include "quantize/integer_format.h"
#include "quantize/rows.h"

namespace viditq {

constexpr float kMinScale = 1e-6f;

struct Grid {
  float scale;
  int32_t zero_point;

  // The grid of values from lo to hi, both clipped through zero; false if hi - lo is beyond
  // float32.
  static bool of(const IntegerFormat& format, float lo, float hi, Grid* grid) {
    const float width = format.symmetric ? std::fmax(-lo, hi) : hi - lo;
    if (!std::isfinite(width)) return false;
    const float scale = width / static_cast<float>(format.steps());
    grid->scale = scale < kMinScale ? kMinScale : scale;
    grid->zero_point = format.symmetric ? 0 : static_cast<int32_t>(std::lrintf(-lo / grid->scale));
    return true;
  }

  bool valid() const { return scale > 0.0f && std::isfinite(scale); }

  // Codes of one row; returns their sum. x must be finite; `next_row` as RowKernels has it.
  int32_t encode(const IntegerFormat& format, const RowKernels& kernels, const float* x,
                 int64_t count, const float* next_row, uint8_t* codes) const {
    if (scale < kMinScale || zero_point < format.min_code() || zero_point > format.max_code()) {
      return encode_on_any_grid(format, x, count, codes);
    }
    return kernels.encode(x, count, scale, lowest(format), highest(format), zero_point, next_row,
                          codes);
  }

  // The same where `of` made the grid for a range that holds all of x.
  int32_t encode_in_range(const IntegerFormat& format, const RowKernels& kernels, const float* x,
                          int64_t count, const float* next_row, uint8_t* codes) const {
    return kernels.encode_in_range(x, count, scale, lowest(format), highest(format), zero_point,
                                   next_row, codes);
  }

 private:
  // Clamping before adding the zero point gives the same code and cannot leave the int range.
  float lowest(const IntegerFormat& format) const {
    return static_cast<float>(format.min_code() - zero_point);
  }
  float highest(const IntegerFormat& format) const {
    return static_cast<float>(format.max_code() - zero_point);
  }

  // Any scale and zero point: the published small scale rule makes zero points far outside the
  // codes, whose clamped steps need a double.
  int32_t encode_on_any_grid(const IntegerFormat& format, const float* x, int64_t count,
                             uint8_t* codes) const {
    int32_t sum = 0;
    for (int64_t i = 0; i < count; i++) {
      const double code = static_cast<double>(std::nearbyintf(x[i] / scale)) + zero_point;
      const double clamped = std::fmax(format.min_code(), std::fmin(format.max_code(), code));
      codes[i] = static_cast<uint8_t>(static_cast<int32_t>(clamped));
      sum += static_cast<int32_t>(clamped);
    }
    return sum;
  }
};

}  // namespace viditq
