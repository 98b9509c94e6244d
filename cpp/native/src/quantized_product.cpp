#include "quantized_product.h"

#include <algorithm>

namespace viditq {
namespace {

// Rows of a task that prepares.
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

bool QuantizedProduct::usual(int64_t row) const {
  const int64_t zero_point = static_cast<int64_t>(input_.zero_point[row]) + offset();
  return zero_point >= 0 && zero_point <= 255;
}

int QuantizedProduct::prepare(viditq_context* context, const QuantizedRows& rows,
                              const viditq_weights& weights, const LinearEpilogue& epilogue) {
  weights_ = &weights;
  kernels_ = &context->kernels;
  input_ = rows;
  epilogue_ = epilogue;
  block_rows_ = viditq::block_rows(rows.rows, weights, context->pool.threads());
  if (rows.codes_signed) flipped_ = allocate<uint8_t>(rows.rows * rows.inner);
  if (context->workspaces == nullptr) {
    context->workspaces = allocate<Workspace>(context->pool.threads());
  }
  if ((rows.codes_signed && flipped_ == nullptr) || context->workspaces == nullptr) {
    return VIDITQ_NO_MEMORY;
  }

  codes_ = rows.codes;
  if (rows.codes_signed) {
    // Signed codes become unsigned by adding 128, which flips the highest bit.
    context->pool.run_blocks(rows.rows, kPreparedRows, [&](int64_t from, int64_t to) {
      for (int64_t i = from * rows.inner; i < to * rows.inner; i++) {
        flipped_[i] = rows.codes[i] ^ 0x80;
      }
    });
    codes_ = flipped_.get();
  }
  return VIDITQ_OK;
}

// Arithmetic wraps where a row is not usual, whose factors nobody reads; so the loop has no
// branches.
bool QuantizedProduct::set_row_factors(int64_t first_row, int64_t count,
                                       Workspace* workspace) const {
  const uint32_t code_offset = static_cast<uint32_t>(offset());
  const uint32_t inner = static_cast<uint32_t>(input_.inner);
  const int32_t* zero_points = input_.zero_point + first_row;
  const int32_t* code_sums = input_.code_sum + first_row;
  uint32_t highest = 0;
  for (int64_t m = 0; m < count; m++) {
    const uint32_t packed = static_cast<uint32_t>(zero_points[m]) + code_offset;
    const uint32_t code_sum = static_cast<uint32_t>(code_sums[m]) + code_offset * inner;
    highest = std::max(highest, packed);
    workspace->zero_point_factors[m] = small_factor(static_cast<int32_t>(-packed));
    workspace->code_sum_factors[m] = large_factor(static_cast<int32_t>(inner * packed - code_sum));
  }
  return highest <= 255;
}

void QuantizedProduct::set_gate_offsets(int64_t first_row, int64_t count,
                                        Workspace* workspace) const {
  int64_t offset = first_row / epilogue_.rows_per_gate * epilogue_.columns;
  int64_t left = epilogue_.rows_per_gate - first_row % epilogue_.rows_per_gate;
  for (int64_t m = 0; m < count; m++) {
    workspace->gate_offsets[m] = offset;
    if (--left == 0) {
      offset += epilogue_.columns;
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
  const bool usual = weights_->usual && set_row_factors(first_row, count, workspace);
  if (epilogue_.gate != nullptr) set_gate_offsets(first_row, count, workspace);
  for (int64_t panel = first_panel; panel < last_panel; panel++) {
    const int64_t first_channel = panel * tile.channels;
    const int64_t channels = std::min<int64_t>(tile.channels, weights_->channels - first_channel);
    const BlockExtent extent{first_row, count, first_channel, channels};
    const SumBlock sums =
        block_of(extent, *workspace, {out.first + first_channel, out.step, out.stream});
    PanelProduct product(block, *weights_, panel, workspace);
    const auto finish = [&](int64_t from, int64_t to) {
      if (usual) {
        kernels_->dequantize(sums, from, to);
      } else {
        dequantize_unusual(sums, extent, from, to);
      }
    };
    const bool direct = usual && tile.finisher != nullptr;
    product.run(finish, direct ? tile.finisher(sums) : nullptr, &sums);
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
  block.scale = input_.scale + e.first_row;
  block.zero_point = workspace.zero_point_factors;
  block.code_sum = workspace.code_sum_factors;
  block.weight_scale = weights_->scale.get() + e.first_channel;
  block.weight_code_sum = weights_->code_sum_factor.get() + e.first_channel;
  block.weight_zero_point = weights_->zero_point_factor.get() + e.first_channel;
  block.bias = channels_from(epilogue_.bias);
  block.activation = epilogue_.activation;
  block.gate = channels_from(epilogue_.gate);
  block.gate_offset = workspace.gate_offsets;
  block.residual = channels_from(epilogue_.residual);
  if (block.residual != nullptr) block.residual += e.first_row * epilogue_.columns;
  block.residual_step = epilogue_.columns;
  block.out = out;
  return block;
}

// Runs of usual rows at once, others one by one.
void QuantizedProduct::dequantize_unusual(const SumBlock& block, const BlockExtent& e, int64_t from,
                                          int64_t to) const {
  const auto usual_here = [&](int64_t row) { return weights_->usual && usual(e.first_row + row); };
  for (int64_t row = from; row < to;) {
    int64_t end = row;
    while (end < to && usual_here(end)) end++;
    if (end > row) kernels_->dequantize(block, row, end);
    if (end < to) dequantize_wide_row(block, e, end++);
    row = end;
  }
}

// Zero points far outside the codes, which the published small scale rule makes, and inner extents
// that let corrections leave int32.
void QuantizedProduct::dequantize_wide_row(const SumBlock& b, const BlockExtent& e,
                                           int64_t row) const {
  float product[kMaxTileChannels];
  const int64_t m = e.first_row + row;
  const Int128 zero_point = static_cast<int64_t>(input_.zero_point[m]) + offset();
  const Int128 code_sum = input_.code_sum[m] + offset() * input_.inner;
  for (int64_t i = 0; i < e.channels; i++) {
    const int64_t n = e.first_channel + i;
    const Int128 exact = b.sums[row * b.sums_step + i] - zero_point * weights_->channel_sum[n] +
                         weights_->packed_zero_point(n) * (input_.inner * zero_point - code_sum);
    product[i] =
        static_cast<float>(static_cast<double>(exact) * b.scale[row] * b.weight_scale[i]);
  }
  kernels_->finish_row(product, e.channels, b.finish(row), b.out.first + row * b.out.step);
}

}  // namespace viditq
