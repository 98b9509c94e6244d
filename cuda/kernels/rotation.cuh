// What a rotation is made of, in the order of operations of org.viditq.core.quant.Rotation.
#pragma once

#include "platform.cuh"

namespace viditq {

// 1 / sqrt(block), by which every value is multiplied last.
__device__ __forceinline__ float norm_of(const viditq_cuda_rotation& rotation) {
  return __fdiv_rn(1.0f, sqrtf(static_cast<float>(rotation.block)));
}

// The regular matrix of order 4.
__device__ __forceinline__ void rotate_quadruple(float& a, float& b, float& c, float& d) {
  const float sum = a + b;
  const float difference = a - b;
  const float sum_behind = c + d;
  const float difference_behind = c - d;
  a = sum + difference_behind;
  b = sum - difference_behind;
  c = difference + sum_behind;
  d = sum_behind - difference;
}

// ((1, 1), (1, -1)).
__device__ __forceinline__ void rotate_pair(float& a, float& b) {
  const float sum = a + b;
  b = a - b;
  a = sum;
}

}  // namespace viditq
