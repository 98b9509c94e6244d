// LayerNorm, RMSNorm and GroupNorm.
#include "context.h"
#include "extents.h"
#include "viditq_operators.h"

using viditq::optional;

int viditq_layer_norm(viditq_context* context, const float* x, int64_t rows, int64_t channels,
                      const float* gamma, const float* beta, float eps, float* out) {
  if (context == nullptr) return VIDITQ_NULL_POINTER;
  int64_t bytes;
  int status = viditq::float_bytes({rows, channels}, &bytes);
  if (status != VIDITQ_OK) return status;
  status = viditq::check_buffers(
      {{x, bytes}, optional(gamma, channels * 4, x), optional(beta, channels * 4, x)},
      {{out, bytes}});
  if (status != VIDITQ_OK) return status;

  context->pool.run_blocks(rows, viditq::task_rows(channels), [=](int64_t from, int64_t to) {
    for (int64_t row = from; row < to; row++) {
      context->kernels.normalize_row(x + row * channels, channels, eps, gamma, 0.0f, beta,
                                     out + row * channels);
    }
  });
  return VIDITQ_OK;
}

int viditq_layer_norm_modulate(viditq_context* context, const float* x, int64_t batch,
                               int64_t tokens, int64_t channels, const float* shift,
                               int64_t shift_batch, const float* scale, int64_t scale_batch,
                               float eps, float* out) {
  if (context == nullptr) return VIDITQ_NULL_POINTER;
  int64_t bytes;
  int status = viditq::float_bytes({batch, tokens, channels}, &bytes);
  if (status != VIDITQ_OK) return status;
  if ((shift_batch != 1 && shift_batch != batch) || (scale_batch != 1 && scale_batch != batch)) {
    return VIDITQ_BAD_SIZE;
  }
  status = viditq::check_buffers(
      {{x, bytes}, {shift, shift_batch * channels * 4}, {scale, scale_batch * channels * 4}},
      {{out, bytes}});
  if (status != VIDITQ_OK) return status;

  const int64_t shift_step = shift_batch == 1 ? 0 : channels;
  const int64_t scale_step = scale_batch == 1 ? 0 : channels;
  context->pool.run_blocks(
      batch * tokens, viditq::task_rows(channels), [=](int64_t from, int64_t to) {
        for (int64_t row = from; row < to; row++) {
          const int64_t sample = row / tokens;
          context->kernels.normalize_row(x + row * channels, channels, eps,
                                         scale + sample * scale_step, 1.0f,
                                         shift + sample * shift_step, out + row * channels);
        }
      });
  return VIDITQ_OK;
}

int viditq_rms_norm(viditq_context* context, const float* x, int64_t rows, int64_t channels,
                    const float* weight, float eps, float* out) {
  if (context == nullptr) return VIDITQ_NULL_POINTER;
  int64_t bytes;
  int status = viditq::float_bytes({rows, channels}, &bytes);
  if (status != VIDITQ_OK) return status;
  status = viditq::check_buffers({{x, bytes}, {weight, channels * 4}}, {{out, bytes}});
  if (status != VIDITQ_OK) return status;

  context->pool.run_blocks(rows, viditq::task_rows(channels), [=](int64_t from, int64_t to) {
    for (int64_t row = from; row < to; row++) {
      context->kernels.rms_row(x + row * channels, channels, eps, weight, out + row * channels);
    }
  });
  return VIDITQ_OK;
}

int viditq_group_norm(viditq_context* context, const float* x, int64_t batch, int64_t channels,
                      int64_t positions, int64_t groups, const float* gamma, const float* beta,
                      float eps, float* out) {
  if (context == nullptr) return VIDITQ_NULL_POINTER;
  int64_t bytes;
  int status = viditq::float_bytes({batch, channels, positions}, &bytes);
  if (status != VIDITQ_OK) return status;
  if (groups < 1 || channels % groups != 0) return VIDITQ_BAD_SIZE;
  status = viditq::check_buffers({{x, bytes}, {gamma, channels * 4}, {beta, channels * 4}},
                                 {{out, bytes}});
  if (status != VIDITQ_OK) return status;

  const int64_t group_channels = channels / groups;
  const int64_t group_size = group_channels * positions;
  context->pool.run_blocks(
      batch * groups, viditq::task_rows(group_size), [=](int64_t from, int64_t to) {
        for (int64_t task = from; task < to; task++) {
          const int64_t first_channel = task % groups * group_channels;
          context->kernels.normalize_group(x + task * group_size, group_channels, positions,
                                           gamma + first_channel, beta + first_channel, eps,
                                           out + task * group_size);
        }
      });
  return VIDITQ_OK;
}
