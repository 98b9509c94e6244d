// Rows of activations as codes, each row with its grid.
#pragma once

#include <algorithm>
#include <atomic>

#include "entry/extents.h"
#include "quantize/affine_grid.h"
#include "threads/thread_pool.h"
#include "viditq_operators.h"

namespace viditq {

// Rows of a task that quantizes.
constexpr int64_t kQuantizeRows = 16;

// Calls body(from, to, thread) for blocks of 0..count-1 on the threads of the pool; false if one of
// the calls returns false, which stands for a value that is not finite.
template <typename Body>
bool all_finite(ThreadPool& pool, int64_t count, int64_t block, const Body& body) {
  std::atomic<bool> finite{true};
  pool.run((count + block - 1) / block, [&](int64_t task, int thread) {
    const int64_t from = task * block;
    if (!body(from, std::min(count, from + block), thread)) finite = false;
  });
  return finite;
}

// Where rows of codes are written.
struct TokenCodes : viditq_tokens {
  explicit TokenCodes(const viditq_tokens& tokens) : viditq_tokens(tokens) {}

  IntegerFormat format() const { return {bits, symmetric != 0}; }

  // Whether there is such a format, and sums of such rows fit; the buffers are checked apart.
  int check() const {
    int64_t bytes;
    const int status = float_bytes({rows, columns}, &bytes);
    if (status != VIDITQ_OK) return status;
    if (!format().valid()) return VIDITQ_BAD_FORMAT;
    return columns <= format().max_columns() ? VIDITQ_OK : VIDITQ_OVERFLOW;
  }

  // Chooses the grid of a row of finite values from lo to hi, both clipped through zero; false if
  // hi - lo is beyond float32.
  bool choose_grid(float lo, float hi, int64_t row) const {
    Grid grid;
    if (!Grid::of(format(), lo, hi, &grid)) return false;
    set_grid(grid, row);
    return true;
  }

  // Quantizes a row on the grid that was chosen for it. `next_row` as RowKernels has it, here and
  // below.
  void encode(const RowKernels& kernels, const float* values, const float* next_row,
              int64_t row) const {
    const Grid grid{scale[row], zero_point[row]};
    row_sum[row] =
        grid.encode_in_range(format(), kernels, values, columns, next_row, codes + row * columns);
  }

  // Finds the grid of a row; false if a value is not finite, or the range beyond float32.
  bool find_grid(const RowKernels& kernels, const float* values, int64_t row) const {
    float lo = 0.0f;
    float hi = 0.0f;
    return kernels.extend_range(values, columns, &lo, &hi) && choose_grid(lo, hi, row);
  }

  // Quantizes a row on a given grid, which its values may exceed; false if a value is not finite.
  bool encode_on(const Grid& grid, const RowKernels& kernels, const float* values,
                 const float* next_row, int64_t row) const {
    float lo = 0.0f;
    float hi = 0.0f;
    if (!kernels.extend_range(values, columns, &lo, &hi)) return false;
    set_grid(grid, row);
    row_sum[row] = grid.encode(format(), kernels, values, columns, next_row, codes + row * columns);
    return true;
  }

  // Quantizes rows from `from` to `to` - 1 of values / balance, null for 1, each on a grid of its
  // own; the first of them is at `values`, the next `step` further. `divided` has room for two rows
  // where balance is not null. A row is encoded when the range of the next one is known, so that
  // neither waits for the grid. False as find_grid.
  bool quantize(const RowKernels& kernels, const float* values, int64_t step, const float* balance,
                float* divided, int64_t from, int64_t to) const {
    const float* before = nullptr;
    for (int64_t row = from; row < to; row++, values += step) {
      const float* x = values;
      if (balance != nullptr) {
        float* own = divided + (row - from) % 2 * columns;
        kernels.divide(values, balance, columns, own);
        x = own;
      }
      if (!find_grid(kernels, x, row)) return false;
      // The division reads the next row in order.
      const bool prefetch = balance == nullptr && row + 1 < to;
      if (before != nullptr) encode(kernels, before, prefetch ? x + step : before, row - 1);
      before = x;
    }
    if (before != nullptr) encode(kernels, before, before, to - 1);
    return true;
  }

 private:
  void set_grid(const Grid& grid, int64_t row) const {
    scale[row] = grid.scale;
    zero_point[row] = grid.zero_point;
  }
};

// The buffers of checked tokens, for check_buffers.
struct TokenBuffers {
  Buffer codes;
  Buffer scale;
  Buffer zero_point;
  Buffer row_sum;

  explicit TokenBuffers(const viditq_tokens& tokens)
      : codes{tokens.codes, tokens.rows * tokens.columns},
        scale{tokens.scale, tokens.rows * 4},
        zero_point{tokens.zero_point, tokens.rows * 4},
        row_sum{tokens.row_sum, tokens.rows * 4} {}
};

}  // namespace viditq
