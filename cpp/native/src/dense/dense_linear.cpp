// Full-precision linear layers: oneDNN's products of a block of rows and a group of output
// channels, with the epilogue while the block is in the cache.
#include <algorithm>
#include <atomic>
#include <cstring>

#include "dense/onednn.h"
#include "dense/stored_floats.h"
#include "gemm/linear_epilogue.h"
#include "threads/context.h"

struct viditq_dense {
  int64_t out;
  int64_t in;
  dnnl::memory::data_type type;  // of the products' weights and inputs
  int kept = VIDITQ_FLOAT32;     // how weights lie here; 16-bit ones are widened in every call
  int64_t width = 0;             // channels of a group
  // By group: the last one may have fewer channels.
  dnnl::memory::desc whole_layout;
  dnnl::memory::desc last_layout;
  int64_t group_bytes = 0;
  viditq::AlignedBuffer<char> weight = nullptr;
  viditq::ProductCache products;  // by rows and channels
};

namespace viditq {
namespace {

// How work is cut: enough rows to use each weight often, few enough channels for their weights to
// stay in the near caches, and enough tasks for all threads. Fixed, so that the number of threads
// cannot change which product a value comes from.
constexpr int64_t kBlockRows = 256;
constexpr int64_t kFloatChannels = 64;
// Products of bfloat16 take less time than what is around them.
constexpr int64_t kBfloat16Channels = 384;

// oneDNN sums a single row in another order than a row among others. What a row becomes must not
// depend on its company (a picture in a batch has the bits that it has alone), so a row that is by
// itself is multiplied in two copies.
constexpr int64_t kLeastRows = 2;

constexpr int64_t kLine = 64;

int64_t whole_lines(int64_t bytes) { return std::max((bytes + kLine - 1) / kLine * kLine, kLine); }

int64_t group_count(const viditq_dense& dense) {
  return (dense.out + dense.width - 1) / dense.width;
}

int64_t group_channels(const viditq_dense& dense, int64_t group) {
  return std::min(dense.width, dense.out - group * dense.width);
}

Product make_product(const viditq_dense& dense, int64_t rows, int64_t channels,
                     const dnnl::memory::desc& layout) {
  const dnnl::memory::desc x({rows, dense.in}, dense.type, dnnl::memory::format_tag::ab);
  const dnnl::memory::desc y({rows, channels}, dnnl::memory::data_type::f32,
                             dnnl::memory::dims{dense.out, 1});
  return Product(x, layout, y);
}

// The layout that oneDNN likes best for W^T [in, channels] in products of whole blocks.
dnnl::memory::desc best_layout(const viditq_dense& dense, int64_t channels) {
  const dnnl::memory::desc any({dense.in, channels}, dense.type, dnnl::memory::format_tag::any);
  return make_product(dense, kBlockRows, channels, any).description.weights_desc();
}

const dnnl::memory::desc& layout_of(const viditq_dense& dense, int64_t channels) {
  return channels == std::min(dense.width, dense.out) ? dense.whole_layout : dense.last_layout;
}

// Bytes that the weights of so many channels take here.
int64_t kept_bytes(const viditq_dense& dense, int64_t channels) {
  const int64_t bytes = static_cast<int64_t>(layout_of(dense, channels).get_size());
  return whole_lines(dense.kept == VIDITQ_FLOAT32 ? bytes : bytes / 2);
}

// Float32 bytes of a group's widened weights; 0 if they need not be widened.
int64_t widened_bytes(const viditq_dense& dense) {
  return dense.kept == VIDITQ_FLOAT32
             ? 0
             : whole_lines(static_cast<int64_t>(dense.whole_layout.get_size()));
}

int pack(const void* weight, int type, viditq_dense* dense) {
  const int64_t last = group_count(*dense) - 1;
  dense->whole_layout = best_layout(*dense, std::min(dense->width, dense->out));
  dense->last_layout = best_layout(*dense, group_channels(*dense, last));
  dense->group_bytes = kept_bytes(*dense, std::min(dense->width, dense->out));
  dense->weight =
      allocate<char>(last * dense->group_bytes + kept_bytes(*dense, group_channels(*dense, last)));
  const int64_t most = std::min(dense->width, dense->out) * dense->in;
  const bool rounded = dense->type == dnnl::memory::data_type::bf16;
  const auto values = allocate<float>(most);
  const auto words = allocate<uint16_t>(rounded ? most : 1);
  const auto wide = allocate<float>(std::max<int64_t>(widened_bytes(*dense) / 4, 1));
  if (dense->weight == nullptr || values == nullptr || words == nullptr || wide == nullptr) {
    return VIDITQ_NO_MEMORY;
  }

  dnnl::stream stream(cpu_engine());
  for (int64_t group = 0; group <= last; group++) {
    const int64_t channels = group_channels(*dense, group);
    const int64_t count = channels * dense->in;
    const int64_t first = group * dense->width * dense->in;
    to_float32(static_cast<const char*>(weight) + first * stored_bytes(type), type, count,
               values.get());
    if (rounded) kPortableFloat.round_to_bfloat16(values.get(), count, words.get());
    const dnnl::memory::desc transposed({dense->in, channels}, dense->type,
                                        dnnl::memory::format_tag::ba);
    dnnl::memory from(transposed, cpu_engine(),
                      rounded ? static_cast<void*>(words.get()) : values.get());
    const dnnl::memory::desc& layout = layout_of(*dense, channels);
    char* kept = dense->weight.get() + group * dense->group_bytes;
    const bool narrow = dense->kept != VIDITQ_FLOAT32;
    dnnl::memory to(layout, cpu_engine(), narrow ? static_cast<void*>(wide.get()) : kept);
    dnnl::reorder(from, to).execute(stream, from, to);
    stream.wait();
    if (narrow) {
      to_stored(wide.get(), dense->kept, static_cast<int64_t>(layout.get_size() / sizeof(float)),
                kept);
    }
  }
  return VIDITQ_OK;
}

// The products of one call: of whole blocks and groups, and of what is left at the ends.
class Products {
 public:
  Products(viditq_dense* dense, int64_t rows) : dense_(dense) {
    const int64_t last_channels = group_channels(*dense, group_count(*dense) - 1);
    for (int64_t some_rows : {std::min(kBlockRows, rows), (rows - 1) % kBlockRows + 1}) {
      some_rows = std::max(some_rows, kLeastRows);
      for (const int64_t channels : {std::min(dense->width, dense->out), last_channels}) {
        const int64_t bytes = whole_lines(of(some_rows, channels).scratch_bytes());
        scratch_bytes_ = std::max(scratch_bytes_, bytes);
      }
    }
  }

