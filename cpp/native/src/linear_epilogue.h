// The epilogue of linear layers as their entry points take it.
#pragma once

#include "extents.h"
#include "finish.h"
#include "viditq_operators.h"

namespace viditq {

struct LinearEpilogue {
  const float* bias;
  int activation;
  const float* gate;
  int64_t rows_per_gate;
  const float* residual;
  int64_t columns;

  int check(int64_t rows) const {
    if (activation < 0 || activation >= VIDITQ_ACTIVATION_COUNT) return VIDITQ_BAD_ARGUMENT;
    if (gate != nullptr && (rows_per_gate < 1 || rows % rows_per_gate != 0)) return VIDITQ_BAD_SIZE;
    return VIDITQ_OK;
  }

  Buffer bias_buffer(const float* present) const { return optional(bias, columns * 4, present); }
  Buffer gate_buffer(int64_t rows, const float* present) const {
    return gate == nullptr ? Buffer{present, 0} : Buffer{gate, rows / rows_per_gate * columns * 4};
  }
  Buffer residual_buffer(int64_t rows, const float* present) const {
    return optional(residual, rows * columns * 4, present);
  }

  // Whether out = y.
  bool nothing() const {
    return bias == nullptr && activation == VIDITQ_NO_ACTIVATION && gate == nullptr &&
           residual == nullptr;
  }

  // Of the row's channels from first_column on.
  RowFinish of_row(int64_t row, int64_t first_column) const {
    const auto from = [=](const float* values, int64_t values_row) {
      return values == nullptr ? nullptr : values + values_row * columns + first_column;
    };
    return {from(bias, 0), activation, from(gate, gate == nullptr ? 0 : row / rows_per_gate),
            from(residual, row)};
  }
};

}  // namespace viditq
