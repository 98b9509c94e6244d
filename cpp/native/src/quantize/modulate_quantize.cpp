// LayerNorm, modulation and token quantization of each row while the first-level cache has it.
#include <algorithm>
#include <utility>

#include "norm/modulation.h"
#include "quantize/token_codes.h"
#include "threads/context.h"

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

int viditq_layer_norm_modulate_quantize(viditq_context* context, viditq_modulation operands,
                                        const float* balance, viditq_tokens out) {
  if (context == nullptr) return VIDITQ_NULL_POINTER;
  const viditq::FloatEnvironment environment;
  const viditq::Modulation in(operands);
  int status = in.check();
  if (status != VIDITQ_OK) return status;
  const int64_t rows = in.rows();
  const int64_t channels = in.channels;
  if (out.rows != rows || out.columns != channels) return VIDITQ_BAD_SIZE;
  const viditq::TokenCodes codes(out);
  status = codes.check();
  if (status != VIDITQ_OK) return status;
  const viditq::TokenBuffers outputs(out);
  status =
      viditq::check_buffers({in.x_buffer(), in.shift_buffer(), in.scale_buffer(),
                             viditq::optional(balance, channels * 4, in.x)},
                            {outputs.codes, outputs.scale, outputs.zero_point, outputs.row_sum});
  if (status != VIDITQ_OK) return status;

  const viditq::RowKernels& encoder = *viditq::rows_for(context->isa);
  if (!finite(encoder, in.shift, in.shift_batch * channels) ||
      !finite(encoder, in.scale, in.scale_batch * channels) ||
      (balance != nullptr &&
       (!finite(encoder, balance, channels) || !none_zero(balance, channels)))) {
    return VIDITQ_NOT_FINITE;
  }

  // Two rows per thread, in whole cache lines. One is encoded when the next has been modulated,
  // which need not wait until the grid is known.
  const int64_t row_floats = (channels + 15) / 16 * 16;
  const auto values = viditq::allocate<float>(2 * row_floats * context->pool.threads());
  if (values == nullptr) return VIDITQ_NO_MEMORY;
  const bool all_finite = viditq::all_finite(
      context->pool, rows, viditq::kQuantizeRows, [&](int64_t first, int64_t end, int thread) {
        float* row_values = values.get() + 2 * thread * row_floats;
        float* row_before = row_values + row_floats;
        for (int64_t row = first; row < end; row++) {
          float lo;
          float hi;
          if (!context->kernels.modulate_row_range(in.x + row * channels, channels, in.eps,
                                                   in.scale_of(row), in.shift_of(row), balance,
                                                   row_values, &lo, &hi) ||
              !codes.choose_grid(lo, hi, row)) {
            return false;
          }
          if (row > first) codes.encode(encoder, row_before, in.x + (row + 1) * channels, row - 1);
          std::swap(row_values, row_before);
        }
        codes.encode(encoder, row_before, in.x + end * channels, end - 1);
        return true;
      });
  return all_finite ? VIDITQ_OK : VIDITQ_NOT_FINITE;
}
