// Operators that only move values.
#include <cstring>

#include "pointwise/strided_loop.h"
#include "threads/context.h"

int viditq_gather(viditq_context* context, viditq_strided x, viditq_shape shape, float* out) {
  if (context == nullptr) return VIDITQ_NULL_POINTER;
  viditq::StridedLoop<1> loop;
  int status = viditq::StridedLoop<1>::of(shape, {&x}, &loop);
  if (status != VIDITQ_OK) return status;
  status = viditq::check_buffers({{x.values, x.count * 4}}, {{out, loop.size() * 4}});
  if (status != VIDITQ_OK) return status;

  const int64_t run = loop.run();
  const int64_t step = loop.step(0);
  context->pool.run_blocks(loop.runs(), viditq::task_rows(run), [&](int64_t from, int64_t to) {
    loop.for_each_run(from, to, [&](int64_t r, const int64_t* offsets) {
      const float* values = x.values + offsets[0];
      float* copies = out + r * run;
      if (step == 1) {
        std::memcpy(copies, values, run * sizeof(float));
      } else {
        for (int64_t i = 0; i < run; i++) copies[i] = values[i * step];
      }
    });
  });
  return VIDITQ_OK;
}

int viditq_copy_runs(viditq_context* context, const float* from, int64_t from_step, int64_t rows,
                     int64_t run, float* to, int64_t to_step) {
  if (context == nullptr) return VIDITQ_NULL_POINTER;
  if (from_step < run || to_step < run) return VIDITQ_BAD_SIZE;
  int64_t from_bytes;
  int64_t to_bytes;
  int status = viditq::float_bytes({rows, run}, &from_bytes);
  if (status == VIDITQ_OK) status = viditq::float_bytes({rows, from_step}, &from_bytes);
  if (status == VIDITQ_OK) status = viditq::float_bytes({rows, to_step}, &to_bytes);
  if (status != VIDITQ_OK) return status;
  // The last run is not followed by a step.
  status = viditq::check_buffers({{from, from_bytes - (from_step - run) * 4}},
                                 {{to, to_bytes - (to_step - run) * 4}});
  if (status != VIDITQ_OK) return status;

  context->pool.run_blocks(rows, viditq::task_rows(run), [=](int64_t first, int64_t last) {
    for (int64_t row = first; row < last; row++) {
      std::memcpy(to + row * to_step, from + row * from_step, run * sizeof(float));
    }
  });
  return VIDITQ_OK;
}

int viditq_upsample(viditq_context* context, const float* x, int64_t planes, int64_t height,
                    int64_t width, float* out) {
  if (context == nullptr) return VIDITQ_NULL_POINTER;
  int64_t bytes;
  int64_t out_bytes;
  int status = viditq::float_bytes({planes, height, width}, &bytes);
  if (status == VIDITQ_OK) status = viditq::float_bytes({planes, height, width, 4}, &out_bytes);
  if (status != VIDITQ_OK) return status;
  status = viditq::check_buffers({{x, bytes}}, {{out, out_bytes}});
  if (status != VIDITQ_OK) return status;

  context->pool.run_blocks(planes * height, viditq::task_rows(4 * width),
                           [=](int64_t from, int64_t to) {
                             for (int64_t row = from; row < to; row++) {
                               float* upper = out + row * 4 * width;
                               for (int64_t i = 0; i < width; i++) {
                                 upper[2 * i] = x[row * width + i];
                                 upper[2 * i + 1] = x[row * width + i];
                               }
                               std::memcpy(upper + 2 * width, upper, 2 * width * sizeof(float));
                             }
                           });
  return VIDITQ_OK;
}
