// LayerNorm, modulation and token quantization, the obvious way: one thread per row, moments in
// float64.
#pragma once

#include "quantize_naive.cuh"

namespace viditq {

// What modulates the normalized values: see viditq_cuda_norm_modulate_quantize.
struct Modulation {
  const float* shift;
  const float* scale;
  int rows_per_sample;
  float epsilon;
};

// The contract of viditq_cuda_norm_modulate_quantize. Launch with at least as many threads as rows.
template <typename T>
__global__ void norm_modulate_quantize_naive(viditq_cuda_quantizer in, Modulation modulation,
                                             viditq_cuda_tokens out) {
  const int row = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
  if (row >= in.rows) return;
  const T* x = static_cast<const T*>(in.x) + static_cast<int64_t>(row) * in.columns;

  double mean = 0;
  for (int c = 0; c < in.columns; c++) mean += static_cast<double>(to_float(x[c]));
  mean /= in.columns;
  double variance = 0;
  for (int c = 0; c < in.columns; c++) {
    const double difference = static_cast<double>(to_float(x[c])) - mean;
    variance += difference * difference;
  }
  variance /= in.columns;
  const double factor = 1.0 / sqrt(variance + static_cast<double>(modulation.epsilon));

  const int64_t sample = static_cast<int64_t>(row / modulation.rows_per_sample) * in.columns;
  const float* balance = active_balance(in);
  const auto value = [&](int c) {
    const double n = (static_cast<double>(to_float(x[c])) - mean) * factor;
    const double y = n * (1.0 + static_cast<double>(modulation.scale[sample + c])) +
                     static_cast<double>(modulation.shift[sample + c]);
    return balance == nullptr ? static_cast<float>(y)
                              : __fdiv_rn(static_cast<float>(y), balance[c]);
  };
  quantize_row_naive(format_of(in), row, in.columns, value, out);
}

}  // namespace viditq
