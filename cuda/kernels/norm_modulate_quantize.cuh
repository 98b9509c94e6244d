// LayerNorm, modulation and token quantization, one warp per row: memory is read once, and only
// codes are written. Moments take two passes over the row in shared memory, in float32.
#pragma once

#include "norm_modulate_quantize_naive.cuh"
#include "token_row.cuh"

namespace viditq {

// The contract of viditq_cuda_norm_modulate_quantize. Launch as viditq::quantize.
template <typename T, int kWidth>
__global__ void norm_modulate_quantize(viditq_cuda_quantizer in, Modulation modulation,
                                       viditq_cuda_tokens out) {
  const int row = row_of_warp();
  if (row >= in.rows) return;
  const T* x = static_cast<const T*>(in.x) + static_cast<int64_t>(row) * in.columns;
  const TokenRow<kWidth> values(in.columns);

  float sum = 0.0f;
  values.for_each_vector([&](int column, float* slots) {
    const Vector<T, kWidth> loaded = load_vector<kWidth>(x + column);
#pragma unroll
    for (int i = 0; i < kWidth; i++) {
      slots[i * kLanes] = to_float(loaded.elements[i]);
      sum += slots[i * kLanes];
    }
  });
  const float mean = __fdiv_rn(sum_over_warp(sum), static_cast<float>(in.columns));

  float squares = 0.0f;
  values.for_each_vector([&](int, float* slots) {
#pragma unroll
    for (int i = 0; i < kWidth; i++) {
      const float difference = slots[i * kLanes] - mean;
      slots[i * kLanes] = difference;
      squares += difference * difference;
    }
  });
  const float variance = __fdiv_rn(sum_over_warp(squares), static_cast<float>(in.columns));
  const float factor = __fdiv_rn(1.0f, sqrtf(variance + modulation.epsilon));

  const int64_t sample = static_cast<int64_t>(row / modulation.rows_per_sample) * in.columns;
  const float* balance = active_balance(in);
  Range range;
  values.for_each_vector([&](int column, float* slots) {
    const auto shift = load_vector<kWidth>(modulation.shift + sample + column);
    const auto scale = load_vector<kWidth>(modulation.scale + sample + column);
#pragma unroll
    for (int i = 0; i < kWidth; i++) {
      const float n = slots[i * kLanes] * factor;
      float value = n * (1.0f + scale.elements[i]) + shift.elements[i];
      if (balance != nullptr) value = __fdiv_rn(value, balance[column + i]);
      slots[i * kLanes] = value;
      range.include(value);
    }
  });
  range.reduce_over_warp();
  values.quantize(format_of(in), range, row, out);
}

}  // namespace viditq
