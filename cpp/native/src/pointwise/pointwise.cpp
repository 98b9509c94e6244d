// Operators that treat every value by itself.
#include "entry/extents.h"
#include "threads/context.h"
#include "viditq_operators.h"

namespace {

int check_pointwise(viditq_context* context, const float* x, int64_t count, const float* out) {
  if (context == nullptr) return VIDITQ_NULL_POINTER;
  int64_t bytes;
  const int status = viditq::float_bytes({count}, &bytes);
  return status != VIDITQ_OK ? status : viditq::check_buffers({{x, bytes}}, {{out, bytes}});
}

}  // namespace

int viditq_activate(viditq_context* context, const float* x, int64_t count, int activation,
                    float* out) {
  const int status = check_pointwise(context, x, count, out);
  if (status != VIDITQ_OK) return status;
  if (activation < 0 || activation >= VIDITQ_ACTIVATION_COUNT) return VIDITQ_BAD_ARGUMENT;

  context->pool.run_blocks(count, viditq::kTaskFloats, [=](int64_t from, int64_t to) {
    context->kernels.activate(x + from, to - from, activation, out + from);
  });
  return VIDITQ_OK;
}

int viditq_scale(viditq_context* context, const float* x, int64_t count, float factor, float* out) {
  const int status = check_pointwise(context, x, count, out);
  if (status != VIDITQ_OK) return status;

  context->pool.run_blocks(count, viditq::kTaskFloats, [=](int64_t from, int64_t to) {
    for (int64_t i = from; i < to; i++) out[i] = x[i] * factor;
  });
  return VIDITQ_OK;
}
