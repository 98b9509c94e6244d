// Sums and products of two arrays under broadcasting.
#include "pointwise/strided_loop.h"
#include "threads/context.h"

namespace viditq {
namespace {

using BinaryLoop = StridedLoop<2>;

template <typename Operation>
void combine_run(const Operation& operation, const float* a, int64_t a_step, const float* b,
                 int64_t b_step, int64_t count, float* out) {
  if (a_step == 1 && b_step == 1) {
    for (int64_t i = 0; i < count; i++) out[i] = operation(a[i], b[i]);
  } else if (a_step == 1 && b_step == 0) {
    for (int64_t i = 0; i < count; i++) out[i] = operation(a[i], *b);
  } else {
    for (int64_t i = 0; i < count; i++) out[i] = operation(a[i * a_step], b[i * b_step]);
  }
}

template <typename Operation>
void combine(ThreadPool& pool, const BinaryLoop& loop, const Operation& operation, const float* a,
             const float* b, float* out) {
  if (loop.runs() == 1) {  // the same shape, or a scalar: cut the run itself
    pool.run_blocks(loop.run(), kTaskFloats, [&](int64_t from, int64_t to) {
      combine_run(operation, a + from * loop.step(0), loop.step(0), b + from * loop.step(1),
                  loop.step(1), to - from, out + from);
    });
    return;
  }
  pool.run_blocks(loop.runs(), task_rows(loop.run()), [&](int64_t from, int64_t to) {
    loop.for_each_run(from, to, [&](int64_t run, const int64_t* offsets) {
      combine_run(operation, a + offsets[0], loop.step(0), b + offsets[1], loop.step(1), loop.run(),
                  out + run * loop.run());
    });
  });
}

}  // namespace
}  // namespace viditq

int viditq_combine(viditq_context* context, int operation, viditq_strided a, viditq_strided b,
                   viditq_shape shape, float* out) {
  if (context == nullptr) return VIDITQ_NULL_POINTER;
  if (operation != VIDITQ_ADD && operation != VIDITQ_MULTIPLY) return VIDITQ_BAD_ARGUMENT;
  viditq::BinaryLoop loop;
  int status = viditq::BinaryLoop::of(shape, {&a, &b}, &loop);
  if (status != VIDITQ_OK) return status;
  status = viditq::check_buffers({{a.values, a.count * 4}, {b.values, b.count * 4}},
                                 {{out, loop.size() * 4}});
  if (status != VIDITQ_OK) return status;

  if (operation == VIDITQ_ADD) {
    viditq::combine(
        context->pool, loop, [](float x, float y) { return x + y; }, a.values, b.values, out);
  } else {
    viditq::combine(
        context->pool, loop, [](float x, float y) { return x * y; }, a.values, b.values, out);
  }
  return VIDITQ_OK;
}
