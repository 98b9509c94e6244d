// Quantized linear layers: the integer product, cut into blocks that stay in the caches, each
// dequantized and finished while its sums do.
#include <algorithm>
#include <atomic>

#include "context.h"
#include "linear_epilogue.h"
#include "packed_weights.h"
#include "product.h"
#include "rows.h"

namespace viditq {
namespace {

// Rows of a task that quantizes.
constexpr int64_t kQuantizeRows = 16;

// Tasks per thread, so that a thread that is held up leaves some of its share to others.
constexpr int64_t kTasksPerThread = 4;

// Codes of 8 bits, plus 128 where they are signed.
bool within_codes(int64_t packed_zero_point) {
  return packed_zero_point >= 0 && packed_zero_point <= 255;
}

// Zero points far outside the codes, which the published small scale rule makes: no term exceeds
// 2^54. `product` has room for the block's channels.
void dequantize_wide_row(const SumBlock& b, int64_t row, const FloatKernels& kernels,
                         float* product) {
  const int64_t zero_point = static_cast<int64_t>(b.zero_point[row]) + b.code_offset;
  const int64_t code_sum = b.packed_code_sum(row);
  for (int64_t n = 0; n < b.channels; n++) {
    const int64_t exact = b.sums[row * b.sums_step + n] - zero_point * b.weight_code_sum[n] +
                          b.weight_zero_point[n] * (b.inner * zero_point - code_sum);
    product[n] = static_cast<float>(static_cast<double>(exact) * b.scale[row] * b.weight_scale[n]);
  }
  kernels.finish_row(product, b.channels, b.finish(row), b.out + row * b.out_step);
}

// The same block from row `from` to `to`.
SumBlock rows_of(const SumBlock& b, int64_t from, int64_t to) {
  SumBlock part = b;
  part.sums += from * b.sums_step;
  part.rows = to - from;
  part.scale += from;
  part.zero_point += from;
  part.code_sum += from;
  part.first_row += from;
  if (b.residual != nullptr) part.residual += from * b.out_step;
  part.out += from * b.out_step;
  return part;
}

// Runs of rows with usual zero points at once, others one by one.
void dequantize(const SumBlock& b, bool usual_weights, const FloatKernels& kernels) {
  const auto usual = [&](int64_t row) {
    return usual_weights && within_codes(static_cast<int64_t>(b.zero_point[row]) + b.code_offset);
  };
  int64_t row = 0;
  while (row < b.rows) {
    int64_t end = row;
    while (end < b.rows && usual(end)) end++;
    if (end > row) kernels.dequantize(rows_of(b, row, end));
    if (end < b.rows) {
      float product[kMaxTileChannels];
      dequantize_wide_row(b, end, kernels, product);
      end++;
    }
    row = end;
  }
}

// One call: activation codes times weights.
struct Layer {
  const viditq_weights& weights;
  const FloatKernels& kernels;
  const uint8_t* codes;  // unsigned
  int64_t rows;
  // The whole output as one block, without sums.
  SumBlock whole;
  bool usual_weights;

  // Panels from first_panel to last_panel - 1 of the block of rows that starts at first_row.
  void compute(int64_t first_row, int64_t first_panel, int64_t last_panel,
               Workspace* workspace) const {
    const Tile& tile = *weights.tile;
    const int64_t count = std::min(kBlockRows, rows - first_row);
    if (tile.begin != nullptr) tile.begin();
    for (int64_t panel = first_panel; panel < last_panel; panel++) {
      const SumBlock block = block_of(first_row, count, panel, workspace->sums);
      const PanelOutput output{reinterpret_cast<const char*>(block.out), block.out_step * 4,
                               block.channels * 4};
      multiply_panel({codes + first_row * weights.inner, count}, weights, panel, output, workspace);
      dequantize(block, usual_weights, kernels);
    }
    if (tile.end != nullptr) tile.end();
  }

 private:
  SumBlock block_of(int64_t first_row, int64_t count, int64_t panel, const int32_t* sums) const {
    const int64_t first_channel = panel * weights.tile->channels;
    SumBlock block = rows_of(whole, first_row, first_row + count);
    block.sums = sums;
    block.sums_step = weights.tile->channels;
    block.channels = std::min<int64_t>(weights.tile->channels, weights.channels - first_channel);
    block.weight_scale += first_channel;
    block.weight_zero_point += first_channel;
    block.weight_code_sum += first_channel;
    if (block.bias != nullptr) block.bias += first_channel;
    if (block.gate != nullptr) block.gate += first_channel;
    if (block.residual != nullptr) block.residual += first_channel;
    block.out += first_channel;
    return block;
  }
};

void run(ThreadPool& pool, const Layer& layer, Workspace* workspaces) {
  const int64_t blocks = (layer.rows + kBlockRows - 1) / kBlockRows;
  const int64_t panels = layer.weights.panel_count();
  const int64_t wanted =
      pool.threads() == 1 ? 1 : (kTasksPerThread * pool.threads() + blocks - 1) / blocks;
  const int64_t groups = std::min(panels, wanted);
  pool.run(blocks * groups, [&](int64_t task, int thread) {
    const int64_t group = task % groups;
    layer.compute(task / groups * kBlockRows, panels * group / groups,
                  panels * (group + 1) / groups, workspaces + thread);
  });
}

}  // namespace
}  // namespace viditq

