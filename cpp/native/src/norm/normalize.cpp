// LayerNorm, RMSNorm and GroupNorm.
#include "entry/extents.h"
#include "norm/modulation.h"
#include "threads/context.h"
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

int viditq_layer_norm_modulate(viditq_context* context, viditq_modulation operands, float* out) {
  if (context == nullptr) return VIDITQ_NULL_POINTER;
  const viditq::Modulation in(operands);
  int status = in.check();
  if (status != VIDITQ_OK) return status;
  const int64_t channels = in.channels;
  status = viditq::check_buffers({in.x_buffer(), in.shift_buffer(), in.scale_buffer()},
                                 {{out, in.rows() * channels * 4}});
  if (status != VIDITQ_OK) return status;

  context->pool.run_blocks(in.rows(), viditq::task_rows(channels), [=](int64_t from, int64_t to) {
    for (int64_t row = from; row < to; row++) {
      context->kernels.normalize_row(in.x + row * channels, channels, in.eps, in.scale_of(row),
                                     1.0f, in.shift_of(row), out + row * channels);
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

int viditq_group_norm(viditq_context* context, viditq_group_norm_operands in, float* out) {
  if (context == nullptr) return VIDITQ_NULL_POINTER;
  int64_t bytes;
  int status = viditq::float_bytes({in.batch, in.channels, in.positions}, &bytes);
  if (status != VIDITQ_OK) return status;
  if (in.groups < 1 || in.channels % in.groups != 0) return VIDITQ_BAD_SIZE;
  status = viditq::check_buffers(
      {{in.x, bytes}, {in.gamma, in.channels * 4}, {in.beta, in.channels * 4}}, {{out, bytes}});
  if (status != VIDITQ_OK) return status;

  const int64_t group_channels = in.channels / in.groups;
  const int64_t group_size = group_channels * in.positions;
  context->pool.run_blocks(
      in.batch * in.groups, viditq::task_rows(group_size), [=](int64_t from, int64_t to) {
        for (int64_t task = from; task < to; task++) {
          const int64_t first_channel = task % in.groups * group_channels;
          context->kernels.normalize_group(in.x + task * group_size, group_channels, in.positions,
                                           in.gamma + first_channel, in.beta + first_channel,
                                           in.eps, out + task * group_size);
        }
      });
  return VIDITQ_OK;
}
