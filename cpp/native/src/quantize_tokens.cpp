// Token quantization on the threads of a context.
#include <algorithm>
#include <atomic>

#include "context.h"
#include "extents.h"
#include "token_codes.h"
#include "viditq_operators.h"

int viditq_quantize(viditq_context* context, const float* x, const float* divisor, int64_t rows,
                    int64_t columns, int bits, int is_symmetric, uint8_t* codes, float* scale,
                    int32_t* zero_point, int32_t* row_sum) {
  if (context == nullptr) return VIDITQ_NULL_POINTER;
  int64_t x_bytes;
  int status = viditq::float_bytes({rows, columns}, &x_bytes);
  if (status != VIDITQ_OK) return status;
  const viditq::TokenCodes out{
      {bits, is_symmetric != 0}, columns, codes, scale, zero_point, row_sum};
  status = out.check();
  if (status != VIDITQ_OK) return status;
  status = viditq::check_buffers(
      {{x, x_bytes}, viditq::optional(divisor, columns * 4, x)},
      {{codes, rows * columns}, {scale, rows * 4}, {zero_point, rows * 4}, {row_sum, rows * 4}});
  if (status != VIDITQ_OK) return status;

  // Two divided rows per thread; they are quantized while the first-level cache has them.
  const auto divided =
      viditq::allocate<float>(divisor == nullptr ? 1 : 2 * columns * context->pool.threads());
  if (divided == nullptr) return VIDITQ_NO_MEMORY;
  const viditq::RowKernels& kernels = *viditq::rows_for(context->isa);
  std::atomic<bool> finite{true};
  const int64_t tasks = (rows + viditq::kQuantizeRows - 1) / viditq::kQuantizeRows;
  context->pool.run(tasks, [&](int64_t task, int thread) {
    const int64_t first = task * viditq::kQuantizeRows;
    if (!out.quantize(kernels, x + first * columns, columns, divisor,
                      divided.get() + 2 * thread * columns, first,
                      std::min(rows, first + viditq::kQuantizeRows))) {
      finite = false;
    }
  });
  return finite ? VIDITQ_OK : VIDITQ_NOT_FINITE;
}
