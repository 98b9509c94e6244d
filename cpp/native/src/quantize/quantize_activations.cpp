// Activations as codes, on the threads of a context: each row on a grid of its own, or on given
// grids that rows share, whose ranges are measured here, too.
#include "quantize/token_codes.h"
#include "threads/context.h"

namespace viditq {
namespace {

// What is quantized: values / balance [rows, columns].
struct BalancedRows {
  const float* values;
  const float* balance;  // null for 1
  int64_t rows;
  int64_t columns;

  Buffer values_buffer() const { return {values, rows * columns * 4}; }
  Buffer balance_buffer() const { return optional(balance, columns * 4, values); }

  // A row's values; `divided` has room for a row where there is a balance.
  const float* row(const RowKernels& kernels, int64_t index, float* divided) const {
    const float* from = values + index * columns;
    if (balance == nullptr) return from;
    kernels.divide(from, balance, columns, divided);
    return divided;
  }
};

// Room for some divided rows per thread; they are quantized while the first-level cache has them.
class DividedRows {
 public:
  DividedRows(const BalancedRows& in, int64_t rows_per_thread, const ThreadPool& pool)
      : needed_(in.balance != nullptr), floats_(rows_per_thread * in.columns) {
    if (needed_) rows_ = allocate<float>(floats_ * pool.threads());
  }

  bool no_memory() const { return needed_ && rows_ == nullptr; }
  float* of_thread(int thread) const { return needed_ ? rows_.get() + thread * floats_ : nullptr; }

 private:
  const bool needed_;
  const int64_t floats_;
  AlignedBuffer<float> rows_;
};

// Row r belongs to group r % groups.
int check_groups(int64_t rows, int64_t groups) {
  return groups >= 1 && rows % groups == 0 ? VIDITQ_OK : VIDITQ_BAD_SIZE;
}

}  // namespace
}  // namespace viditq

int viditq_quantize_tokens(viditq_context* context, const float* x, const float* balance,
                           viditq_tokens out) {
  if (context == nullptr) return VIDITQ_NULL_POINTER;
  const viditq::TokenCodes codes(out);
  int status = codes.check();
  if (status != VIDITQ_OK) return status;
  const viditq::BalancedRows in{x, balance, out.rows, out.columns};
  const viditq::TokenBuffers outputs(out);
  status =
      viditq::check_buffers({in.values_buffer(), in.balance_buffer()},
                            {outputs.codes, outputs.scale, outputs.zero_point, outputs.row_sum});
  if (status != VIDITQ_OK) return status;

  const viditq::DividedRows divided(in, 2, context->pool);
  if (divided.no_memory()) return VIDITQ_NO_MEMORY;
  const viditq::RowKernels& kernels = *viditq::rows_for(context->isa);
  const bool finite = viditq::all_finite(
      context->pool, out.rows, viditq::kQuantizeRows, [&](int64_t from, int64_t to, int thread) {
        return codes.quantize(kernels, x + from * out.columns, out.columns, balance,
                              divided.of_thread(thread), from, to);
      });
  return finite ? VIDITQ_OK : VIDITQ_NOT_FINITE;
}

int viditq_measure_range(viditq_context* context, const float* x, const float* balance,
                         int64_t rows, int64_t columns, int64_t groups, float* lo, float* hi) {
  if (context == nullptr) return VIDITQ_NULL_POINTER;
  const viditq::BalancedRows in{x, balance, rows, columns};
  int64_t bytes;
  int status = viditq::float_bytes({rows, columns}, &bytes);
  if (status == VIDITQ_OK) status = viditq::check_groups(rows, groups);
  if (status != VIDITQ_OK) return status;
  status = viditq::check_buffers({in.values_buffer(), in.balance_buffer()},
                                 {{lo, groups * 4}, {hi, groups * 4}});
  if (status != VIDITQ_OK) return status;

  const viditq::DividedRows divided(in, 1, context->pool);
  if (divided.no_memory()) return VIDITQ_NO_MEMORY;
  const viditq::RowKernels& kernels = *viditq::rows_for(context->isa);
  const int64_t block = std::max<int64_t>(1, viditq::kQuantizeRows / (rows / groups));
  const bool finite =
      viditq::all_finite(context->pool, groups, block, [&](int64_t from, int64_t to, int thread) {
        for (int64_t group = from; group < to; group++) {
          // Not in place: other threads write to the same cache line.
          float low = 0.0f;
          float high = 0.0f;
          for (int64_t row = group; row < rows; row += groups) {
            const float* values = in.row(kernels, row, divided.of_thread(thread));
            if (!kernels.extend_range(values, columns, &low, &high)) return false;
          }
          lo[group] = low;
          hi[group] = high;
        }
        return true;
      });
  return finite ? VIDITQ_OK : VIDITQ_NOT_FINITE;
}

int viditq_quantize_groups(viditq_context* context, const float* x, const float* balance,
                           int64_t groups, const float* group_scale,
                           const int32_t* group_zero_point, viditq_tokens out) {
  if (context == nullptr) return VIDITQ_NULL_POINTER;
  const viditq::FloatEnvironment environment;
  const viditq::TokenCodes codes(out);
  int status = codes.check();
  if (status == VIDITQ_OK) status = viditq::check_groups(out.rows, groups);
  if (status != VIDITQ_OK) return status;
  const viditq::BalancedRows in{x, balance, out.rows, out.columns};
  const viditq::TokenBuffers outputs(out);
  status =
      viditq::check_buffers({in.values_buffer(),
                             in.balance_buffer(),
                             {group_scale, groups * 4},
                             {group_zero_point, groups * 4}},
                            {outputs.codes, outputs.scale, outputs.zero_point, outputs.row_sum});
  if (status != VIDITQ_OK) return status;
  const auto grid = [&](int64_t group) {
    return viditq::Grid{group_scale[group], group_zero_point[group]};
  };
  for (int64_t group = 0; group < groups; group++) {
    if (!grid(group).valid()) return VIDITQ_BAD_GRID;
  }

  const viditq::DividedRows divided(in, 1, context->pool);
  if (divided.no_memory()) return VIDITQ_NO_MEMORY;
  const viditq::RowKernels& kernels = *viditq::rows_for(context->isa);
  const bool finite = viditq::all_finite(
      context->pool, out.rows, viditq::kQuantizeRows, [&](int64_t from, int64_t to, int thread) {
        for (int64_t row = from; row < to; row++) {
          const float* values = in.row(kernels, row, divided.of_thread(thread));
          const float* next_row = x + (row + 1) * out.columns;
          if (!codes.encode_on(grid(row % groups), kernels, values, next_row, row)) return false;
        }
        return true;
      });
  return finite ? VIDITQ_OK : VIDITQ_NOT_FINITE;
}