  const Product& of(int64_t rows, int64_t channels) const {
    return dense_->products.get(rows, channels, [&] {
      return make_product(*dense_, rows, channels, layout_of(*dense_, channels));
    });
  }

  // out = x W^T of some rows of a group, out's rows as far apart as those of the layer's result.
  void run(const char* x, int64_t rows, const char* weights, int64_t channels, float* out,
           char* scratch) const {
    if (rows >= kLeastRows) {
      of(rows, channels).run(x, weights, out, scratch);
      return;
    }
    char* copies = scratch + scratch_bytes_;
    float* results = reinterpret_cast<float*>(copies + copies_bytes());
    for (int64_t i = 0; i < kLeastRows; i++) std::memcpy(copies + i * row_bytes(), x, row_bytes());
    of(kLeastRows, channels).run(copies, weights, results, scratch);
    std::memcpy(out, results, channels * sizeof(float));
  }

  // Of any of them, with room for the copies of a row that is by itself.
  int64_t scratch_bytes() const {
    const int64_t results = (kLeastRows - 1) * dense_->out + dense_->width;
    return scratch_bytes_ + copies_bytes() +
           whole_lines(results * static_cast<int64_t>(sizeof(float)));
  }

 private:
  int64_t row_bytes() const {
    return dense_->in * static_cast<int64_t>(dnnl::memory::data_type_size(dense_->type));
  }
  int64_t copies_bytes() const { return whole_lines(kLeastRows * row_bytes()); }

  viditq_dense* dense_;
  int64_t scratch_bytes_ = 0;
};

// Working memory of a call: x as bfloat16 where the layer multiplies that, then what each thread
// needs for its products, behind the weights that it has widened.
struct Memory {
  int64_t rounded_bytes;
  int64_t thread_bytes;
  char* first;

  Memory(viditq_context* context, const viditq_dense& dense, int64_t rows, int64_t product_bytes)
      : rounded_bytes(dense.type == dnnl::memory::data_type::bf16
                          ? whole_lines(rows * dense.in * static_cast<int64_t>(sizeof(uint16_t)))
                          : 0),
        thread_bytes(widened_bytes(dense) + product_bytes),
        first(reinterpret_cast<char*>(
            context->scratch.at_least((rounded_bytes + thread_bytes * context->pool.threads()) /
                                      static_cast<int64_t>(sizeof(float))))) {}

  uint16_t* rounded() const { return reinterpret_cast<uint16_t*>(first); }
  char* of_thread(int thread) const { return first + rounded_bytes + thread * thread_bytes; }
};

}  // namespace
}  // namespace viditq

int viditq_precision_supported(int precision) {
  if (precision != VIDITQ_BF16) return precision == VIDITQ_FP32 ? 1 : 0;
  const int needed = static_cast<int>(dnnl::cpu_isa::avx512_core_bf16);
  return (static_cast<int>(dnnl::get_effective_cpu_isa()) & needed) == needed ? 1 : 0;
}

