// Quantization of activations; portable.
#include <cmath>

#include "affine_grid.h"
#include "arguments.h"

namespace viditq {
namespace {

bool all_finite(const float* x, int64_t count) {
  float zero_if_finite = 0.0f;
  for (int64_t i = 0; i < count; i++) zero_if_finite += x[i] * 0.0f;
  return zero_if_finite == 0.0f;
}

// Extents of x and of the groups of its rows. *x_bytes is the size of x.
int check_extents(int64_t rows, int64_t columns, int64_t groups, int64_t* x_bytes) {
  if (rows < 1 || columns < 1 || groups < 1 || rows % groups != 0) return VIDITQ_BAD_SIZE;
  return byte_count(rows, columns, sizeof(float), x_bytes) ? VIDITQ_OK : VIDITQ_OVERFLOW;
}

// The same where x becomes codes.
int check_extents(const IntegerFormat& format, int64_t rows, int64_t columns, int64_t groups,
                  int64_t* x_bytes) {
  if (!format.valid()) return VIDITQ_BAD_FORMAT;
  const int status = check_extents(rows, columns, groups, x_bytes);
  if (status != VIDITQ_OK) return status;
  return columns <= format.max_columns() ? VIDITQ_OK : VIDITQ_OVERFLOW;
}

}  // namespace
}  // namespace viditq

using viditq::Grid;
using viditq::IntegerFormat;
using viditq::Range;

int viditq_measure_range(const float* x, int64_t rows, int64_t columns, int64_t groups, float* lo,
                         float* hi) {
  int64_t x_bytes;
  int status = viditq::check_extents(rows, columns, groups, &x_bytes);
  if (status != VIDITQ_OK) return status;
  status = viditq::check_buffers({{x, x_bytes}}, {{lo, groups * 4}, {hi, groups * 4}});
  if (status != VIDITQ_OK) return status;

  for (int64_t group = 0; group < groups; group++) {
    Range range;
    for (int64_t row = group; row < rows; row += groups) {
      range.include(x + row * columns, columns);
    }
    if (!range.finite) return VIDITQ_NOT_FINITE;
    lo[group] = range.lo;
    hi[group] = range.hi;
  }
  return VIDITQ_OK;
}

int viditq_encode(const float* x, int64_t rows, int64_t columns, int64_t groups, int bits,
                  int symmetric, const float* scale, const int32_t* zero_point, uint8_t* codes,
                  int32_t* row_sum) {
  const IntegerFormat format{bits, symmetric != 0};
  int64_t x_bytes;
  int status = viditq::check_extents(format, rows, columns, groups, &x_bytes);
  if (status != VIDITQ_OK) return status;
  status = viditq::check_buffers({{x, x_bytes}, {scale, groups * 4}, {zero_point, groups * 4}},
                                 {{codes, rows * columns}, {row_sum, rows * 4}});
  if (status != VIDITQ_OK) return status;

  for (int64_t group = 0; group < groups; group++) {
    const Grid grid{scale[group], zero_point[group]};
    if (!grid.valid()) return VIDITQ_BAD_GRID;
  }
  for (int64_t row = 0; row < rows; row++) {
    const float* values = x + row * columns;
    if (!viditq::all_finite(values, columns)) return VIDITQ_NOT_FINITE;
    const Grid grid{scale[row % groups], zero_point[row % groups]};
    row_sum[row] = grid.encode(format, values, columns, codes + row * columns);
  }
  return VIDITQ_OK;
}

int viditq_quantize_tokens(const float* x, int64_t rows, int64_t columns, int bits, int symmetric,
                           uint8_t* codes, float* scale, int32_t* zero_point, int32_t* row_sum) {
  const IntegerFormat format{bits, symmetric != 0};
  int64_t x_bytes;
  int status = viditq::check_extents(format, rows, columns, rows, &x_bytes);
  if (status != VIDITQ_OK) return status;
  status = viditq::check_buffers(
      {{x, x_bytes}},
      {{codes, rows * columns}, {scale, rows * 4}, {zero_point, rows * 4}, {row_sum, rows * 4}});
  if (status != VIDITQ_OK) return status;

  for (int64_t row = 0; row < rows; row++) {
    const float* values = x + row * columns;
    Range range;
    range.include(values, columns);
    Grid grid;
    if (!Grid::of(format, range, &grid)) return VIDITQ_NOT_FINITE;
    scale[row] = grid.scale;
    zero_point[row] = grid.zero_point;
    row_sum[row] = grid.encode(format, values, columns, codes + row * columns);
  }
  return VIDITQ_OK;
}
