// Rotation of rows, alone or with token quantization while the first-level cache has the row.
#include <cstring>

#include "quantize/rotation.h"
#include "quantize/token_codes.h"
#include "threads/context.h"

namespace {

// What is rotated: values / divisors [rows, columns].
struct RotatedRows {
  const float* values;
  const float* divisors;  // null for 1
  int64_t columns;
  viditq::Rotation rotation;

  int check_matrix() const {
    return rotation.base > 1 && rotation.matrix == nullptr ? VIDITQ_NULL_POINTER : VIDITQ_OK;
  }
  viditq::Buffer values_buffer(int64_t rows) const { return {values, rows * columns * 4}; }
  viditq::Buffer divisors_buffer() const { return viditq::optional(divisors, columns * 4, values); }

  // `spare` has room for a row.
  void write(const viditq::RowKernels& kernels, int64_t row, float* out, float* spare) const {
    const float* from = values + row * columns;
    if (divisors != nullptr) {
      kernels.divide(from, divisors, columns, out);
    } else {
      std::memcpy(out, from, static_cast<size_t>(columns) * sizeof(float));
    }
    kernels.rotate(out, columns, rotation, spare);
  }
};

// Whole cache lines.
int64_t row_floats(int64_t columns) { return (columns + 15) / 16 * 16; }

}  // namespace

int viditq_rotate(viditq_context* context, const float* x, int64_t rows, int64_t columns,
                  const float* divisors, viditq_rotation rotation, float* out) {
  if (context == nullptr) return VIDITQ_NULL_POINTER;
  const viditq::FloatEnvironment environment;
  int64_t bytes;
  int status = viditq::float_bytes({rows, columns}, &bytes);
  if (status != VIDITQ_OK) return status;
  const RotatedRows in{x, divisors, columns, viditq::Rotation(rotation)};
  if (!in.rotation.fits(columns)) return VIDITQ_BAD_SIZE;
  status = in.check_matrix();
  if (status != VIDITQ_OK) return status;
  status = viditq::check_buffers({in.values_buffer(rows), in.divisors_buffer()}, {{out, bytes}});
  if (status != VIDITQ_OK) return status;

  const int64_t floats = row_floats(columns);
  const auto spare = viditq::allocate<float>(floats * context->pool.threads());
  if (spare == nullptr) return VIDITQ_NO_MEMORY;
  const viditq::RowKernels& kernels = *viditq::rows_for(context->isa);
  viditq::all_finite(context->pool, rows, viditq::kQuantizeRows,
                     [&](int64_t from, int64_t to, int thread) {
                       for (int64_t row = from; row < to; row++) {
                         in.write(kernels, row, out + row * columns, spare.get() + thread * floats);
                       }
                       return true;
                     });
  return VIDITQ_OK;
}

int viditq_quantize_rotated_tokens(viditq_context* context, const float* x, const float* divisors,
                                   viditq_rotation rotation, viditq_tokens out) {
  if (context == nullptr) return VIDITQ_NULL_POINTER;
  const viditq::FloatEnvironment environment;
  const viditq::TokenCodes codes(out);
  int status = codes.check();
  if (status != VIDITQ_OK) return status;
  const RotatedRows in{x, divisors, out.columns, viditq::Rotation(rotation)};
  if (!in.rotation.fits(out.columns)) return VIDITQ_BAD_SIZE;
  status = in.check_matrix();
  if (status != VIDITQ_OK) return status;
  const viditq::TokenBuffers outputs(out);
  status =
      viditq::check_buffers({in.values_buffer(out.rows), in.divisors_buffer()},
                            {outputs.codes, outputs.scale, outputs.zero_point, outputs.row_sum});
  if (status != VIDITQ_OK) return status;

  const int64_t floats = row_floats(out.columns);
  const auto memory = viditq::allocate<float>(2 * floats * context->pool.threads());
  if (memory == nullptr) return VIDITQ_NO_MEMORY;
  const viditq::RowKernels& kernels = *viditq::rows_for(context->isa);
  const bool finite = viditq::all_finite(context->pool, out.rows, viditq::kQuantizeRows,
                                         [&](int64_t from, int64_t to, int thread) {
                                           float* values = memory.get() + 2 * thread * floats;
                                           for (int64_t row = from; row < to; row++) {
                                             in.write(kernels, row, values, values + floats);
                                             if (!codes.find_grid(kernels, values, row))
                                               return false;
                                             codes.encode(kernels, values, values, row);
                                           }
                                           return true;
                                         });
  return finite ? VIDITQ_OK : VIDITQ_NOT_FINITE;
}
