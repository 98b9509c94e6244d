// GELU and token quantization, one warp per row; the GELU of a value is computed once and kept in
// shared memory.
#pragma once

#include "gelu.cuh"
#include "quantize.cuh"

namespace viditq {

// The contract of viditq_cuda_gelu_quantize. Launch as viditq::quantize.
template <typename T, int kWidth>
__global__ void gelu_quantize(viditq_cuda_quantizer in, viditq_cuda_tokens out) {
  quantize_row<T, kWidth>(
      in, [](float x) { return gelu_tanh(x); }, out);
}

}  // namespace viditq
