// The epilogue of linear layers as their entry points take it.
#pragma once

#include "entry/extents.h"
#include "gemm/epilogue.h"
#include "viditq_operators.h"

namespace viditq {

// For layers with so many output channels.
struct LinearEpilogue : viditq_epilogue {
  int64_t channels;

  int check(int64_t rows) const {
    if (activation < 0 || activation >= VIDITQ_ACTIVATION_COUNT) return VIDITQ_BAD_ARGUMENT;
    if (gate != nullptr && (rows_per_gate < 1 || rows % rows_per_gate != 0)) return VIDITQ_BAD_SIZE;
    return VIDITQ_OK;
  }

  Buffer bias_buffer(const float* present) const { return optional(bias, channels * 4, present); }
  Buffer gate_buffer(int64_t rows, const float* present) const {
    return gate == nullptr ? Buffer{present, 0} : Buffer{gate, rows / rows_per_gate * channels * 4};
  }
  Buffer residual_buffer(int64_t rows, const float* present) const {
    return optional(residual, rows * channels * 4, present);
  }

  // Whether out = y.
  bool nothing() const {
    return bias == nullptr && activation == VIDITQ_NO_ACTIVATION && gate == nullptr &&
           residual == nullptr;
  }

  // Of the row's channels from first_channel on.
  RowEpilogue of_row(int64_t row, int64_t first_channel) const {
    const auto from = [=](const float* values, int64_t values_row) {
      return values == nullptr ? nullptr : values + values_row * channels + first_channel;
    };
    return {from(bias, 0), activation, from(gate, gate == nullptr ? 0 : row / rows_per_gate),
            from(residual, row)};
  }
};

}  // namespace viditq
