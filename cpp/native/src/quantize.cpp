// Quantization of activations.
#include "arguments.h"
#include "token_codes.h"

namespace viditq {
namespace {

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
using viditq::RowKernels;

int viditq_measure_range(const float* x, int64_t rows, int64_t columns, int64_t groups, int isa,
                         float* lo, float* hi) {
  int64_t x_bytes;
  int status = viditq::check_extents(rows, columns, groups, &x_bytes);
  if (status != VIDITQ_OK) return status;
  status = viditq::check_buffers({{x, x_bytes}}, {{lo, groups * 4}, {hi, groups * 4}});
  if (status != VIDITQ_OK) return status;

  const RowKernels* kernels = viditq::rows_for(isa);
  if (kernels == nullptr) return VIDITQ_BAD_ISA;
  for (int64_t group = 0; group < groups; group++) {
    lo[group] = 0.0f;
    hi[group] = 0.0f;
  }
  for (int64_t row = 0; row < rows; row++) {
    const int64_t group = row % groups;
    if (!kernels->extend_range(x + row * columns, columns, &lo[group], &hi[group])) {
      return VIDITQ_NOT_FINITE;
    }
  }
  return VIDITQ_OK;
}

int viditq_encode(const float* x, int64_t rows, int64_t columns, int64_t groups, int bits,
                  int symmetric, int isa, const float* scale, const int32_t* zero_point,
                  uint8_t* codes, int32_t* row_sum) {
  const IntegerFormat format{bits, symmetric != 0};
  int64_t x_bytes;
  int status = viditq::check_extents(format, rows, columns, groups, &x_bytes);
  if (status != VIDITQ_OK) return status;
  status = viditq::check_buffers({{x, x_bytes}, {scale, groups * 4}, {zero_point, groups * 4}},
                                 {{codes, rows * columns}, {row_sum, rows * 4}});
  if (status != VIDITQ_OK) return status;

  const RowKernels* kernels = viditq::rows_for(isa);
  if (kernels == nullptr) return VIDITQ_BAD_ISA;
  for (int64_t group = 0; group < groups; group++) {
    const Grid grid{scale[group], zero_point[group]};
    if (!grid.valid()) return VIDITQ_BAD_GRID;
  }
  for (int64_t row = 0; row < rows; row++) {
    const float* values = x + row * columns;
    float lo = 0.0f;
    float hi = 0.0f;
    if (!kernels->extend_range(values, columns, &lo, &hi)) return VIDITQ_NOT_FINITE;
    const Grid grid{scale[row % groups], zero_point[row % groups]};
    row_sum[row] =
        grid.encode(format, *kernels, values, columns, values + columns, codes + row * columns);
  }
  return VIDITQ_OK;
}

int viditq_quantize_tokens(const float* x, int64_t rows, int64_t columns, int bits, int symmetric,
                           int isa, uint8_t* codes, float* scale, int32_t* zero_point,
                           int32_t* row_sum) {
  const IntegerFormat format{bits, symmetric != 0};
  int64_t x_bytes;
  int status = viditq::check_extents(format, rows, columns, rows, &x_bytes);
  if (status != VIDITQ_OK) return status;
  status = viditq::check_buffers(
      {{x, x_bytes}},
      {{codes, rows * columns}, {scale, rows * 4}, {zero_point, rows * 4}, {row_sum, rows * 4}});
  if (status != VIDITQ_OK) return status;

  const RowKernels* kernels = viditq::rows_for(isa);
  if (kernels == nullptr) return VIDITQ_BAD_ISA;
  const viditq::TokenCodes out{format, columns, codes, scale, zero_point, row_sum};
  const bool finite = out.quantize(*kernels, x, columns, nullptr, nullptr, 0, rows);
  return finite ? VIDITQ_OK : VIDITQ_NOT_FINITE;
}
