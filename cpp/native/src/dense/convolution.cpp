// Convolutions as oneDNN's product of the weight [out, volume] and unfolded windows [volume,
// positions], a block of positions at a time: the result lies where it belongs, and a row of
// windows is mostly one copy.
#include <algorithm>
#include <atomic>

#include "dense/onednn.h"
#include "dense/stored_floats.h"
#include "dense/windows.h"
#include "entry/extents.h"
#include "threads/context.h"

struct viditq_convolution {
  int64_t out;
  int64_t in;
  int64_t kernel[3];
  int64_t volume;
  viditq::AlignedBuffer<float> weight = nullptr;
  viditq::ProductCache products;  // by positions of the block and of the result
};

namespace viditq {
namespace {

// Floats of unfolded windows per thread: they stay in the second-level cache.
constexpr int64_t kBlockFloats = 1 << 18;
constexpr int64_t kLeastPositions = 32;
constexpr int64_t kMostPositions = 512;
constexpr int64_t kLargestExtent = int64_t{1} << 31;

int64_t block_positions(int64_t volume) {
  const int64_t fitting = kBlockFloats / volume / kLeastPositions * kLeastPositions;
  return std::clamp(fitting, kLeastPositions, kMostPositions);
}

const Product& product_of(viditq_convolution* convolution, int64_t count, int64_t positions) {
  return convolution->products.get(count, positions, [=] {
    using dnnl::memory;
    const auto f32 = memory::data_type::f32;
    const memory::desc weight({convolution->out, convolution->volume}, f32, memory::format_tag::ab);
    const memory::desc windows({convolution->volume, count}, f32, memory::format_tag::ab);
    const memory::desc result({convolution->out, count}, f32, memory::dims{positions, 1});
    return Product(weight, windows, result);
  });
}

int make_windows(const viditq_convolution& convolution, const viditq_convolution_operands& in,
                 Windows* windows) {
  windows->channels = convolution.in;
  for (int axis = 0; axis < 3; axis++) {
    if (in.extents[axis] < 1 || in.stride[axis] < 1 || in.before[axis] < 0 || in.after[axis] < 0) {
      return VIDITQ_BAD_SIZE;
    }
    if (std::max({in.extents[axis], in.stride[axis], in.before[axis], in.after[axis]}) >
        kLargestExtent) {
      return VIDITQ_OVERFLOW;
    }
    const int64_t room =
        in.extents[axis] + in.before[axis] + in.after[axis] - convolution.kernel[axis];
    if (room < 0) return VIDITQ_BAD_SIZE;
    windows->extent[axis] = in.extents[axis];
    windows->kernel[axis] = convolution.kernel[axis];
    windows->stride[axis] = in.stride[axis];
    windows->before[axis] = in.before[axis];
    windows->result[axis] = room / in.stride[axis] + 1;
  }
  return VIDITQ_OK;
}

void add_bias(const float* bias, int64_t channels, int64_t positions, int64_t count, float* out) {
  for (int64_t c = 0; c < channels; c++) {
    for (int64_t i = 0; i < count; i++) out[c * positions + i] += bias[c];
  }
}

int convolve(viditq_context* context, viditq_convolution* convolution, const Windows& windows,
             const viditq_convolution_operands& in, float* out) {
  SequentialOpenMp sequential;
  const int64_t positions = windows.positions();
  const int64_t block = std::min(positions, block_positions(convolution->volume));
  const int64_t blocks = (positions + block - 1) / block;
  const Product& whole = product_of(convolution, block, positions);
  const Product& rest =
      positions % block == 0 ? whole : product_of(convolution, positions % block, positions);
  const int64_t product_floats =
      (std::max(whole.scratch_bytes(), rest.scratch_bytes()) + 63) / 64 * 16;
  const int64_t window_floats = (convolution->volume * block + 15) / 16 * 16;
  const int64_t thread_floats = window_floats + std::max<int64_t>(product_floats, 16);
  const auto scratch = allocate<float>(thread_floats * context->pool.threads());
  if (scratch == nullptr) return VIDITQ_NO_MEMORY;

  const int64_t sample_floats =
      convolution->in * windows.extent[0] * windows.extent[1] * windows.extent[2];
  std::atomic<int> outcome{VIDITQ_OK};
  context->pool.run(in.batch * blocks, [&](int64_t task, int thread) {
    SequentialOpenMp sequential_here;
    const int64_t sample = task / blocks;
    const int64_t first = task % blocks * block;
    const int64_t count = std::min(block, positions - first);
    float* unfolded = scratch.get() + thread * thread_floats;
    float* result = out + sample * convolution->out * positions + first;
    windows.unfold(in.x + sample * sample_floats, first, count, unfolded);
    try {
      (count == block ? whole : rest)
          .run(convolution->weight.get(), unfolded, result, unfolded + window_floats);
    } catch (const std::exception&) {
      outcome = VIDITQ_LIBRARY_FAILED;
      return;
    }
    if (in.bias != nullptr) add_bias(in.bias, convolution->out, positions, count, result);
  });
  return outcome;
}

}  // namespace
}  // namespace viditq

