// LayerNorm, modulation and token quantization of each row while the first-level cache has it.
#include <algorithm>
#include <atomic>
#include <utility>

#include "context.h"
#include "extents.h"
#include "token_codes.h"
#include "viditq_operators.h"

namespace {

bool finite(const viditq::RowKernels& kernels, const float* values, int64_t count) {
  float lo = 0.0f;
  float hi = 0.0f;
  return kernels.extend_range(values, count, &lo, &hi);
}

bool none_zero(const float* values, int64_t count) {
  return std::find(values, values + count, 0.0f) == values + count;
}

}  // namespace

int viditq_layer_norm_modulate_quantize(
    viditq_context* context, const float* x, int64_t batch, int64_t tokens, int64_t channels,
    const float* shift, int64_t shift_batch, const float* scale, int64_t scale_batch, float eps,
    const float* divisor, int bits, int is_symmetric, uint8_t* codes, float* code_scale,
    int32_t* zero_point, int32_t* row_sum) {
  if (context == nullptr) return VIDITQ_NULL_POINTER;
  int64_t bytes;
  int status = viditq::float_bytes({batch, tokens, channels}, &bytes);
  if (status != VIDITQ_OK) return status;
  if ((shift_batch != 1 && shift_batch != batch) || (scale_batch != 1 && scale_batch != batch)) {
    return VIDITQ_BAD_SIZE;
  }
  const viditq::TokenCodes out{
      {bits, is_symmetric != 0}, channels, codes, code_scale, zero_point, row_sum};
  status = out.check();
  if (status != VIDITQ_OK) return status;
  const int64_t rows = batch * tokens;
  status = viditq::check_buffers({{x, bytes},
                                  {shift, shift_batch * channels * 4},
                                  {scale, scale_batch * channels * 4},
                                  viditq::optional(divisor, channels * 4, x)},
                                 {{codes, rows * channels},
                                  {code_scale, rows * 4},
                                  {zero_point, rows * 4},
                                  {row_sum, rows * 4}});
  if (status != VIDITQ_OK) return status;

  const viditq::RowKernels& encoder = *viditq::rows_for(context->isa);
  if (!finite(encoder, shift, shift_batch * channels) ||
      !finite(encoder, scale, scale_batch * channels) ||
      (divisor != nullptr &&
       (!finite(encoder, divisor, channels) || !none_zero(divisor, channels)))) {
    return VIDITQ_NOT_FINITE;
  }

  // Two rows per thread, in whole cache lines. One is encoded when the next has been modulated,
  // which need not wait until the grid is known.
  const int64_t row_floats = (channels + 15) / 16 * 16;
  const auto values = viditq::allocate<float>(2 * row_floats * context->pool.threads());
  if (values == nullptr) return VIDITQ_NO_MEMORY;
  const int64_t shift_step = shift_batch == 1 ? 0 : channels;
  const int64_t scale_step = scale_batch == 1 ? 0 : channels;
  std::atomic<bool> finite{true};
  const int64_t tasks = (rows + viditq::kQuantizeRows - 1) / viditq::kQuantizeRows;
  context->pool.run(tasks, [&](int64_t task, int thread) {
    float* row_values = values.get() + 2 * thread * row_floats;
    float* row_before = row_values + row_floats;
    const int64_t first = task * viditq::kQuantizeRows;
    const int64_t end = std::min(rows, first + viditq::kQuantizeRows);
    for (int64_t row = first; row < end; row++) {
      const int64_t sample = row / tokens;
      float lo;
      float hi;
      if (!context->kernels.modulate_row_range(x + row * channels, channels, eps,
                                               scale + sample * scale_step,
                                               shift + sample * shift_step, divisor, row_values,
                                               &lo, &hi) ||
          !out.choose_grid(lo, hi, row)) {
        finite = false;
        return;
      }
      if (row > first) out.encode(encoder, row_before, x + (row + 1) * channels, row - 1);
      std::swap(row_values, row_before);
    }
    out.encode(encoder, row_before, x + end * channels, end - 1);
  });
  return finite ? VIDITQ_OK : VIDITQ_NOT_FINITE;
}
