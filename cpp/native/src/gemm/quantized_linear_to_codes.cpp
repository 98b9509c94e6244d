// Quantized linear layers whose result is the input of another one: rows become codes block by
// block, while the second-level cache has them.
#include <algorithm>

#include "gemm/quantized_product.h"
#include "quantize/token_codes.h"

namespace viditq {
namespace {

// A block of rows has so many floats, 128 rows of the hidden 4608 channels of PixArt. Products of
// fewer rows would wait for weights, which come anew for each block; more rows would leave the
// second-level cache.
constexpr int64_t kBlockFloats = 128 * 4624;

// The rows of a block are a multiple of this.
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
  const float* balance;
  int64_t block_rows;
  int64_t step;    // from row to row of a block, in values
  float* blocks;   // one per thread, or all
  float* divided;  // two rows per thread

  // False if a value is not finite.
  bool run() const {
    const int64_t threads = context->pool.threads();
    const int64_t count = divide_up(product.rows(), block_rows);
    const int64_t panels = product.panels();
    if (count >= threads) {
      return all_finite(context->pool, product.rows(), block_rows,
                        [&](int64_t from, int64_t to, int thread) {
                          float* values = blocks + thread * block_rows * step;
                          compute(from, to - from, 0, panels, thread, values);
                          return quantize(values, from, to, thread);
                        });
    }
    // Too few rows for the threads: they share the panels of all.
    const int64_t groups = std::min(panels, kTasksPerThread * threads);
    context->pool.run(count * groups, [&](int64_t task, int thread) {
      const int64_t first = task / groups * block_rows;
      const int64_t group = task % groups;
      compute(first, std::min(block_rows, product.rows() - first), panels * group / groups,
              panels * (group + 1) / groups, thread, blocks + first * step);
    });
    return all_finite(context->pool, product.rows(), kQuantizeRows,
                      [&](int64_t from, int64_t to, int thread) {
                        return quantize(blocks + from * step, from, to, thread);
                      });
  }

 private:
  void compute(int64_t first, int64_t rows, int64_t first_panel, int64_t last_panel, int thread,
               float* to) const {
    product.compute(first, rows, first_panel, last_panel, context->workspaces.get() + thread,
                    {to, step, false});
  }

  bool quantize(const float* values, int64_t from, int64_t to, int thread) const {
    return out.quantize(kernels, values, step, balance, divided + 2 * thread * step, from, to);
  }
};

}  // namespace
}  // namespace viditq

int viditq_quantized_linear_to_codes(viditq_context* context, const viditq_weights* weights,
                                     viditq_tokens x, const float* bias, int activation,
                                     const float* balance, viditq_tokens out) {
  if (context == nullptr || weights == nullptr) return VIDITQ_NULL_POINTER;
  const int64_t rows = x.rows;
  const int64_t channels = weights->channels;
  const viditq::LinearEpilogue epilogue{{bias, activation, nullptr, 0, nullptr}, channels};
  int status = viditq::check_product(x, *weights, epilogue);
  if (status != VIDITQ_OK) return status;
  if (out.rows != rows || out.columns != channels) return VIDITQ_BAD_SIZE;
  const viditq::TokenCodes codes(out);
  status = codes.check();
  if (status != VIDITQ_OK) return status;
  const viditq::TokenBuffers inputs(x);
  const viditq::TokenBuffers outputs(out);
  status = viditq::check_buffers(
      {inputs.codes, inputs.scale, inputs.zero_point, inputs.row_sum, epilogue.bias_buffer(x.scale),
       viditq::optional(balance, channels * 4, x.scale)},
      {outputs.codes, outputs.scale, outputs.zero_point, outputs.row_sum});
  if (status != VIDITQ_OK) return status;

  viditq::QuantizedProduct product;
  status = product.prepare(context, x, *weights, epilogue);
  if (status != VIDITQ_OK) return status;
  const int64_t threads = context->pool.threads();
  const int64_t step = viditq::row_step(channels);
  const int64_t block_rows = viditq::rows_of_block(rows, step, product.block_rows(), threads);
  const int64_t blocks = std::min(viditq::divide_up(rows, block_rows), threads);
  const int64_t divided_floats = balance == nullptr ? 0 : 2 * threads * step;
  float* memory = context->scratch.at_least(blocks * block_rows * step + divided_floats);
  if (memory == nullptr) return VIDITQ_NO_MEMORY;
  const viditq::LinearToCodes call{context, product, *viditq::rows_for(context->isa),
                                   codes,   balance, block_rows,
                                   step,    memory,  memory + blocks * block_rows * step};
  return call.run() ? VIDITQ_OK : VIDITQ_NOT_FINITE;
}
