// Dynamic token quantization, the obvious way: one thread per row.
#pragma once

#include "affine_grid.cuh"

namespace viditq {

// codes, scale, zero_point and row_sum of each row of x [rows, columns], as viditq_quantize_tokens in
// cpp/native/include/viditq.h defines them. *not_finite becomes 1 if a row holds NaN or infinity or
// has a range beyond float32; that row's results are undefined. Launch with at least `rows` threads.
template <typename T>
__global__ void quantize_tokens_naive(const T* __restrict__ x, int rows, int columns,
                                      IntegerFormat format, uint8_t* __restrict__ codes,
                                      float* __restrict__ scale, int32_t* __restrict__ zero_point,
                                      int32_t* __restrict__ row_sum,
                                      int32_t* __restrict__ not_finite) {
  const int row = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
  if (row >= rows) return;
  const int64_t first = static_cast<int64_t>(row) * columns;

  float lo = 0.0f;
  float hi = 0.0f;
  bool finite = true;
  for (int c = 0; c < columns; c++) {
    const float value = to_float(x[first + c]);
    lo = fminf(lo, value);
    hi = fmaxf(hi, value);
    finite = finite && isfinite(value);
  }
  const Grid grid = grid_of(format, lo, hi);
  if (!finite || !isfinite(grid.scale)) {
    *not_finite = 1;
    return;
  }

  int32_t sum = 0;
  for (int c = 0; c < columns; c++) {
    const int code = code_of(format, grid, to_float(x[first + c]));
    codes[first + c] = static_cast<uint8_t>(code);
    sum += code;
  }
  scale[row] = grid.scale;
  zero_point[row] = grid.zero_point;
  row_sum[row] = sum;
}

}  // namespace viditq
