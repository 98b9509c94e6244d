// Hadamard rotation and token quantization, the obvious way: one thread per row, sums over a block.
#pragma once

#include "quantize_naive.cuh"

namespace viditq {

// The contract of viditq_cuda_hadamard_quantize. Launch with at least as many threads as rows.
template <typename T>
__global__ void hadamard_quantize_naive(viditq_cuda_quantizer in, int block,
                                        viditq_cuda_tokens out) {
  const int row = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
  if (row >= in.rows) return;
  const T* x = static_cast<const T*>(in.x) + static_cast<int64_t>(row) * in.columns;
  const float* balance = active_balance(in);
  const auto value = [&](int c) {
    const int first = c / block * block;
    double sum = 0;
    for (int i = 0; i < block; i++) {
      const float v = to_float(x[first + i]);
      const float balanced = balance == nullptr ? v : __fdiv_rn(v, balance[first + i]);
      int odd = 0;
      for (int common = i & (c - first); common != 0; common >>= 1) odd ^= common & 1;
      sum += odd ? -static_cast<double>(balanced) : static_cast<double>(balanced);
    }
    return static_cast<float>(sum / sqrt(static_cast<double>(block)));
  };
  quantize_row_naive(format_of(in), row, in.columns, value, out);
}

}  // namespace viditq
