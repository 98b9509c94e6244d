// Rotation and token quantization, the obvious way: one thread per row, and every value from all of
// its block, in the order of org.viditq.core.quant.Rotation.
#pragma once

#include "quantize_naive.cuh"
#include "rotation.cuh"

namespace viditq {

constexpr int kMostPairs = 15;      // 2^15 columns are the most
constexpr int kMostQuadruples = 7;  // 4^7 are 2^14

// Column `column` of a run of `length` values times Sylvester's matrix. The butterflies are a
// binary tree of sums: a value waits until its neighbour of the same height is there.
template <typename Value>
__device__ float sylvester_column(int length, int column, Value value) {
  float waiting[kMostPairs + 1];
  for (int i = 0; i < length; i++) {
    float sum = value(i);
    int height = 0;
    for (; (i >> height & 1) != 0; height++) {
      sum = (column >> height & 1) != 0 ? waiting[height] - sum : waiting[height] + sum;
    }
    waiting[height] = sum;
  }
  int height = 0;
  while (1 << height < length) height++;
  return waiting[height];
}

// The same with the regular matrix of order 4: three values wait for their fourth.
template <typename Value>
__device__ float regular_column(int length, int column, Value value) {
  float waiting[kMostQuadruples + 1][4];
  for (int i = 0; i < length; i++) {
    float sum = value(i);
    int height = 0;
    for (; (i >> 2 * height & 3) == 3; height++) {
      float quadruple[4] = {waiting[height][0], waiting[height][1], waiting[height][2], sum};
      rotate_quadruple(quadruple[0], quadruple[1], quadruple[2], quadruple[3]);
      sum = quadruple[column >> 2 * height & 3];
    }
    waiting[height][i >> 2 * height & 3] = sum;
  }
  int height = 0;
  while (1 << 2 * height < length) height++;
  return waiting[height][0];
}

// The contract of viditq_cuda_hadamard_quantize. Launch with at least as many threads as rows.
template <typename T>
__global__ void hadamard_quantize_naive(viditq_cuda_quantizer in, viditq_cuda_rotation rotation,
                                        viditq_cuda_tokens out) {
  const int row = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
  if (row >= in.rows) return;
  const T* x = static_cast<const T*>(in.x) + static_cast<int64_t>(row) * in.columns;
  const float* balance = active_balance(in);
  const int inner = rotation.block / rotation.base;
  const auto value = [&](int c) {
    const int block = c / rotation.block * rotation.block;
    // The place within run `run` of the block that c has in its own.
    const auto in_run = [&](int run) {
      const auto balanced = [&](int i) {
        const int column = block + run * inner + i;
        const float v = to_float(x[column]);
        return balance == nullptr ? v : __fdiv_rn(v, balance[column]);
      };
      return rotation.regular != 0 ? regular_column(inner, (c - block) % inner, balanced)
                                   : sylvester_column(inner, (c - block) % inner, balanced);
    };
    float sum = 0.0f;
    if (rotation.base == 1) {
      sum = in_run(0);
    } else {
      const int8_t* signs = rotation.matrix + (c - block) / inner * rotation.base;
      for (int run = 0; run < rotation.base; run++) {
        sum += signs[run] < 0 ? -in_run(run) : in_run(run);
      }
    }
    return sum * norm_of(rotation);
  };
  quantize_row_naive(format_of(in), row, in.columns, value, out);
}

}  // namespace viditq
