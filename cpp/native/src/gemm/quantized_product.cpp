#include "gemm/quantized_product.h"

#include <algorithm>

#include "gemm/factors.h"
#include "quantize/integer_format.h"

namespace viditq {
namespace {

// Rows of a task that makes codes unsigned.
constexpr int64_t kPreparedRows = 64;

// Streamed results must reach memory before other threads are told of them.
void fence_streams() {
#ifdef __x86_64__
  __builtin_ia32_sfence();
#endif
}

// Two zero points and an inner extent can exceed int64.
__extension__ using Int128 = __int128;

}  // namespace

int check_product(const viditq_tokens& x, const viditq_weights& weights,
                  const LinearEpilogue& epilogue) {
  if (x.columns != weights.inner) return VIDITQ_BAD_SIZE;
  int64_t bytes;
  int status = float_bytes({x.rows, x.columns}, &bytes);
  if (status == VIDITQ_OK) status = float_bytes({x.rows, weights.channels}, &bytes);
  if (status != VIDITQ_OK) return status;
  if (!IntegerFormat{x.bits, x.symmetric != 0}.valid()) return VIDITQ_BAD_FORMAT;
  return epilogue.check(x.rows);
}

bool QuantizedProduct::zero_point_is_code(int64_t row) const {
  const int64_t zero_point = static_cast<int64_t>(x_.zero_point[row]) + offset();
  return zero_point >= 0 && zero_point <= 255;
}

int QuantizedProduct::prepare(viditq_context* context, const viditq_tokens& x,
                              const viditq_weights& weights, const LinearEpilogue& epilogue) {
  weights_ = &weights;
  kernels_ = &context->kernels;
  x_ = x;
  epilogue_ = epilogue;
  block_rows_ = viditq::block_rows(x.rows, weights, context->pool.threads());
  const bool is_signed = x.symmetric != 0;
  if (is_signed) flipped_ = allocate<uint8_t>(x.rows * x.columns);
  if (context->workspaces == nullptr) {
    context->workspaces = allocate<Workspace>(context->pool.threads());
  }
  if ((is_signed && flipped_ == nullptr) || context->workspaces == nullptr) {
    return VIDITQ_NO_MEMORY;
  }

  codes_ = x.codes;
  if (is_signed) {
    // Signed codes become unsigned by adding 128, which flips the highest bit.
    context->pool.run_blocks(x.rows, kPreparedRows, [&](int64_t from, int64_t to) {
      for (int64_t i = from * x.columns; i < to * x.columns; i++) {
        flipped_[i] = x.codes[i] ^ 0x80;
      }
    });
    codes_ = flipped_.get();
  }
  return VIDITQ_OK;
}

// Arithmetic wraps where a zero point is no code, of whose row nobody reads the factors; so the
// loop has no branches.
bool QuantizedProduct::set_row_factors(int64_t first_row, int64_t count,
                                       Workspace* workspace) const {
  const uint32_t code_offset = static_cast<uint32_t>(offset());
  const uint32_t inner = static_cast<uint32_t>(x_.columns);
  const int32_t* zero_points = x_.zero_point + first_row;
  const int32_t* row_sums = x_.row_sum + first_row;
  uint32_t highest = 0;
  for (int64_t m = 0; m < count; m++) {
    const uint32_t zero_point = static_cast<uint32_t>(zero_points[m]) + code_offset;
    const uint32_t row_sum = static_cast<uint32_t>(row_sums[m]) + code_offset * inner;
    highest = std::max(highest, zero_point);
    workspace->zero_point_factor[m] = small_factor(static_cast<int32_t>(-zero_point));
    workspace->row_sum_factor[m] = large_factor(static_cast<int32_t>(inner * zero_point - row_sum));
  }
  return highest <= 255;
}

void QuantizedProduct::set_gate_offsets(int64_t first_row, int64_t count,
                                        Workspace* workspace) const {
  int64_t offset = first_row / epilogue_.rows_per_gate * epilogue_.channels;
  int64_t left = epilogue_.rows_per_gate - first_row % epilogue_.rows_per_gate;
  for (int64_t m = 0; m < count; m++) {
    workspace->gate_offset[m] = offset;
    if (--left == 0) {
      offset += epilogue_.channels;
      left = epilogue_.rows_per_gate;
    }
  }
}

void QuantizedProduct::compute(int64_t first_row, int64_t count, int64_t first_panel,
                               int64_t last_panel, Workspace* workspace,
                               const BlockOutput& out) const {
  const Tile& tile = *weights_->tile;
  if (tile.begin != nullptr) tile.begin();
  const RowBlock block{codes_ + first_row * weights_->inner, count};
  const bool int32_epilogue =
      weights_->int32_epilogue && set_row_factors(first_row, count, workspace);
  if (epilogue_.gate != nullptr) set_gate_offsets(first_row, count, workspace);
  for (int64_t panel = first_panel; panel < last_panel; panel++) {
    const int64_t first_channel = panel * tile.channels;
    const int64_t channels = std::min<int64_t>(tile.channels, weights_->channels - first_channel);
    const BlockExtent extent{first_row, count, first_channel, channels};
    const SumBlock sums =
        block_of(extent, *workspace, {out.first + first_channel, out.step, out.stream});
    PanelProduct product(block, *weights_, panel, workspace);
    const auto epilogue = [&](int64_t from, int64_t to) {
      if (int32_epilogue) {
        kernels_->quantized_epilogue(sums, from, to);
      } else {
        mixed_epilogue(sums, extent, from, to);
      }
    };
    const bool may_fuse = int32_epilogue && tile.fused_epilogue != nullptr;
    product.run(epilogue, may_fuse ? tile.fused_epilogue(sums) : nullptr, &sums);
  }
  if (out.stream) fence_streams();
  if (tile.end != nullptr) tile.end();
}

SumBlock QuantizedProduct::block_of(const BlockExtent& e, const Workspace& workspace,
                                    const BlockOutput& out) const {
  const auto channels_from = [&](const float* values) {
    return values == nullptr ? nullptr : values + e.first_channel;
  };
  SumBlock block;
  block.sums = workspace.sums;
  block.sums_step = weights_->tile->channels;
  block.rows = e.rows;
  block.channels = e.channels;
  block.scale = x_.scale + e.first_row;
  block.zero_point_factor = workspace.zero_point_factor;
  block.row_sum_factor = workspace.row_sum_factor;
  block.weight_scale = weights_->scale.get() + e.first_channel;
  block.weight_zero_point_factor = weights_->zero_point_factor.get() + e.first_channel;
  block.channel_sum_factor = weights_->channel_sum_factor.get() + e.first_channel;
  block.bias = channels_from(epilogue_.bias);
  block.activation = epilogue_.activation;
  block.gate = channels_from(epilogue_.gate);
  block.gate_offset = workspace.gate_offset;
  block.residual = channels_from(epilogue_.residual);
  if (block.residual != nullptr) block.residual += e.first_row * epilogue_.channels;
  block.residual_step = epilogue_.channels;
  block.out = out;
  return block;
}

// Runs of rows whose zero points are codes at once, others one by one.
void QuantizedProduct::mixed_epilogue(const SumBlock& block, const BlockExtent& e, int64_t from,
                                      int64_t to) const {
  const auto in_int32 = [&](int64_t row) {
    return weights_->int32_epilogue && zero_point_is_code(e.first_row + row);
  };
  for (int64_t row = from; row < to;) {
    int64_t end = row;
    while (end < to && in_int32(end)) end++;
    if (end > row) kernels_->quantized_epilogue(block, row, end);
    if (end < to) wide_epilogue(block, e, end++);
    row = end;
  }
}

// Zero points far outside the codes, which the published small scale rule makes, and inner extents
// that let corrections leave int32.
void QuantizedProduct::wide_epilogue(const SumBlock& b, const BlockExtent& e, int64_t row) const {
  float product[kMaxTileChannels];
  const int64_t m = e.first_row + row;
  const Int128 zero_point = static_cast<int64_t>(x_.zero_point[m]) + offset();
  const Int128 row_sum = x_.row_sum[m] + offset() * x_.columns;
  for (int64_t i = 0; i < e.channels; i++) {
    const int64_t n = e.first_channel + i;
    const Int128 exact = b.sums[row * b.sums_step + i] - zero_point * weights_->channel_sum[n] +
                         weights_->packed_zero_point(n) * (x_.columns * zero_point - row_sum);
    product[i] = static_cast<float>(static_cast<double>(exact) * b.scale[row] * b.weight_scale[i]);
  }
  kernels_->float_epilogue(product, e.channels, row_epilogue(b, row),
                           b.out.first + row * b.out.step);
}

}  // namespace viditq
