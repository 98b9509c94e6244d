// Quantized linear layers whose result is the input of another one: rows become codes block by
// block, while the second-level cache has them.
#include <algorithm>
#include <atomic>

#include "quantized_product.h"
#include "token_codes.h"

namespace viditq {
namespace {

// Floats of a block of rows, 128 rows of the hidden 4608 channels of PixArt: fewer rows wait for
// weights, which come anew for each block, more go further away.
constexpr int64_t kBlockFloats = 128 * 4624;

// Of blocks.
constexpr int64_t kRowsStep = 32;
static_assert(kRowsStep % kMaxTileRows == 0, "tiles must fill a block of rows");

constexpr int64_t kLineFloats = 16;

int64_t divide_up(int64_t a, int64_t b) { return (a + b - 1) / b; }

// Values from row to row of a block: whole cache lines, and an odd number of them, so that the rows
// of a tile do not compete for the same places of the caches.
int64_t row_step(int64_t channels) { return (divide_up(channels, kLineFloats) | 1) * kLineFloats; }

// Rows of a block, where `most` of the product's should be computed together: as many blocks for
// each thread.
int64_t rows_of_block(int64_t rows, int64_t step, int64_t most, int64_t threads) {
  const int64_t fitting = std::max<int64_t>(kBlockFloats / step / kRowsStep, 1) * kRowsStep;
  const int64_t largest = std::min(fitting, most);
  const int64_t blocks = divide_up(rows, largest);
  if (blocks < threads) return largest;
  const int64_t even = divide_up(rows, divide_up(blocks, threads) * threads);
  return std::min(largest, divide_up(even, kRowsStep) * kRowsStep);
}

// Tasks per thread where a block is shared.
constexpr int64_t kTasksPerThread = 4;

// One call.
struct LinearToCodes {
  viditq_context* context;
  const QuantizedProduct& product;
  const RowKernels& kernels;
  TokenCodes out;
  const float* divisor;
  int64_t block_rows;
  int64_t step;    // from row to row of a block, in values
  float* blocks;   // one per thread, or all
  float* divided;  // two rows per thread
  std::atomic<bool> finite{true};

  int64_t threads() const { return context->pool.threads(); }
  int64_t count() const { return divide_up(product.rows(), block_rows); }

  void run() {
    if (count() >= threads()) {
      context->pool.run(count(), [&](int64_t block, int thread) {
        const int64_t first = block * block_rows;
        const int64_t rows = std::min(block_rows, product.rows() - first);
        float* values = blocks + thread * block_rows * step;
        compute(first, rows, 0, product.panels(), thread, values);
        quantize(values, first, first + rows, thread);
      });
      return;
    }
    // Too few rows for the threads: they share the panels of all.
    const int64_t panels = product.panels();
    const int64_t groups = std::min(panels, kTasksPerThread * threads());
    context->pool.run(count() * groups, [&](int64_t task, int thread) {
      const int64_t first = task / groups * block_rows;
      const int64_t group = task % groups;
      compute(first, std::min(block_rows, product.rows() - first), panels * group / groups,
              panels * (group + 1) / groups, thread, blocks + first * step);
    });
    const int64_t tasks = divide_up(product.rows(), kQuantizeRows);
    context->pool.run(tasks, [&](int64_t task, int thread) {
      const int64_t first = task * kQuantizeRows;
      quantize(blocks + first * step, first, std::min(product.rows(), first + kQuantizeRows),
               thread);
    });
  }

 private:
  void compute(int64_t first, int64_t rows, int64_t first_panel, int64_t last_panel, int thread,
               float* out) const {
    product.compute(first, rows, first_panel, last_panel, context->workspaces.get() + thread,
                    {out, step, false});
  }

  void quantize(const float* values, int64_t from, int64_t to, int thread) {
    if (!out.quantize(kernels, values, step, divisor, divided + 2 * thread * step, from, to)) {
      finite = false;
    }
  }
};

}  // namespace
}  // namespace viditq

int viditq_quantized_linear_to_codes(
    viditq_context* context, const viditq_weights* weights, const uint8_t* codes, int codes_signed,
    int64_t rows, int64_t inner, const float* scale, const int32_t* zero_point,
    const int32_t* row_sum, const float* bias, int activation, const float* divisor, int bits,
    int is_symmetric, uint8_t* out_codes, float* out_scale, int32_t* out_zero_point,
    int32_t* out_row_sum) {
  if (context == nullptr || weights == nullptr) return VIDITQ_NULL_POINTER;
  if (inner != weights->inner) return VIDITQ_BAD_SIZE;
  const int64_t channels = weights->channels;
  int64_t bytes;
  int status = viditq::float_bytes({rows, inner}, &bytes);
  if (status == VIDITQ_OK) status = viditq::float_bytes({rows, channels}, &bytes);
  if (status != VIDITQ_OK) return status;
  const viditq::LinearEpilogue epilogue{bias, activation, nullptr, 0, nullptr, channels};
  status = epilogue.check(rows);
  if (status != VIDITQ_OK) return status;
  const viditq::TokenCodes out{{bits, is_symmetric != 0}, channels,    out_codes, out_scale,
                               out_zero_point,            out_row_sum};
  status = out.check();
  if (status != VIDITQ_OK) return status;
  status = viditq::check_buffers({{codes, rows * inner},
                                  {scale, rows * 4},
                                  {zero_point, rows * 4},
                                  {row_sum, rows * 4},
                                  epilogue.bias_buffer(scale),
                                  viditq::optional(divisor, channels * 4, scale)},
                                 {{out_codes, rows * channels},
                                  {out_scale, rows * 4},
                                  {out_zero_point, rows * 4},
                                  {out_row_sum, rows * 4}});
  if (status != VIDITQ_OK) return status;

  viditq::QuantizedProduct product;
  status = product.prepare(
      context, {codes, codes_signed != 0, rows, inner, scale, zero_point, row_sum}, *weights,
      epilogue);
  if (status != VIDITQ_OK) return status;
  const int64_t threads = context->pool.threads();
  const int64_t step = viditq::row_step(channels);
  const int64_t block_rows = viditq::rows_of_block(rows, step, product.block_rows(), threads);
  const int64_t blocks = std::min(viditq::divide_up(rows, block_rows), threads);
  const int64_t divided_floats = divisor == nullptr ? 0 : 2 * threads * step;
  float* memory = context->scratch.at_least(blocks * block_rows * step + divided_floats);
  if (memory == nullptr) return VIDITQ_NO_MEMORY;
  viditq::LinearToCodes call{context,
                             product,
                             *viditq::rows_for(context->isa),
                             out,
                             divisor,
                             block_rows,
                             step,
                             memory,
                             memory + blocks * block_rows * step};
  call.run();
  return call.finite ? VIDITQ_OK : VIDITQ_NOT_FINITE;
}
