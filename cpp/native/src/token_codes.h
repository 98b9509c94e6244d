// Rows of activations as codes, each row with its grid.
#pragma once

#include "affine_grid.h"
#include "viditq.h"

namespace viditq {

// Rows of a task that quantizes.
constexpr int64_t kQuantizeRows = 16;

// Where the codes of rows go: codes [rows, columns], the rest [rows].
struct TokenCodes {
  IntegerFormat format;
  int64_t columns;
  uint8_t* codes;
  float* scale;
  int32_t* zero_point;
  int32_t* row_sum;

  // Whether there is such a format, and sums of such rows fit.
  int check() const {
    if (!format.valid()) return VIDITQ_BAD_FORMAT;
    return columns <= format.max_columns() ? VIDITQ_OK : VIDITQ_OVERFLOW;
  }

  // Chooses the grid of a row of finite values from lo to hi, both clipped through zero; false if
  // hi - lo is beyond float32.
  bool choose_grid(float lo, float hi, int64_t row) const {
    Grid grid;
    if (!Grid::of(format, lo, hi, &grid)) return false;
    set_grid(grid, row);
    return true;
  }

  // Quantizes a row on the grid that was chosen for it. `ahead` as RowKernels has it, here and
  // below.
  void encode(const RowKernels& kernels, const float* values, const float* ahead,
              int64_t row) const {
    const Grid grid{scale[row], zero_point[row]};
    row_sum[row] =
        grid.encode_own(format, kernels, values, columns, ahead, codes + row * columns);
  }

  // Finds the grid of a row; false if a value is not finite, or the range beyond float32.
  bool find_grid(const RowKernels& kernels, const float* values, int64_t row) const {
    float lo = 0.0f;
    float hi = 0.0f;
    return kernels.extend_range(values, columns, &lo, &hi) && choose_grid(lo, hi, row);
  }

  // Quantizes a row on a given grid, which its values may exceed; false if a value is not finite.
  bool encode_on(const Grid& grid, const RowKernels& kernels, const float* values,
                 const float* ahead, int64_t row) const {
    float lo = 0.0f;
    float hi = 0.0f;
    if (!kernels.extend_range(values, columns, &lo, &hi)) return false;
    set_grid(grid, row);
    row_sum[row] = grid.encode(format, kernels, values, columns, ahead, codes + row * columns);
    return true;
  }

  // Quantizes rows from `from` to `to` - 1 of values / divisor, null for 1, each on a grid of its
  // own; the first of them is at `values`, the next `step` further. `divided` has room for two rows
  // where divisor is not null. A row is encoded when the range of the next one is known, so that
  // neither waits for the grid. False as find_grid.
  bool quantize(const RowKernels& kernels, const float* values, int64_t step, const float* divisor,
                float* divided, int64_t from, int64_t to) const {
    const float* before = nullptr;
    for (int64_t row = from; row < to; row++, values += step) {
      const float* x = values;
      if (divisor != nullptr) {
        float* own = divided + (row - from) % 2 * columns;
        kernels.divide(values, divisor, columns, own);
        x = own;
      }
      if (!find_grid(kernels, x, row)) return false;
      // The division reads the next row in order.
      const bool fetch = divisor == nullptr && row + 1 < to;
      if (before != nullptr) encode(kernels, before, fetch ? x + step : before, row - 1);
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

}  // namespace viditq
