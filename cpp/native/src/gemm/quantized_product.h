// Quantized linear layers from codes to float32, block by block: the part that is the same wherever
// the results go.
//
// A task computes some panels of weights for one block of rows (`compute`). Its sums never leave
// the caches: when those of some rows of a panel are complete, the epilogue (epilogue.h) makes
// float32 results of them in the task's output.
#pragma once

#include <cstdint>

#include "gemm/epilogue.h"
#include "gemm/linear_epilogue.h"
#include "gemm/packed_weights.h"
#include "gemm/product.h"
#include "memory/aligned_buffer.h"
#include "threads/context.h"

namespace viditq {

// Rows and channels of the layer's output that a block covers.
struct BlockExtent {
  int64_t first_row;
  int64_t rows;
  int64_t first_channel;
  int64_t channels;
};

// What entry points of quantized products check beside their buffers: the extents and the format
// of x, the extents of the result, and the epilogue.
int check_product(const viditq_tokens& x, const viditq_weights& weights,
                  const LinearEpilogue& epilogue);

// One call: what all of its tasks read.
class QuantizedProduct {
 public:
  // Computes what is the same for all blocks; VIDITQ_OK or VIDITQ_NO_MEMORY.
  // The arguments have been checked; their buffers outlive this.
  int prepare(viditq_context* context, const viditq_tokens& x, const viditq_weights& weights,
              const LinearEpilogue& epilogue);

  int64_t rows() const { return x_.rows; }
  int64_t inner() const { return x_.columns; }
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
  // Sets the factors of the block's rows; whether they serve all of them. Each task computes them
  // anew: cheaper than fetching them from the caches of another thread.
  bool set_row_factors(int64_t first_row, int64_t count, Workspace* workspace) const;
  // Sets where each of the block's rows finds its gate; without a division per row.
  void set_gate_offsets(int64_t first_row, int64_t count, Workspace* workspace) const;
  SumBlock block_of(const BlockExtent& extent, const Workspace& workspace,
                    const BlockOutput& out) const;
  // The epilogue of rows of which some have zero points that are no codes, or of weights whose
  // corrections leave int32.
  void mixed_epilogue(const SumBlock& block, const BlockExtent& extent, int64_t from,
                      int64_t to) const;
  // That of one row, in 128 bits.
  void wide_epilogue(const SumBlock& block, const BlockExtent& extent, int64_t row) const;
  // What is added to codes to make them unsigned.
  int32_t offset() const { return x_.symmetric != 0 ? 128 : 0; }
  // Whether a row's zero point is an 8-bit code, so that the factors hold its corrections.
  bool zero_point_is_code(int64_t row) const;

  const viditq_weights* weights_ = nullptr;
  const FloatKernels* kernels_ = nullptr;
  viditq_tokens x_{};
  LinearEpilogue epilogue_{};
  int64_t block_rows_ = 0;
  AlignedBuffer<uint8_t> flipped_;  // the codes as unsigned ones, where they are signed
  const uint8_t* codes_ = nullptr;  // unsigned
};

}  // namespace viditq
