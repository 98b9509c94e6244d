// Token quantization, one warp per row: one coalesced pass over memory, which leaves the row in
// shared memory; the range by shuffles; then the codes.
#pragma once

#include "token_row.cuh"

namespace viditq {

// Quantizes the warp's row of values before_balance(x).
template <typename T, int kWidth, typename Function>
__device__ __forceinline__ void quantize_row(const viditq_cuda_quantizer& in,
                                             Function before_balance,
                                             const viditq_cuda_tokens& out) {
  const int row = row_of_warp();
  if (row >= in.rows) return;  // the whole warp: its lanes share the row
  const T* x = static_cast<const T*>(in.x) + static_cast<int64_t>(row) * in.columns;
  const float* balance = active_balance(in);
  const TokenRow<kWidth> values(in.columns);

  Range range;
  values.for_each_vector([&](int column, float* slots) {
    const Vector<T, kWidth> loaded = load_vector<kWidth>(x + column);
#pragma unroll
    for (int i = 0; i < kWidth; i++) {
      float value = before_balance(to_float(loaded.elements[i]));
      if (balance != nullptr) value = __fdiv_rn(value, balance[column + i]);
      slots[i * kLanes] = value;
      range.include(value);
    }
  });
  range.reduce_over_warp();
  values.quantize(format_of(in), range, row, out);
}

// The contract of viditq_cuda_quantize. Launch with whole warps, at least as many as rows, and
// TokenRow<kWidth>::floats(columns) floats of shared memory per warp; kWidth divides columns.
template <typename T, int kWidth>
__global__ void quantize(viditq_cuda_quantizer in, viditq_cuda_tokens out) {
  quantize_row<T, kWidth>(
      in, [](float x) { return x; }, out);
}

}  // namespace viditq