int viditq_quantize(viditq_context* context, const float* x, const float* divisor, int64_t rows,
                    int64_t columns, int bits, int is_symmetric, uint8_t* codes, float* scale,
                    int32_t* zero_point, int32_t* row_sum) {
  if (context == nullptr) return VIDITQ_NULL_POINTER;
  int64_t x_bytes;
  int status = viditq::float_bytes({rows, columns}, &x_bytes);
  if (status != VIDITQ_OK) return status;
  status = viditq::check_buffers(
      {{x, x_bytes}, viditq::optional(divisor, columns * 4, x)},
      {{codes, rows * columns}, {scale, rows * 4}, {zero_point, rows * 4}, {row_sum, rows * 4}});
  if (status != VIDITQ_OK) return status;

  // A divided row per thread; it is quantized while the first-level cache has it.
  const auto divided =
      viditq::allocate<float>(divisor == nullptr ? 1 : columns * context->pool.threads());
  if (divided == nullptr) return VIDITQ_NO_MEMORY;
  const viditq::RowKernels& kernels = *viditq::rows_for(context->isa);
  std::atomic<int> result{VIDITQ_OK};
  const auto quantize = [&](const float* from_x, int64_t from, int64_t count) {
    const int quantized = viditq_quantize_tokens(
        from_x, count, columns, bits, is_symmetric, context->isa, codes + from * columns,
        scale + from, zero_point + from, row_sum + from);
    if (quantized != VIDITQ_OK) result = quantized;
  };
  const int64_t tasks = (rows + viditq::kQuantizeRows - 1) / viditq::kQuantizeRows;
  context->pool.run(tasks, [&](int64_t task, int thread) {
    const int64_t from = task * viditq::kQuantizeRows;
    const int64_t to = std::min(rows, from + viditq::kQuantizeRows);
    if (divisor == nullptr) {
      quantize(x + from * columns, from, to - from);
      return;
    }
    float* row_divided = divided.get() + thread * columns;
    for (int64_t row = from; row < to; row++) {
      kernels.divide(x + row * columns, divisor, columns, row_divided);
      quantize(row_divided, row, 1);
    }
  });
  return result;
}

int viditq_quantized_linear(viditq_context* context, const viditq_weights* weights,
                            const float* weight_scale, const int32_t* weight_zero_point,
                            const uint8_t* codes, int codes_signed, int64_t rows, int64_t inner,
                            const float* scale, const int32_t* zero_point, const int32_t* row_sum,
                            const float* bias, int activation, const float* gate,
                            int64_t rows_per_gate, const float* residual, float* out) {
  if (context == nullptr || weights == nullptr) return VIDITQ_NULL_POINTER;
  if (inner != weights->inner) return VIDITQ_BAD_SIZE;
  const int64_t channels = weights->channels;
  int64_t x_bytes;
  int64_t out_bytes;
  int status = viditq::float_bytes({rows, inner}, &x_bytes);
  if (status == VIDITQ_OK) status = viditq::float_bytes({rows, channels}, &out_bytes);
  if (status != VIDITQ_OK) return status;
  const viditq::LinearEpilogue epilogue{bias,          activation, gate,
                                        rows_per_gate, residual,   channels};
  status = epilogue.check(rows);
  if (status != VIDITQ_OK) return status;
  status = viditq::check_buffers({{codes, rows * inner},
                                  {weight_scale, channels * 4},
                                  {weight_zero_point, channels * 4},
                                  {scale, rows * 4},
                                  {zero_point, rows * 4},
                                  {row_sum, rows * 4},
                                  epilogue.bias_buffer(scale),
                                  epilogue.gate_buffer(rows, scale),
                                  epilogue.residual_buffer(rows, scale)},
                                 {{out, out_bytes}});
  if (status != VIDITQ_OK) return status;

  if (context->workspaces == nullptr) {
    context->workspaces = viditq::allocate<viditq::Workspace>(context->pool.threads());
  }
  const auto zero_points = viditq::allocate<int32_t>(channels);
  const auto flipped = viditq::allocate<uint8_t>(codes_signed ? rows * inner : 1);
  if (context->workspaces == nullptr || zero_points == nullptr || flipped == nullptr) {
    return VIDITQ_NO_MEMORY;
  }
  bool usual_weights = true;
  for (int64_t n = 0; n < channels; n++) {
    // Weights are packed as signed codes.
    const int64_t packed = static_cast<int64_t>(weight_zero_point[n]) - weights->offset;
    if (packed < INT32_MIN || packed > INT32_MAX) return VIDITQ_BAD_GRID;
    zero_points[n] = static_cast<int32_t>(packed);
    usual_weights = usual_weights && packed >= -128 && packed <= 127;
  }
  if (codes_signed) {
    // Signed codes become unsigned by adding 128, which flips the highest bit.
    context->pool.run_blocks(rows, viditq::kQuantizeRows, [&](int64_t from, int64_t to) {
      for (int64_t i = from * inner; i < to * inner; i++) flipped[i] = codes[i] ^ 0x80;
    });
  }

  viditq::SumBlock whole{};
  whole.rows = rows;
  whole.channels = channels;
  whole.inner = inner;
  whole.scale = scale;
  whole.zero_point = zero_point;
  whole.code_sum = row_sum;
  whole.code_offset = codes_signed ? 128 : 0;
  whole.weight_scale = weight_scale;
  whole.weight_zero_point = zero_points.get();
  whole.weight_code_sum = weights->channel_sum.get();
  whole.bias = bias;
  whole.activation = activation;
  whole.gate = gate;
  whole.rows_per_gate = rows_per_gate;
  whole.residual = residual;
  whole.out = out;
  whole.out_step = channels;
  viditq::run(context->pool,
              {*weights, context->kernels, codes_signed ? flipped.get() : codes, rows, whole,
               usual_weights},
              context->workspaces.get());
  return VIDITQ_OK;
}
