// Token quantization, the obvious way: one thread per row.
#pragma once

#include "token_row.cuh"

namespace viditq {

// Quantizes row `row` of values value(column).
template <typename Value>
__device__ void quantize_row_naive(IntegerFormat format, int row, int columns, Value value,
                                   viditq_cuda_tokens out) {
  float lo = 0.0f;
  float hi = 0.0f;
  bool finite = true;
  for (int c = 0; c < columns; c++) {
    const float v = value(c);
    lo = fminf(lo, v);
    hi = fmaxf(hi, v);
    finite = finite && isfinite(v);
  }
  const Grid grid = grid_of(format, lo, hi);
  if (!finite || !isfinite(grid.scale)) {
    if (out.not_finite != nullptr) *out.not_finite = 1;
    return;
  }

  int32_t sum = 0;
  for (int c = 0; c < columns; c++) {
    const int code = code_of(format, grid, value(c));
    out.codes[code_row(row, columns) + c] = static_cast<uint8_t>(code);
    sum += code;
  }
  out.scale[row] = grid.scale;
  out.zero_point[row] = grid.zero_point;
  out.row_sum[row] = sum;
}

// The contract of viditq_cuda_quantize. Launch with at least as many threads as rows.
template <typename T>
__global__ void quantize_naive(viditq_cuda_quantizer in, viditq_cuda_tokens out) {
  const int row = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
  if (row >= in.rows) return;
  const T* x = static_cast<const T*>(in.x) + static_cast<int64_t>(row) * in.columns;
  const float* balance = active_balance(in);
  const auto value = [&](int c) {
    return balance == nullptr ? to_float(x[c]) : __fdiv_rn(to_float(x[c]), balance[c]);
  };
  quantize_row_naive(format_of(in), row, in.columns, value, out);
}

}  // namespace viditq
