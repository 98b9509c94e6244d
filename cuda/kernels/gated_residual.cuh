// Gated residual: out = residual + gate * x, one vector of kWidth neighbouring columns per thread.
#pragma once

#include "platform.cuh"

namespace viditq {

// The contract of viditq_cuda_gated_residual. kWidth divides channels; launch with at least
// rows * channels / kWidth threads.
template <typename T, int kWidth>
__global__ void gated_residual(const T* x, const T* gate, int rows_per_gate, const T* residual,
                               int rows, int channels, T* out) {
  const int64_t first = (static_cast<int64_t>(blockIdx.x) * blockDim.x + threadIdx.x) * kWidth;
  if (first >= static_cast<int64_t>(rows) * channels) return;
  const int row = static_cast<int>(first / channels);
  const int64_t column = first - static_cast<int64_t>(row) * channels;
  const int64_t gate_row = static_cast<int64_t>(row / rows_per_gate) * channels;

  const Vector<T, kWidth> values = load_vector<kWidth>(x + first);
  const Vector<T, kWidth> gates = load_vector<kWidth>(gate + gate_row + column);
  const Vector<T, kWidth> residuals = load_vector<kWidth>(residual + first);
  Vector<T, kWidth> result;
#pragma unroll
  for (int i = 0; i < kWidth; i++) {
    result.elements[i] = from_float<T>(to_float(residuals.elements[i]) +
                                       to_float(gates.elements[i]) * to_float(values.elements[i]));
  }
  store_vector<kWidth>(out + first, result);
}

}  // namespace viditq
