// Quantized linear layers from codes to float32, block by block: the part that is the same wherever
// the results go.
//
// A task computes some panels of weights for one block of rows (`compute`). Its sums never leave
// the caches: when those of some rows of a panel are complete, they get zero points, scales, bias,
// activation, gate and residual, and become float32 in the task's output.
#pragma once

#include <cstdint>

#include "aligned_buffer.h"
#include "context.h"
#include "finish.h"
#include "linear_epilogue.h"
#include "packed_weights.h"
#include "product.h"

namespace viditq {

// Codes of a layer's input and their grids, as viditq_quantized_linear takes them.
struct QuantizedRows {
  const uint8_t* codes;
  bool codes_signed;
  int64_t rows;
  int64_t inner;
  const float* scale;
  const int32_t* zero_point;
  const int32_t* code_sum;
};

// Rows and channels of the layer's output that a block covers.
struct BlockExtent {
  int64_t first_row;
  int64_t rows;
  int64_t first_channel;
  int64_t channels;
};

// One call: what all of its tasks read.
class QuantizedProduct {
 public:
  // Computes what is the same for all blocks; VIDITQ_OK or VIDITQ_NO_MEMORY.
  // The arguments have been checked; their buffers, and those of the epilogue, outlive this.
  int prepare(viditq_context* context, const QuantizedRows& rows, const viditq_weights& weights,
              const LinearEpilogue& epilogue);

  int64_t rows() const { return input_.rows; }
  int64_t inner() const { return input_.inner; }
  int64_t panels() const { return weights_->panel_count(); }
  int64_t channels() const { return weights_->channels; }

  // Rows that should be computed together, by one task or several with different panels.
  int64_t block_rows() const { return block_rows_; }

  // Panels from first_panel to last_panel - 1 for `count` rows from first_row on, at most
  // block_rows(). out.first is where channel 0 of first_row goes. Each thread has a workspace of
  // its own.
  void compute(int64_t first_row, int64_t count, int64_t first_panel, int64_t last_panel,
               Workspace* workspace, const BlockOutput& out) const;

 private:
  // Factors of the block's rows; whether they serve all of them. Each task computes them anew:
  // cheaper than fetching them from the caches of another thread.
  bool set_row_factors(int64_t first_row, int64_t count, Workspace* workspace) const;
  // Where each of the block's rows finds its gate; without a division per row.
  void set_gate_offsets(int64_t first_row, int64_t count, Workspace* workspace) const;
  SumBlock block_of(const BlockExtent& extent, const Workspace& workspace,
                    const BlockOutput& out) const;
  void dequantize_unusual(const SumBlock& block, const BlockExtent& extent, int64_t from,
                          int64_t to) const;
  void dequantize_wide_row(const SumBlock& block, const BlockExtent& extent, int64_t row) const;
  // What is added to codes to make them unsigned.
  int32_t offset() const { return input_.codes_signed ? 128 : 0; }
  // Whether a row's zero point is an 8-bit code.
  bool usual(int64_t row) const;

  const viditq_weights* weights_ = nullptr;
  const FloatKernels* kernels_ = nullptr;
  QuantizedRows input_{};
  LinearEpilogue epilogue_{};
  int64_t block_rows_ = 0;
  AlignedBuffer<uint8_t> flipped_;  // the codes as unsigned ones, where they are signed
  const uint8_t* codes_ = nullptr;  // unsigned
};

}  // namespace viditq
