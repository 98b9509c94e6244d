// Quantized linear layers from codes to float32, block by block: the part that is the same wherever
// the results go.
//
// A task computes some panels of weights for one block of rows (`compute`). Its sums never leave the
// caches: when those of some rows of a panel are complete, they get zero points, scales, bias,
// activation, gate and residual, and become float32 where the sink wants them. A sink is any class
// with
//
//   BlockOutput place(const BlockExtent& e): where results of these rows and channels go; asked once
//     per panel of a task. Memory that one panel's results are in may be given to the next.
//   void finished(const BlockExtent& e, const BlockOutput& o): called when rows of the panel are
//     written to o, and still in the first-level cache unless streamed; once for each row, some rows
//     at a time.
//
// Calls of one task come one after the other; of different tasks, at the same time on different
// threads.
#pragma once

#include <algorithm>
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

// Streamed results must reach memory before other threads are told of them.
inline void fence_streams() {
#ifdef __x86_64__
  __builtin_ia32_sfence();
#endif
}

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
  // block_rows(). Each thread has a workspace of its own.
  template <typename Sink>
  void compute(int64_t first_row, int64_t count, int64_t first_panel, int64_t last_panel,
               Workspace* workspace, Sink&& sink) const {
    const Tile& tile = *weights_->tile;
    if (tile.begin != nullptr) tile.begin();
    const RowBlock block{codes_ + first_row * weights_->inner, count};
    const bool usual = weights_->usual && set_row_factors(first_row, count, workspace);
    for (int64_t panel = first_panel; panel < last_panel; panel++) {
      const int64_t first_channel = panel * tile.channels;
      const int64_t channels = std::min<int64_t>(tile.channels, weights_->channels - first_channel);
      const BlockExtent extent{first_row, count, first_channel, channels};
      const BlockOutput out = sink.place(extent);
      const SumBlock sums = block_of(extent, *workspace, out);
      PanelProduct product(block, *weights_, panel, workspace);
      product.run([&](int64_t from, int64_t to) {
        if (usual) {
          kernels_->dequantize(sums, from, to);
        } else {
          dequantize_unusual(sums, extent, from, to);
        }
        sink.finished({first_row + from, to - from, first_channel, channels},
                      {out.first + from * out.step, out.step, out.stream});
      });
      if (out.stream) fence_streams();
    }
    if (tile.end != nullptr) tile.end();
  }

 private:
  // Factors of the block's rows; whether they serve all of them. Each task computes them anew: cheaper
  // than fetching them from the caches of another thread.
  bool set_row_factors(int64_t first_row, int64_t count, Workspace* workspace) const;
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

// Where whole layers write: a matrix [rows, channels].
class MatrixSink {
 public:
  // Streams results if those of a thread would push everything else out of its second-level cache.
  MatrixSink(float* out, int64_t rows, int64_t channels, int64_t threads, const Tile& tile)
      : out_(out),
        channels_(channels),
        stream_(rows * channels / threads >= kStreamed && channels % kLineFloats == 0 &&
                tile.channels % kLineFloats == 0 &&
                reinterpret_cast<uintptr_t>(out) % (kLineFloats * sizeof(float)) == 0) {}

  BlockOutput place(const BlockExtent& e) const {
    return {out_ + e.first_row * channels_ + e.first_channel, channels_, stream_};
  }
  void finished(const BlockExtent&, const BlockOutput&) const {}

 private:
  static constexpr int64_t kLineFloats = 16;
  static constexpr int64_t kStreamed = INT64_C(1) << 18;  // 1 MB

  float* out_;
  int64_t channels_;
  bool stream_;
};

}  // namespace viditq
