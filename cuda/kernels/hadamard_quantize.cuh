// Hadamard rotation and token quantization, one warp per row: the fast Walsh-Hadamard transform
// over 128 columns at a time, four per lane; butterflies of distance 1 and 2 within a lane, of 4 to
// 64 between lanes by shuffles.
#pragma once

#include "token_row.cuh"

namespace viditq {

constexpr int kHadamardWidth = 4;
constexpr int kMaxHadamardBlock = kHadamardWidth * kLanes;

// The contract of viditq_cuda_hadamard_quantize. Launch as viditq::quantize with a width of 4.
template <typename T>
__global__ void hadamard_quantize(viditq_cuda_quantizer in, int block, viditq_cuda_tokens out) {
  const int row = row_of_warp();
  if (row >= in.rows) return;
  const int lane = static_cast<int>(threadIdx.x) % kLanes;
  const T* x = static_cast<const T*>(in.x) + static_cast<int64_t>(row) * in.columns;
  const float* balance = active_balance(in);
  const TokenRow<kHadamardWidth> values(in.columns);
  const float norm = __fdiv_rn(1.0f, sqrtf(static_cast<float>(block)));

  Range range;
  float* slots = values.slots();
  // All lanes stay for the shuffles; those beyond the row carry zeros, which form blocks of their
  // own since a block divides the row.
  for (int first = 0; first < in.columns; first += kMaxHadamardBlock) {
    const int column = first + lane * kHadamardWidth;
    float v[kHadamardWidth] = {};
    if (column < in.columns) {
      const Vector<T, kHadamardWidth> loaded = load_vector<kHadamardWidth>(x + column);
#pragma unroll
      for (int i = 0; i < kHadamardWidth; i++) {
        v[i] = to_float(loaded.elements[i]);
        if (balance != nullptr) v[i] = __fdiv_rn(v[i], balance[column + i]);
      }
    }

    const float sums[kHadamardWidth] = {v[0] + v[1], v[0] - v[1], v[2] + v[3], v[2] - v[3]};
    v[0] = sums[0] + sums[2];
    v[1] = sums[1] + sums[3];
    v[2] = sums[0] - sums[2];
    v[3] = sums[1] - sums[3];
    for (int distance = 1; distance * kHadamardWidth < block; distance *= 2) {
      const bool upper = (lane & distance) != 0;
#pragma unroll
      for (int i = 0; i < kHadamardWidth; i++) {
        const float other = __shfl_xor_sync(kAllLanes, v[i], distance);
        v[i] = upper ? other - v[i] : v[i] + other;
      }
    }

    if (column < in.columns) {
#pragma unroll
      for (int i = 0; i < kHadamardWidth; i++) {
        slots[i * kLanes] = v[i] * norm;
        range.include(v[i] * norm);
      }
    }
    slots += kLanes * kHadamardWidth;
  }
  range.reduce_over_warp();
  values.quantize(format_of(in), range, row, out);
}

}  // namespace viditq