int viditq_prepare_convolution(const void* weight, int type, int64_t out, int64_t in,
                               const int64_t* kernel, viditq_convolution** convolution) {
  if (weight == nullptr || kernel == nullptr || convolution == nullptr) return VIDITQ_NULL_POINTER;
  *convolution = nullptr;
  if (viditq::stored_bytes(type) == 0) return VIDITQ_BAD_ARGUMENT;
  int64_t bytes;
  const int status = viditq::float_bytes({out, in, kernel[0], kernel[1], kernel[2]}, &bytes);
  if (status != VIDITQ_OK) return status;
  std::unique_ptr<viditq_convolution> prepared(new (std::nothrow) viditq_convolution());
  if (prepared == nullptr) return VIDITQ_NO_MEMORY;
  prepared->out = out;
  prepared->in = in;
  std::copy(kernel, kernel + 3, prepared->kernel);
  prepared->volume = in * kernel[0] * kernel[1] * kernel[2];
  prepared->weight = viditq::allocate<float>(out * prepared->volume);
  if (prepared->weight == nullptr) return VIDITQ_NO_MEMORY;
  const viditq::FloatEnvironment environment;
  viditq::to_float32(weight, type, out * prepared->volume, prepared->weight.get());
  *convolution = prepared.release();
  return VIDITQ_OK;
}

void viditq_free_convolution(viditq_convolution* convolution) {
  const viditq::Work work;
  delete convolution;
}

int viditq_convolve(viditq_context* context, viditq_convolution* convolution,
                    viditq_convolution_operands in, float* out) {
  if (context == nullptr || convolution == nullptr) return VIDITQ_NULL_POINTER;
  if (in.in != convolution->in) return VIDITQ_BAD_SIZE;
  viditq::Windows windows;
  int status = viditq::make_windows(*convolution, in, &windows);
  int64_t x_bytes;
  int64_t out_bytes;
  if (status == VIDITQ_OK) {
    status = viditq::float_bytes({in.batch, in.in, in.extents[0], in.extents[1], in.extents[2]},
                                 &x_bytes);
  }
  if (status == VIDITQ_OK) {
    status = viditq::float_bytes(
        {in.batch, convolution->out, windows.result[0], windows.result[1], windows.result[2]},
        &out_bytes);
  }
  if (status != VIDITQ_OK) return status;
  status = viditq::check_buffers(
      {{in.x, x_bytes}, viditq::optional(in.bias, convolution->out * 4, in.x)}, {{out, out_bytes}});
  if (status != VIDITQ_OK) return status;
  try {
    const viditq::Work work;
    return viditq::convolve(context, convolution, windows, in, out);
  } catch (const dnnl::error&) {
    return VIDITQ_LIBRARY_FAILED;
  } catch (const std::bad_alloc&) {
    return VIDITQ_NO_MEMORY;
  }
}
