// Full-precision linear layers: oneDNN's product, a block of rows at a time, finished while the block
// is in the cache.
#include <algorithm>
#include <atomic>

#include "context.h"
#include "linear_epilogue.h"
#include "onednn.h"
#include "stored_floats.h"

struct viditq_dense {
  int64_t out;
  int64_t in;
  dnnl::memory::desc layout;
  viditq::AlignedBuffer<float> weight = nullptr;
  viditq::ProductCache products;  // by rows
};

namespace viditq {
namespace {

// Rows of a task: enough to use each weight often, few enough to share out. Fixed, so that the
// number of threads cannot change which product a row takes part in.
constexpr int64_t kBlockRows = 64;

dnnl::memory::desc matrix(int64_t rows, int64_t columns) {
  return {{rows, columns}, dnnl::memory::data_type::f32, dnnl::memory::format_tag::ab};
}

// The layout that oneDNN likes best for W^T [in, out] in products of whole blocks.
dnnl::memory::desc best_layout(int64_t out, int64_t in) {
  const dnnl::memory::desc any({in, out}, dnnl::memory::data_type::f32,
                               dnnl::memory::format_tag::any);
  return Product(matrix(kBlockRows, in), any, matrix(kBlockRows, out)).description.weights_desc();
}

int pack(const void* weight, int type, viditq_dense* dense) {
  const int64_t count = dense->out * dense->in;
  const auto converted = allocate<float>(count);
  if (converted == nullptr) return VIDITQ_NO_MEMORY;
  to_float32(weight, type, count, converted.get());

  dense->layout = best_layout(dense->out, dense->in);
  dense->weight = allocate<float>(static_cast<int64_t>(dense->layout.get_size() / sizeof(float)));
  if (dense->weight == nullptr) return VIDITQ_NO_MEMORY;
  const dnnl::memory::desc transposed({dense->in, dense->out}, dnnl::memory::data_type::f32,
                                      dnnl::memory::format_tag::ba);
  dnnl::memory from(transposed, cpu_engine(), converted.get());
  dnnl::memory to(dense->layout, cpu_engine(), dense->weight.get());
  dnnl::stream stream(cpu_engine());
  dnnl::reorder(from, to).execute(stream, from, to);
  stream.wait();
  return VIDITQ_OK;
}

const Product& product_of(viditq_dense* dense, int64_t rows) {
  return dense->products.get(rows, 0, [=] {
    return Product(matrix(rows, dense->in), dense->layout, matrix(rows, dense->out));
  });
}

}  // namespace
}  // namespace viditq

int viditq_prepare_dense(const void* weight, int type, int64_t out, int64_t in,
                         viditq_dense** dense) {
  if (weight == nullptr || dense == nullptr) return VIDITQ_NULL_POINTER;
  *dense = nullptr;
  if (viditq::stored_bytes(type) == 0) return VIDITQ_BAD_ARGUMENT;
  int64_t bytes;
  const int status = viditq::float_bytes({out, in}, &bytes);
  if (status != VIDITQ_OK) return status;
  try {
    viditq::SequentialOpenMp sequential;
    auto prepared = std::make_unique<viditq_dense>();
    prepared->out = out;
    prepared->in = in;
    const int packed = viditq::pack(weight, type, prepared.get());
    if (packed == VIDITQ_OK) *dense = prepared.release();
    return packed;
  } catch (const dnnl::error&) {
    return VIDITQ_LIBRARY_FAILED;
  } catch (const std::bad_alloc&) {
    return VIDITQ_NO_MEMORY;
  }
}

void viditq_free_dense(viditq_dense* dense) { delete dense; }

int viditq_dense_linear(viditq_context* context, viditq_dense* dense, const float* x, int64_t rows,
                        int64_t in, const float* bias, int activation, const float* gate,
                        int64_t rows_per_gate, const float* residual, float* out) {
  if (context == nullptr || dense == nullptr) return VIDITQ_NULL_POINTER;
  if (in != dense->in) return VIDITQ_BAD_SIZE;
  int64_t x_bytes;
  int64_t out_bytes;
  int status = viditq::float_bytes({rows, in}, &x_bytes);
  if (status == VIDITQ_OK) status = viditq::float_bytes({rows, dense->out}, &out_bytes);
  if (status != VIDITQ_OK) return status;
  const viditq::LinearEpilogue epilogue{bias,          activation, gate,
                                        rows_per_gate, residual,   dense->out};
  status = epilogue.check(rows);
  if (status != VIDITQ_OK) return status;
  status = viditq::check_buffers({{x, x_bytes},
                                  epilogue.bias_buffer(x),
                                  epilogue.gate_buffer(rows, x),
                                  epilogue.residual_buffer(rows, x)},
                                 {{out, out_bytes}});
  if (status != VIDITQ_OK) return status;

  try {
    viditq::SequentialOpenMp sequential;
    const int64_t block = std::min(rows, viditq::kBlockRows);
    const viditq::Product& whole = viditq::product_of(dense, block);
    const viditq::Product& rest =
        rows % block == 0 ? whole : viditq::product_of(dense, rows % block);
    const int64_t scratch_bytes =
        std::max<int64_t>(64, std::max(whole.scratch_bytes(), rest.scratch_bytes()) + 63) / 64 * 64;
    const auto scratch = viditq::allocate<char>(scratch_bytes * context->pool.threads());
    if (scratch == nullptr) return VIDITQ_NO_MEMORY;
    std::atomic<int> outcome{VIDITQ_OK};
    context->pool.run((rows + block - 1) / block, [&](int64_t task, int thread) {
      viditq::SequentialOpenMp sequential_here;
      const int64_t from = task * block;
      const int64_t count = std::min(block, rows - from);
      try {
        (count == block ? whole : rest)
            .run(x + from * in, dense->weight.get(), out + from * dense->out,
                 scratch.get() + thread * scratch_bytes);
      } catch (const std::exception&) {
        outcome = VIDITQ_LIBRARY_FAILED;
        return;
      }
      if (epilogue.nothing()) return;
      for (int64_t row = from; row < from + count; row++) {
        float* y = out + row * dense->out;
        context->kernels.finish_row(y, dense->out, epilogue.of_row(row), y);
      }
    });
    return outcome;
  } catch (const dnnl::error&) {
    return VIDITQ_LIBRARY_FAILED;
  } catch (const std::bad_alloc&) {
    return VIDITQ_NO_MEMORY;
  }
}
