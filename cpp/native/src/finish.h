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

// A block of sums of products of packed codes, [rows, channels], and what makes the layer's output of
// it: out = finish(scale * weight_scale * exact) with
//   exact = sum (a - za)(w - zw) = sum a w - za sum w - zw (sum a - inner za).
// All pointers are to the block's first row or channel.
struct SumBlock {
  const int32_t* sums;
  int64_t sums_step;  // from row to row, in values
  int64_t rows;
  int64_t channels;
  int64_t inner;

  // One per row; zero points and sums are those of the codes before the packed ones gained
  // code_offset.
  const float* scale;
  const int32_t* zero_point;
  const int32_t* code_sum;
  int32_t code_offset;

  // One per channel, of packed codes.
  const float* weight_scale;
  const int32_t* weight_zero_point;
  const int32_t* weight_code_sum;

  const float* bias;
  int activation;
  const float* gate;  // row m's at m / rows_per_gate, counted from the first row of the layer
  int64_t rows_per_gate;
  int64_t first_row;  // of the layer
  const float* residual;
  float* out;
  int64_t out_step;  // of gate, residual and out, in values

  int32_t packed_zero_point(int64_t row) const { return zero_point[row] + code_offset; }
  int32_t packed_code_sum(int64_t row) const {
    return code_sum[row] + code_offset * static_cast<int32_t>(inner);
  }

  RowFinish finish(int64_t row) const {
    return {bias, activation,
            gate == nullptr ? nullptr : gate + (first_row + row) / rows_per_gate * out_step,
            residual == nullptr ? nullptr : residual + row * out_step};
  }
};

}  // namespace viditq
