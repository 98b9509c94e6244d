// Quantized linear layers.
#include <algorithm>

#include "gemm/quantized_product.h"
#include "quantize/token_codes.h"

namespace viditq {
namespace {

// Tasks per thread at the most: a thread that wakes late or is held up leaves some of its share to
// others, and none waits long for the last task.
constexpr int64_t kTasksPerThread = 16;

// Products of a task at the least, some ten microseconds: each begins and ends without overlap.
constexpr double kTaskProducts = 1 << 25;

int64_t tasks_of(const QuantizedProduct& product, int64_t threads) {
  if (threads == 1) return 1;
  const double products = static_cast<double>(product.rows()) *
                          static_cast<double>(product.inner()) *
                          static_cast<double>(product.channels());
  const double most = static_cast<double>(kTasksPerThread * threads);
  return std::max(threads, static_cast<int64_t>(std::min(products / kTaskProducts, most)));
}

// Groups of panels per block, some `wanted`, fewer where every thread then gets as many panels.
int64_t groups_of(int64_t panels, int64_t blocks, int64_t wanted, int64_t threads) {
  const int64_t most = std::min(panels, wanted);
  for (int64_t groups = most; groups > most / 2; groups--) {
    if (panels % groups == 0 && blocks * groups % threads == 0) return groups;
  }
  return most;
}

// Where a whole layer goes: past the caches if the results of a thread would push everything else
// out of its second level.
BlockOutput matrix_output(float* out, int64_t rows, const viditq_weights& weights,
                          int64_t threads) {
  constexpr int64_t kLineFloats = 16;
  constexpr int64_t kStreamed = INT64_C(1) << 18;  // 1 MB
  const int64_t channels = weights.channels;
  const bool aligned = channels % kLineFloats == 0 && weights.tile->channels % kLineFloats == 0 &&
                       reinterpret_cast<uintptr_t>(out) % (kLineFloats * sizeof(float)) == 0;
  return {out, channels, aligned && rows * channels / threads >= kStreamed};
}

void run(viditq_context* context, const QuantizedProduct& product, const BlockOutput& out) {
  ThreadPool& pool = context->pool;
  const int64_t step = product.block_rows();
  const int64_t blocks = (product.rows() + step - 1) / step;
  const int64_t wanted = (tasks_of(product, pool.threads()) + blocks - 1) / blocks;
  const int64_t panels = product.panels();
  const int64_t groups = groups_of(panels, blocks, wanted, pool.threads());
  pool.run(blocks * groups, [&](int64_t task, int thread) {
    const int64_t first_row = task / groups * step;
    const int64_t group = task % groups;
    product.compute(first_row, std::min(step, product.rows() - first_row), panels * group / groups,
                    panels * (group + 1) / groups, context->workspaces.get() + thread,
                    {out.first + first_row * out.step, out.step, out.stream});
  });
}

}  // namespace
}  // namespace viditq

int viditq_quantized_linear(viditq_context* context, const viditq_weights* weights, viditq_tokens x,
                            viditq_epilogue epilogue, float* out) {
  if (context == nullptr || weights == nullptr) return VIDITQ_NULL_POINTER;
  const viditq::LinearEpilogue layer{epilogue, weights->channels};
  int status = viditq::check_product(x, *weights, layer);
  if (status != VIDITQ_OK) return status;
  const viditq::TokenBuffers inputs(x);
  status = viditq::check_buffers(
      {inputs.codes, inputs.scale, inputs.zero_point, inputs.row_sum, layer.bias_buffer(x.scale),
       layer.gate_buffer(x.rows, x.scale), layer.residual_buffer(x.rows, x.scale)},
      {{out, x.rows * layer.channels * 4}});
  if (status != VIDITQ_OK) return status;

  viditq::QuantizedProduct product;
  status = product.prepare(context, x, *weights, layer);
  if (status != VIDITQ_OK) return status;
  viditq::run(context, product,
              viditq::matrix_output(out, x.rows, *weights, context->pool.threads()));
  return VIDITQ_OK;
}
