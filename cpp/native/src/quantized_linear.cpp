// Quantized linear layers: the integer product of a block of rows, dequantized and finished while the
// block is in the cache.
#include <algorithm>
#include <atomic>

#include "context.h"
#include "linear_epilogue.h"
#include "packed_weights.h"

namespace viditq {
namespace {

// Rows of a task: those that viditq_multiply packs at a time.
constexpr int64_t kBlockRows = 96;
constexpr int64_t kQuantizeRows = 16;

// Zero points far outside the codes, which the published small scale rule makes: no term exceeds
// 2^54.
void dequantize_wide_row(const int32_t* sums, int64_t count, const RowGrids& g, float* product) {
  const int64_t zero_point = g.zero_point;
  for (int64_t n = 0; n < count; n++) {
    const int64_t exact = sums[n] - zero_point * g.weight_code_sum[n] +
                          g.weight_zero_point[n] * (g.inner * zero_point - g.code_sum);
    product[n] = static_cast<float>(static_cast<double>(exact) * g.scale * g.weight_scale[n]);
  }
}

}  // namespace
}  // namespace viditq

int viditq_quantize(viditq_context* context, const float* x, int64_t rows, int64_t columns,
                    int bits, int is_symmetric, uint8_t* codes, float* scale, int32_t* zero_point,
                    int32_t* row_sum) {
  if (context == nullptr) return VIDITQ_NULL_POINTER;
  int64_t x_bytes;
  int status = viditq::float_bytes({rows, columns}, &x_bytes);
  if (status != VIDITQ_OK) return status;
  status = viditq::check_buffers(
      {{x, x_bytes}},
      {{codes, rows * columns}, {scale, rows * 4}, {zero_point, rows * 4}, {row_sum, rows * 4}});
  if (status != VIDITQ_OK) return status;

  std::atomic<int> result{VIDITQ_OK};
  context->pool.run_blocks(rows, viditq::kQuantizeRows, [&](int64_t from, int64_t to) {
    const int block = viditq_quantize_tokens(
        x + from * columns, to - from, columns, bits, is_symmetric, context->isa,
        codes + from * columns, scale + from, zero_point + from, row_sum + from);
    if (block != VIDITQ_OK) result = block;
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

  const int64_t block = std::min(rows, viditq::kBlockRows);
  const int64_t block_sums = block * channels;
  const auto sums = viditq::allocate<int32_t>(block_sums * context->pool.threads());
  const auto code_sums = viditq::allocate<int32_t>(channels);
  if (sums == nullptr || code_sums == nullptr) return VIDITQ_NO_MEMORY;
  for (int64_t n = 0; n < channels; n++) {
    code_sums[n] =
        weights->channel_sum[n] + static_cast<int32_t>(inner) * weights->offset;
  }

  std::atomic<int> result{VIDITQ_OK};
  context->pool.run((rows + block - 1) / block, [&](int64_t task, int thread) {
    const int64_t from = task * block;
    const int64_t count = std::min(block, rows - from);
    int32_t* products = sums.get() + thread * block_sums;
    const int multiplied = viditq_multiply(codes + from * inner, codes_signed, count, inner,
                                           weights, products);
    if (multiplied != VIDITQ_OK) {
      result = multiplied;
      return;
    }
    for (int64_t row = from; row < from + count; row++) {
      const int32_t* row_products = products + (row - from) * channels;
      float* y = out + row * channels;
      const viditq::RowGrids grids{scale[row],   zero_point[row],   row_sum[row],   inner,
                                   weight_scale, weight_zero_point, code_sums.get()};
      const viditq::RowFinish finish = epilogue.of_row(row);
      if (zero_point[row] >= -128 && zero_point[row] <= 255) {
        context->kernels.dequantize_row(row_products, channels, grids, finish, y);
      } else {
        viditq::dequantize_wide_row(row_products, channels, grids, y);
        context->kernels.finish_row(y, channels, finish, y);
      }
    }
  });
  return result;
}
