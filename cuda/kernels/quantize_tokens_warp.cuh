// Dynamic token quantization, one warp per row: coalesced loads, reductions by shuffles, no shared
// memory. The second pass over the row finds it in the L1 cache (a row of 4608 halves is 9 KiB).
#pragma once

#include "affine_grid.cuh"

namespace viditq {

// Same contract as quantize_tokens_naive. Launch with a whole number of warps per block and at least
// `rows` warps.
template <typename T>
__global__ void quantize_tokens_warp(const T* __restrict__ x, int rows, int columns,
                                     IntegerFormat format, uint8_t* __restrict__ codes,
                                     float* __restrict__ scale, int32_t* __restrict__ zero_point,
                                     int32_t* __restrict__ row_sum,
                                     int32_t* __restrict__ not_finite) {
  constexpr int kLanes = 32;
  const int row = static_cast<int>((blockIdx.x * blockDim.x + threadIdx.x) / kLanes);
  const int lane = static_cast<int>(threadIdx.x % kLanes);
  if (row >= rows) return;  // the whole warp: its lanes share the row
  const int64_t first = static_cast<int64_t>(row) * columns;

  float lo = 0.0f;
  float hi = 0.0f;
  float zero_if_finite = 0.0f;  // NaN once a value is NaN or infinite
  for (int c = lane; c < columns; c += kLanes) {
    const float value = to_float(x[first + c]);
    lo = fminf(lo, value);
    hi = fmaxf(hi, value);
    zero_if_finite += value * 0.0f;
  }
  for (int distance = kLanes / 2; distance > 0; distance /= 2) {
    lo = fminf(lo, __shfl_xor_sync(kAllLanes, lo, distance));
    hi = fmaxf(hi, __shfl_xor_sync(kAllLanes, hi, distance));
    zero_if_finite += __shfl_xor_sync(kAllLanes, zero_if_finite, distance);
  }
  const Grid grid = grid_of(format, lo, hi);
  if (zero_if_finite != 0.0f || !isfinite(grid.scale)) {
    if (lane == 0) *not_finite = 1;
    return;
  }

  int32_t sum = 0;
  for (int c = lane; c < columns; c += kLanes) {
    const int code = code_of(format, grid, to_float(x[first + c]));
    codes[first + c] = static_cast<uint8_t>(code);
    sum += code;
  }
  for (int distance = kLanes / 2; distance > 0; distance /= 2) {
    sum += __shfl_xor_sync(kAllLanes, sum, distance);
  }
  if (lane == 0) {
    scale[row] = grid.scale;
    zero_point[row] = grid.zero_point;
    row_sum[row] = sum;
  }
}

}  // namespace viditq
