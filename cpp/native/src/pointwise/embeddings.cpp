// Table look-up, the sinusoidal timestep embedding and rotary positions.
#include <cmath>
#include <cstring>

#include "entry/extents.h"
#include "threads/context.h"
#include "viditq_operators.h"

int viditq_embed(viditq_context* context, const float* table, int64_t vocabulary, int64_t channels,
                 const int32_t* indices, int64_t count, float* out) {
  if (context == nullptr) return VIDITQ_NULL_POINTER;
  int64_t table_bytes;
  int64_t out_bytes;
  int status = viditq::float_bytes({vocabulary, channels}, &table_bytes);
  if (status == VIDITQ_OK) status = viditq::float_bytes({count, channels}, &out_bytes);
  if (status != VIDITQ_OK) return status;
  status = viditq::check_buffers({{table, table_bytes}, {indices, count * 4}}, {{out, out_bytes}});
  if (status != VIDITQ_OK) return status;
  for (int64_t i = 0; i < count; i++) {
    if (indices[i] < 0 || indices[i] >= vocabulary) return VIDITQ_BAD_ARGUMENT;
  }

  context->pool.run_blocks(count, viditq::task_rows(channels), [=](int64_t from, int64_t to) {
    for (int64_t i = from; i < to; i++) {
      std::memcpy(out + i * channels, table + indices[i] * channels, channels * sizeof(float));
    }
  });
  return VIDITQ_OK;
}

int viditq_timestep_embedding(viditq_context* context, const float* timesteps, int64_t batch,
                              int64_t dimension, int flip, float shift, float* out) {
  if (context == nullptr) return VIDITQ_NULL_POINTER;
  const viditq::FloatEnvironment environment;
  int64_t out_bytes;
  int status = viditq::float_bytes({batch, dimension}, &out_bytes);
  if (status != VIDITQ_OK) return status;
  const int64_t half = dimension / 2;
  if (half < 1 || !(static_cast<float>(half) - shift > 0.0f)) return VIDITQ_BAD_SIZE;
  status = viditq::check_buffers({{timesteps, batch * 4}}, {{out, out_bytes}});
  if (status != VIDITQ_OK) return status;

  const int64_t sines = flip ? half : 0;
  const int64_t cosines = flip ? 0 : half;
  const float log_period = static_cast<float>(-std::log(10000.0));
  for (int64_t i = 0; i < half; i++) {
    const float exponent = log_period * static_cast<float>(i) / (static_cast<float>(half) - shift);
    const float frequency = static_cast<float>(std::exp(static_cast<double>(exponent)));
    for (int64_t b = 0; b < batch; b++) {
      const double angle = timesteps[b] * frequency;
      out[b * dimension + sines + i] = static_cast<float>(std::sin(angle));
      out[b * dimension + cosines + i] = static_cast<float>(std::cos(angle));
    }
  }
  if (dimension % 2 != 0) {
    for (int64_t b = 0; b < batch; b++) out[(b + 1) * dimension - 1] = 0.0f;
  }
  return VIDITQ_OK;
}

int viditq_rotary(viditq_context* context, viditq_rotary_operands in, float* out) {
  if (context == nullptr) return VIDITQ_NULL_POINTER;
  int64_t bytes;
  int status = viditq::float_bytes({in.batch, in.tokens, in.heads, in.d}, &bytes);
  if (status != VIDITQ_OK) return status;
  if (in.d % 2 != 0) return VIDITQ_BAD_SIZE;
  const int64_t table_bytes = in.tokens * in.d * 4;
  status = viditq::check_buffers(
      {{in.x, bytes}, {in.cosines, table_bytes}, {in.sines, table_bytes}}, {{out, bytes}});
  if (status != VIDITQ_OK) return status;

  context->pool.run_blocks(in.batch * in.tokens * in.heads, viditq::task_rows(in.d),
                           [=](int64_t from, int64_t to) {
                             for (int64_t row = from; row < to; row++) {
                               const float* c = in.cosines + row / in.heads % in.tokens * in.d;
                               const float* s = in.sines + row / in.heads % in.tokens * in.d;
                               const float* x = in.x + row * in.d;
                               float* result = out + row * in.d;
                               for (int64_t i = 0; i < in.d; i += 2) {
                                 result[i] = x[i] * c[i] - x[i + 1] * s[i];
                                 result[i + 1] = x[i + 1] * c[i + 1] + x[i] * s[i + 1];
                               }
                             }
                           });
  return VIDITQ_OK;
}
