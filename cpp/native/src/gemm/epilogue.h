// The epilogue of linear layers: what becomes of a product before it is written.
//
// The integer product leaves sums of packed codes, unsigned ones a of the row and signed ones w of
// the channel, whose zero points are za and zw. The quantized epilogue takes the zero points out,
//
//   exact = sum (a - za)(w - zw) = sum a w + (-za) (sum w) + zw (inner za - sum a),
//
// in int32: the corrections are two products of a row's and a channel's value each, which come as
// factors (factors.h), computed once per row and once per channel. Then, as for layers in full
// precision,
//
//   out = residual + gate * act(scale * weight_scale * exact + bias).
//
// This header is compiled for several instruction sets: it holds data, and functions of internal
// linkage only.
#pragma once

#include <cstdint>

namespace viditq {

// The operands of one row, one value per output channel each. Null bias is 0, null gate 1, null
// residual 0.
struct RowEpilogue {
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

// A block of sums of products of packed codes, [rows, channels], and all that the epilogue makes
// results of them with. All pointers are to the block's first row or channel.
struct SumBlock {
  const int32_t* sums;
  int64_t sums_step;  // from row to row, in values
  int64_t rows;
  int64_t channels;

  // One per row: its scale, -za as a small factor, inner za - sum a as a large one.
  const float* scale;
  const int32_t* zero_point_factor;
  const int32_t* row_sum_factor;

  // One per channel: its scale, sum w as a large factor, zw as a small one.
  const float* weight_scale;
  const int32_t* channel_sum_factor;
  const int32_t* weight_zero_point_factor;

  const float* bias;
  int activation;
  const float* gate;  // row m's is gate_offset[m] values further
  const int64_t* gate_offset;
  const float* residual;
  int64_t residual_step;  // from row to row, in values

  BlockOutput out;
};

namespace {

// The operands of one row of a block.
inline RowEpilogue row_epilogue(const SumBlock& b, int64_t row) {
  return {b.bias, b.activation, b.gate == nullptr ? nullptr : b.gate + b.gate_offset[row],
          b.residual == nullptr ? nullptr : b.residual + row * b.residual_step};
}

}  // namespace
}  // namespace viditq
