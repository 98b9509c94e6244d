#include "quantized_product.h"

#include <algorithm>

namespace viditq {
namespace {

// Rows of a task that prepares.
constexpr int64_t kPreparedRows = 64;

// Up to here, zero points within 8-bit codes make large factors below kLargeFactor.
constexpr int64_t kUsualInner = kLargeFactor / 256;

}  // namespace

int64_t QuantizedProduct::packed_zero_point(int64_t row) const {
  return static_cast<int64_t>(input_.zero_point[row]) + (input_.codes_signed ? 128 : 0);
}

int64_t QuantizedProduct::packed_code_sum(int64_t row) const {
  return input_.code_sum[row] + (input_.codes_signed ? 128 * input_.inner : 0);
}

bool QuantizedProduct::usual(int64_t row) const {
  const int64_t zero_point = packed_zero_point(row);
  return zero_point >= 0 && zero_point <= 255;
}

int QuantizedProduct::prepare(viditq_context* context, const QuantizedRows& rows,
                              const QuantizedWeights& weights, const LinearEpilogue& epilogue) {
  weights_ = &weights.packed;
  kernels_ = &context->kernels;
  input_ = rows;
  weight_scale_ = weights.scale;
  epilogue_ = epilogue;
  block_rows_ = viditq::block_rows(rows.rows, rows.inner);
  const int64_t channels = weights_->channels;
  weight_zero_point_ = allocate<int32_t>(channels);
  row_terms_ = allocate<int32_t>(2 * rows.rows);
  channel_terms_ = allocate<int32_t>(2 * channels);
  if (rows.codes_signed) flipped_ = allocate<uint8_t>(rows.rows * rows.inner);
  if (context->workspaces == nullptr) {
    context->workspaces = allocate<Workspace>(context->pool.threads());
  }
  if (weight_zero_point_ == nullptr || row_terms_ == nullptr || channel_terms_ == nullptr ||
      (rows.codes_signed && flipped_ == nullptr) || context->workspaces == nullptr) {
    return VIDITQ_NO_MEMORY;
  }

  const auto [lowest, highest] =
      std::minmax_element(weights.zero_point, weights.zero_point + channels);
  // Weights are packed as signed codes.
  const int64_t offset = weights_->offset;
  if (*lowest - offset < INT32_MIN || *highest - offset > INT32_MAX) return VIDITQ_BAD_GRID;
  const bool within_codes = *lowest - offset >= -128 && *highest - offset <= 127;
  usual_weights_ = rows.inner < kUsualInner && within_codes;
  int32_t* code_sum = channel_terms_.get();
  int32_t* zero_point = code_sum + channels;
  for (int64_t n = 0; n < channels; n++) {
    weight_zero_point_[n] = static_cast<int32_t>(weights.zero_point[n] - offset);
    code_sum[n] = large_factor(weights_->channel_sum[n]);
    // Of no use unless all are within the codes.
    zero_point[n] = small_factor(within_codes ? weight_zero_point_[n] : 0);
  }

  usual_rows_ = true;
  for (int64_t m = 0; m < rows.rows; m++) {
    if (!usual(m)) {
      usual_rows_ = false;
      continue;
    }
    const int64_t packed = packed_zero_point(m);
    row_terms_[m] = small_factor(static_cast<int32_t>(-packed));
    row_terms_[rows.rows + m] =
        large_factor(static_cast<int32_t>(rows.inner * packed - packed_code_sum(m)));
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

SumBlock QuantizedProduct::block_of(const BlockExtent& e, const int32_t* sums,
                                    const BlockOutput& out) const {
  const auto channels_from = [&](const float* values) {
    return values == nullptr ? nullptr : values + e.first_channel;
  };
  SumBlock block;
  block.sums = sums;
  block.sums_step = weights_->tile->channels;
  block.rows = e.rows;
  block.channels = e.channels;
  block.scale = input_.scale + e.first_row;
  block.zero_point = row_terms_.get() + e.first_row;
  block.code_sum = block.zero_point + input_.rows;
  block.weight_scale = weight_scale_ + e.first_channel;
  block.weight_code_sum = channel_terms_.get() + e.first_channel;
  block.weight_zero_point = block.weight_code_sum + weights_->channels;
  block.bias = channels_from(epilogue_.bias);
  block.activation = epilogue_.activation;
  block.gate = channels_from(epilogue_.gate);
  block.rows_per_gate = epilogue_.rows_per_gate;
  block.first_row = e.first_row;
  block.residual = channels_from(epilogue_.residual);
  if (block.residual != nullptr) block.residual += e.first_row * epilogue_.columns;
  block.epilogue_step = epilogue_.columns;
  block.out = out;
  return block;
}

// Runs of usual rows at once, others one by one.
void QuantizedProduct::dequantize(const SumBlock& block, const BlockExtent& e, int64_t from,
                                  int64_t to) const {
  if (usual_weights_ && usual_rows_) {
    kernels_->dequantize(block, from, to);
    return;
  }
  const auto usual_here = [&](int64_t row) { return usual_weights_ && usual(e.first_row + row); };
  for (int64_t row = from; row < to;) {
    int64_t end = row;
    while (end < to && usual_here(end)) end++;
    if (end > row) kernels_->dequantize(block, row, end);
    if (end < to) dequantize_wide_row(block, e, end++);
    row = end;
  }
}

// Zero points far outside the codes, which the published small scale rule makes, and inner extents
// that let corrections leave int32: no term exceeds 2^54.
void QuantizedProduct::dequantize_wide_row(const SumBlock& b, const BlockExtent& e,
                                           int64_t row) const {
  float product[kMaxTileChannels];
  const int64_t zero_point = packed_zero_point(e.first_row + row);
  const int64_t code_sum = packed_code_sum(e.first_row + row);
  for (int64_t i = 0; i < e.channels; i++) {
    const int64_t n = e.first_channel + i;
    const int64_t exact = b.sums[row * b.sums_step + i] - zero_point * weights_->channel_sum[n] +
                          weight_zero_point_[n] * (input_.inner * zero_point - code_sum);
    product[i] =
        static_cast<float>(static_cast<double>(exact) * b.scale[row] * b.weight_scale[i]);
  }
  kernels_->finish_row(product, e.channels, b.finish(row), b.out.first + row * b.out.step);
}

}  // namespace viditq
