// The quantized linear layer, the obvious way: one thread per output element.
#pragma once

#include "linear_epilogue.cuh"
#include "packed_weights.h"

namespace viditq {

// Signed bytes in rows.
struct ByteWeights {
  static __device__ __forceinline__ int code(const uint8_t* codes, int channel, int k, int inner) {
    return static_cast<int8_t>(codes[code_row(channel, inner) + k]);
  }
};

// Unsigned nibbles in the order of the tensor cores.
struct NibbleWeights {
  static __device__ __forceinline__ int code(const uint8_t* codes, int channel, int k, int inner) {
    const NibblePlace place = nibble_place(channel, k, inner);
    return place.high ? codes[place.byte] >> 4 : codes[place.byte] & 0x0f;
  }
};

// The contract of viditq_cuda_linear. Launch with a block in x for each row and, over all blocks in
// y, at least as many threads as channels.
template <typename T, typename Weights>
__global__ void linear_naive(LinearOperands<T> in, bool x_symmetric) {
  const int row = static_cast<int>(blockIdx.x);
  const int channel = static_cast<int>(blockIdx.y * blockDim.x + threadIdx.x);
  if (channel >= in.channels) return;
  const int set = chosen_set(in.weights.active_set, in.weights.sets);
  const uint8_t* weights = in.weights.codes + set * in.set_bytes;

  int32_t sum = 0;
  for (int k = 0; k < in.inner; k++) {
    const uint8_t byte = in.x_codes[code_row(row, in.inner) + k];
    const int x = x_symmetric ? static_cast<int8_t>(byte) : byte;
    sum += x * Weights::code(weights, channel, k, in.inner);
  }
  const float value =
      linear_value(sum, row_terms(in, row), channel_terms(in, set, channel), in.gelu);
  store_linear(in, row, channel, value);
}

}  // namespace viditq
