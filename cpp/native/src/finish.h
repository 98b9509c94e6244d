// What a linear layer does to its product before writing it.
#pragma once

#include <cstdint>

namespace viditq {

// Null bias is 0, null gate 1, null residual 0; each has one value per output channel.
struct RowFinish {
  const float* bias;
  int activation;  // VIDITQ_*
  const float* gate;
  const float* residual;
};

// Where a block of results goes.
struct BlockOutput {
  float* first;
  int64_t step;  // from row to row, in values
  bool stream;   // past the caches; rows are aligned to 64 bytes then
};

// Factors of a product that fits int32, in two 16-bit halves each, so that one multiply-add of
// pairs computes it: x y = x (y mod 128) + (128 x) (y div 128).
inline int32_t in_halves(int32_t low, int32_t high) {
  return static_cast<int32_t>((static_cast<uint32_t>(low) & 0xffff) |
                              static_cast<uint32_t>(high) << 16);
}

// Between -255 and 255; others wrap.
inline int32_t small_factor(int32_t x) {
  return in_halves(x, static_cast<int32_t>(static_cast<uint32_t>(x) * 128));
}

// The other one, below 2^22 in magnitude.
constexpr int32_t kLargeFactor = 1 << 22;
inline int32_t large_factor(int32_t y) { return in_halves(y & 127, y >> 7); }

// A block of sums of products of packed codes, [rows, channels], and what makes the layer's output
// of it: out = finish(scale * weight_scale * exact) with
//   exact = sum (a - za)(w - zw) = sum a w - za sum w - zw (sum a - inner za).
// All pointers are to the block's first row or channel.
struct SumBlock {
  const int32_t* sums;
  int64_t sums_step;  // from row to row, in values
  int64_t rows;
  int64_t channels;

  // One per row: scale, -za as a small factor, inner za - sum a as a large one.
  const float* scale;
  const int32_t* zero_point;
  const int32_t* code_sum;

  // One per channel: scale, sum w as a large factor, zw as a small one.
  const float* weight_scale;
  const int32_t* weight_code_sum;
  const int32_t* weight_zero_point;

  const float* bias;
  int activation;
  const float* gate;  // row m's is gate_offset[m] values further
  const int64_t* gate_offset;
  const float* residual;
  int64_t residual_step;  // from row to row, in values

  BlockOutput out;

  RowFinish finish(int64_t row) const {
    return {bias, activation,
            gate == nullptr ? nullptr : gate + gate_offset[row],
            residual == nullptr ? nullptr : residual + row * residual_step};
  }
};

}  // namespace viditq