int viditq_prepare_dense(const void* weight, int type, int64_t out, int64_t in, int precision,
                         int compact, viditq_dense** dense) {
  if (weight == nullptr || dense == nullptr) return VIDITQ_NULL_POINTER;
  *dense = nullptr;
  if (viditq::stored_bytes(type) == 0) return VIDITQ_BAD_ARGUMENT;
  if (precision < 0 || precision >= VIDITQ_PRECISION_COUNT) return VIDITQ_BAD_ARGUMENT;
  int64_t bytes;
  const int status = viditq::float_bytes({out, in}, &bytes);
  if (status != VIDITQ_OK) return status;
  if (!viditq_precision_supported(precision)) return VIDITQ_BAD_ISA;
  try {
    const viditq::Work work;
    viditq::SequentialOpenMp sequential;
    auto prepared = std::make_unique<viditq_dense>();
    prepared->out = out;
    prepared->in = in;
    prepared->type =
        precision == VIDITQ_BF16 ? dnnl::memory::data_type::bf16 : dnnl::memory::data_type::f32;
    if (compact != 0 && precision == VIDITQ_FP32) prepared->kept = type;
    prepared->width = precision == VIDITQ_BF16 ? viditq::kBfloat16Channels : viditq::kFloatChannels;
    const int packed = viditq::pack(weight, type, prepared.get());
    if (packed == VIDITQ_OK) *dense = prepared.release();
    return packed;
  } catch (const dnnl::error&) {
    return VIDITQ_LIBRARY_FAILED;
  } catch (const std::bad_alloc&) {
    return VIDITQ_NO_MEMORY;
  }
}

void viditq_free_dense(viditq_dense* dense) {
  const viditq::Work work;
  delete dense;
}

int viditq_dense_linear(viditq_context* context, viditq_dense* dense, const float* x, int64_t rows,
                        int64_t in, viditq_epilogue operands, float* out) {
  if (context == nullptr || dense == nullptr) return VIDITQ_NULL_POINTER;
  if (in != dense->in) return VIDITQ_BAD_SIZE;
  int64_t x_bytes;
  int64_t out_bytes;
  int status = viditq::float_bytes({rows, in}, &x_bytes);
  if (status == VIDITQ_OK) status = viditq::float_bytes({rows, dense->out}, &out_bytes);
  if (status != VIDITQ_OK) return status;
  const viditq::LinearEpilogue epilogue{operands, dense->out};
  status = epilogue.check(rows);
  if (status != VIDITQ_OK) return status;
  status = viditq::check_buffers({{x, x_bytes},
                                  epilogue.bias_buffer(x),
                                  epilogue.gate_buffer(rows, x),
                                  epilogue.residual_buffer(rows, x)},
                                 {{out, out_bytes}});
  if (status != VIDITQ_OK) return status;

  try {
    const viditq::Work work;
    viditq::SequentialOpenMp sequential;
    const viditq::Products products(dense, rows);
    const viditq::Memory memory(context, *dense, rows, products.scratch_bytes());
    if (memory.first == nullptr) return VIDITQ_NO_MEMORY;
    const bool rounded = memory.rounded_bytes > 0;
    if (rounded) {
      context->pool.run_blocks(rows * in, viditq::kTaskFloats, [&](int64_t from, int64_t to) {
        context->kernels.round_to_bfloat16(x + from, to - from, memory.rounded() + from);
      });
    }
    const char* input = rounded ? memory.first : reinterpret_cast<const char*>(x);
    const int64_t row_bytes = in * static_cast<int64_t>(rounded ? sizeof(uint16_t) : sizeof(float));
    const int64_t block = viditq::kBlockRows;
    const int64_t blocks = (rows + block - 1) / block;
    std::atomic<int> outcome{VIDITQ_OK};
    // Blocks of a group one after the other, so that its weights are near; in one task where they
    // are widened first.
    const int64_t widened = viditq::widened_bytes(*dense);
    const int64_t tasks_per_group = widened > 0 ? 1 : blocks;
    context->pool.run(tasks_per_group * viditq::group_count(*dense), [&](int64_t task, int thread) {
      viditq::SequentialOpenMp sequential_here;
      const int64_t group = task / tasks_per_group;
      const int64_t first = group * dense->width;
      const int64_t channels = viditq::group_channels(*dense, group);
      const char* weights = dense->weight.get() + group * dense->group_bytes;
      if (widened > 0) {
        const auto bytes = static_cast<int64_t>(viditq::layout_of(*dense, channels).get_size());
        context->kernels.widen(weights, dense->kept, bytes / static_cast<int64_t>(sizeof(float)),
                               reinterpret_cast<float*>(memory.of_thread(thread)));
        weights = memory.of_thread(thread);
      }
      const int64_t first_block = task % tasks_per_group;
      for (int64_t i = first_block; i < (widened > 0 ? blocks : first_block + 1); i++) {
        const int64_t from = i * block;
        const int64_t count = std::min(block, rows - from);
        try {
          products.run(input + from * row_bytes, count, weights, channels,
                       out + from * dense->out + first, memory.of_thread(thread) + widened);
        } catch (const std::exception&) {
          outcome = VIDITQ_LIBRARY_FAILED;
          return;
        }
        if (epilogue.nothing()) continue;
        for (int64_t row = from; row < from + count; row++) {
          float* y = out + row * dense->out + first;
          context->kernels.float_epilogue(y, channels, epilogue.of_row(row, first), y);
        }
      }
    });
    return outcome;
  } catch (const dnnl::error&) {
    return VIDITQ_LIBRARY_FAILED;
  } catch (const std::bad_alloc&) {
    return VIDITQ_NO_MEMORY;
  }
}
