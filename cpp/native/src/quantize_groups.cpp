// Quantization of rows that share grids, on the threads of a context.
#include <algorithm>
#include <atomic>

#include "context.h"
#include "extents.h"
#include "token_codes.h"
#include "viditq_operators.h"

namespace viditq {
namespace {

// x [rows, columns] / divisor, row r belonging to group r % groups.
struct GroupedRows {
  const float* x;
  const float* divisor;  // null for 1
  int64_t rows;
  int64_t columns;
  int64_t groups;

  int check(int64_t* x_bytes) const {
    const int status = float_bytes({rows, columns}, x_bytes);
    if (status != VIDITQ_OK) return status;
    return groups >= 1 && rows % groups == 0 ? VIDITQ_OK : VIDITQ_BAD_SIZE;
  }

  // A row's values; `divided` has room for a row where there is a divisor.
  const float* row(const RowKernels& kernels, int64_t index, float* divided) const {
    const float* values = x + index * columns;
    if (divisor == nullptr) return values;
    kernels.divide(values, divisor, columns, divided);
    return divided;
  }

  // A divided row per thread; one float where nothing is divided.
  AlignedBuffer<float> room(const ThreadPool& pool) const {
    return allocate<float>(divisor == nullptr ? 1 : columns * pool.threads());
  }
};

}  // namespace
}  // namespace viditq

int viditq_measure_groups(viditq_context* context, const float* x, const float* divisor,
                          int64_t rows, int64_t columns, int64_t groups, float* lo, float* hi) {
  if (context == nullptr) return VIDITQ_NULL_POINTER;
  const viditq::GroupedRows in{x, divisor, rows, columns, groups};
  int64_t x_bytes;
  int status = in.check(&x_bytes);
  if (status != VIDITQ_OK) return status;
  status = viditq::check_buffers({{x, x_bytes}, viditq::optional(divisor, columns * 4, x)},
                                 {{lo, groups * 4}, {hi, groups * 4}});
  if (status != VIDITQ_OK) return status;

  const auto room = in.room(context->pool);
  if (room == nullptr) return VIDITQ_NO_MEMORY;
  const viditq::RowKernels& kernels = *viditq::rows_for(context->isa);
  const int64_t block = std::max<int64_t>(1, viditq::kQuantizeRows / (rows / groups));
  std::atomic<bool> finite{true};
  context->pool.run((groups + block - 1) / block, [&](int64_t task, int thread) {
    float* divided = divisor == nullptr ? nullptr : room.get() + thread * columns;
    const int64_t first = task * block;
    for (int64_t group = first; group < std::min(groups, first + block); group++) {
      // Not in place: other threads write to the same cache line.
      float low = 0.0f;
      float high = 0.0f;
      for (int64_t row = group; row < rows; row += groups) {
        if (!kernels.extend_range(in.row(kernels, row, divided), columns, &low, &high)) {
          finite = false;
          return;
        }
      }
      lo[group] = low;
      hi[group] = high;
    }
  });
  return finite ? VIDITQ_OK : VIDITQ_NOT_FINITE;
}

int viditq_quantize_groups(viditq_context* context, const float* x, const float* divisor,
                           int64_t rows, int64_t columns, int64_t groups, int bits,
                           int is_symmetric, const float* group_scale,
                           const int32_t* group_zero_point, uint8_t* codes, float* scale,
                           int32_t* zero_point, int32_t* row_sum) {
  if (context == nullptr) return VIDITQ_NULL_POINTER;
  const viditq::GroupedRows in{x, divisor, rows, columns, groups};
  int64_t x_bytes;
  int status = in.check(&x_bytes);
  if (status != VIDITQ_OK) return status;
  const viditq::TokenCodes out{
      {bits, is_symmetric != 0}, columns, codes, scale, zero_point, row_sum};
  status = out.check();
  if (status != VIDITQ_OK) return status;
  status = viditq::check_buffers(
      {{x, x_bytes},
       viditq::optional(divisor, columns * 4, x),
       {group_scale, groups * 4},
       {group_zero_point, groups * 4}},
      {{codes, rows * columns}, {scale, rows * 4}, {zero_point, rows * 4}, {row_sum, rows * 4}});
  if (status != VIDITQ_OK) return status;
  for (int64_t group = 0; group < groups; group++) {
    const viditq::Grid grid{group_scale[group], group_zero_point[group]};
    if (!grid.valid()) return VIDITQ_BAD_GRID;
  }

  const auto room = in.room(context->pool);
  if (room == nullptr) return VIDITQ_NO_MEMORY;
  const viditq::RowKernels& kernels = *viditq::rows_for(context->isa);
  std::atomic<bool> finite{true};
  const int64_t tasks = (rows + viditq::kQuantizeRows - 1) / viditq::kQuantizeRows;
  context->pool.run(tasks, [&](int64_t task, int thread) {
    float* divided = divisor == nullptr ? nullptr : room.get() + thread * columns;
    const int64_t first = task * viditq::kQuantizeRows;
    for (int64_t row = first; row < std::min(rows, first + viditq::kQuantizeRows); row++) {
      const viditq::Grid grid{group_scale[row % groups], group_zero_point[row % groups]};
      if (!out.encode_on(grid, kernels, in.row(kernels, row, divided), x + (row + 1) * columns,
                         row)) {
        finite = false;
        return;
      }
    }
  });
  return finite ? VIDITQ_OK : VIDITQ_NOT_FINITE;
}
