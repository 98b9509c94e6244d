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

  RowFinish of_row(int64_t row) const {
    return {bias, activation, gate == nullptr ? nullptr : gate + row / rows_per_gate * columns,
            residual == nullptr ? nullptr : residual + row * columns};
  }
};

}  // namespace viditq
