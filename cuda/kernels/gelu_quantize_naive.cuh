// GELU and token quantization, the obvious way: one thread per row.
#pragma once

#include "gelu.cuh"
#include "quantize_naive.cuh"

namespace viditq {

// The contract of viditq_cuda_gelu_quantize. Launch with at least as many threads as rows.
template <typename T>
__global__ void gelu_quantize_naive(viditq_cuda_quantizer in, viditq_cuda_tokens out) {
  const int row = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
  if (row >= in.rows) return;
  const T* x = static_cast<const T*>(in.x) + static_cast<int64_t>(row) * in.columns;
  const float* balance = active_balance(in);
  const auto value = [&](int c) {
    const float y = gelu_tanh(to_float(x[c]));
    return balance == nullptr ? y : __fdiv_rn(y, balance[c]);
  };
  quantize_row_naive(format_of(in), row, in.columns, value, out);
}

}  // namespace viditq
