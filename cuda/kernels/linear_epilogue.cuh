// What becomes of an int32 accumulator of a quantized linear layer; shared by all its kernels, so
// that they agree to the bit.
#pragma once

#include "gelu.cuh"

namespace viditq {

// Operands of one launch: the active weight set chosen, the extents beside it.
template <typename T>
struct LinearOperands {
  const uint8_t* x_codes;
  const float* x_scale;
  const int32_t* x_zero_point;
  const int32_t* x_row_sum;
  viditq_cuda_weights weights;
  int64_t set_bytes;  // of the weight codes
  const float* bias;
  bool gelu;
  const T* gate;
  int rows_per_gate;
  const T* residual;
  T* out;
  int rows;
  int channels;
  int inner;
};

// What the epilogue needs to know of a row of x.
struct RowTerms {
  float scale;
  int32_t zero_point;
  int32_t sum;
};

// What it needs to know of an output channel.
struct ChannelTerms {
  float scale;
  int32_t zero_point;
  int32_t centered_sum;
  float bias;
};

template <typename T>
__device__ __forceinline__ RowTerms row_terms(const LinearOperands<T>& in, int row) {
  return {in.x_scale[row], in.x_zero_point[row], in.x_row_sum[row]};
}

template <typename T>
__device__ __forceinline__ ChannelTerms channel_terms(const LinearOperands<T>& in, int set,
                                                      int channel) {
  const int64_t i = static_cast<int64_t>(set) * in.channels + channel;
  return {in.weights.scale[i], in.weights.zero_point[i], in.weights.centered_sum[i],
          in.bias == nullptr ? 0.0f : in.bias[channel]};
}

// act(scale_x scale_w sum_k (x - z_x)(w - z_w) + bias) from sum = sum_k x w, by
//   sum (x - z_x)(w - z_w) = sum x w - z_w sum x - z_x sum (w - z_w).
// The left side fits int32, so the right side may wrap on its way.
__device__ __forceinline__ float linear_value(int32_t sum, RowTerms row, ChannelTerms channel,
                                              bool gelu) {
  const uint32_t centered =
      static_cast<uint32_t>(sum) -
      static_cast<uint32_t>(channel.zero_point) * static_cast<uint32_t>(row.sum) -
      static_cast<uint32_t>(row.zero_point) * static_cast<uint32_t>(channel.centered_sum);
  const float product = static_cast<float>(static_cast<int32_t>(centered));
  const float y = product * (row.scale * channel.scale) + channel.bias;
  return gelu ? gelu_tanh(y) : y;
}

// Writes out[row, channel] = residual + gate * value.
template <typename T>
__device__ __forceinline__ void store_linear(const LinearOperands<T>& in, int row, int channel,
                                             float value) {
  const int64_t i = static_cast<int64_t>(row) * in.channels + channel;
  if (in.gate != nullptr) {
    const int64_t gate_row = row / in.rows_per_gate;
    value *= to_float(in.gate[gate_row * in.channels + channel]);
  }
  if (in.residual != nullptr) value += to_float(in.residual[i]);
  in.out[i] = from_float<T>(value);
}

// Finishes a warp's accumulators as the tensor cores leave them: fragments of 16 rows by 8
// channels, of which a lane holds rows lane / 4 and 8 more, channels 2 (lane % 4) and one more.
template <int kDown, int kAcross, typename T>
__device__ __forceinline__ void store_sums(const LinearOperands<T>& in, int set, int first_row,
                                           int first_channel,
                                           const int32_t (&sums)[kDown][kAcross][4]) {
  const int lane = static_cast<int>(threadIdx.x) % kLanes;
#pragma unroll
  for (int across = 0; across < kAcross; across++) {
#pragma unroll
    for (int side = 0; side < 2; side++) {
      const int channel = first_channel + across * 8 + lane % 4 * 2 + side;
      if (channel >= in.channels) continue;
      const ChannelTerms terms = channel_terms(in, set, channel);
#pragma unroll
      for (int down = 0; down < kDown; down++) {
#pragma unroll
        for (int half = 0; half < 2; half++) {
          const int row = first_row + down * 16 + lane / 4 + half * 8;
          if (row >= in.rows) continue;
          const int32_t sum = sums[down][across][half * 2 + side];
          store_linear(in, row, channel, linear_value(sum, row_terms(in, row), terms, in.gelu));
        }
      }
    }
  }
}

// The same where the product was transposed: kAcross fragments of 16 channels by 8 rows, of which a
// lane holds channels lane / 4 and 8 more, rows 2 (lane % 4) and one more.
template <int kAcross, typename T>
__device__ __forceinline__ void store_transposed_sums(const LinearOperands<T>& in, int set,
                                                      int first_row, int first_channel,
                                                      const int32_t (&sums)[kAcross][4]) {
  const int lane = static_cast<int>(threadIdx.x) % kLanes;
#pragma unroll
  for (int half = 0; half < 2; half++) {
    const int channel = first_channel + lane / 4 + half * 8;
    if (channel >= in.channels) continue;
    const ChannelTerms terms = channel_terms(in, set, channel);
#pragma unroll
    for (int across = 0; across < kAcross; across++) {
#pragma unroll
      for (int side = 0; side < 2; side++) {
        const int row = first_row + across * 8 + lane % 4 * 2 + side;
        if (row >= in.rows) continue;
        const int32_t sum = sums[across][half * 2 + side];
        store_linear(in, row, channel, linear_value(sum, row_terms(in, row), terms, in.gelu));
      }
    }
  }
}

}  // namespace viditq
