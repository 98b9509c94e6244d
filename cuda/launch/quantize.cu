// Launches of the kernels that produce token codes.
#include "gelu_quantize.cuh"
#include "gelu_quantize_naive.cuh"
#include "hadamard_quantize.cuh"
#include "hadamard_quantize_naive.cuh"
#include "launch.cuh"
#include "norm_modulate_quantize.cuh"
#include "norm_modulate_quantize_naive.cuh"
#include "quantize.cuh"
#include "quantize_naive.cuh"

namespace viditq {
namespace {

int check(const viditq_cuda_quantizer& in, const viditq_cuda_tokens& out, int kernel) {
  if (any_null({in.x, out.codes, out.scale, out.zero_point, out.row_sum})) {
    return VIDITQ_CUDA_NULL_POINTER;
  }
  if (in.rows < 1 || in.columns < 1 || in.columns > VIDITQ_CUDA_MAX_INNER || in.sets < 1) {
    return VIDITQ_CUDA_BAD_SIZE;
  }
  if (in.bits < 2 || in.bits > 8) return VIDITQ_CUDA_BAD_FORMAT;
  if (kernel != VIDITQ_CUDA_FAST && kernel != VIDITQ_CUDA_NAIVE) return VIDITQ_CUDA_BAD_FORMAT;
  return all_aligned({in.x, in.balance, out.codes}) ? VIDITQ_CUDA_OK : VIDITQ_CUDA_MISALIGNED;
}

// Of one row in shared memory.
template <int kWidth>
int row_bytes(const viditq_cuda_quantizer& in) {
  return TokenRow<kWidth>::floats(in.columns) * static_cast<int>(sizeof(float));
}

// One warp per row, for which it has so many bytes of shared memory.
template <typename Kernel, typename... Arguments>
int launch_warps(Kernel kernel, int warp_bytes, const viditq_cuda_quantizer& in, void* stream,
                 const Arguments&... arguments) {
  int warps = kWarpsPerBlock;
  while (warps > 1 && warps * warp_bytes > kFreeSharedBytes) warps /= 2;
  return launch(kernel, blocks_for(in.rows, warps), static_cast<unsigned>(warps * kLanes),
                warps * warp_bytes, stream, in, arguments...);
}

template <typename Kernel, typename... Arguments>
int launch_naive(Kernel kernel, const viditq_cuda_quantizer& in, void* stream,
                 const Arguments&... arguments) {
  return launch(kernel, blocks_for(in.rows, kNaiveThreads), kNaiveThreads, 0, stream, in,
                arguments...);
}

// Rows too long for shared memory go to the naive kernel, and rows that 16-byte accesses do not
// divide, to the fast one that moves single elements.
template <typename T, typename Naive, typename Single, typename Wide, typename... Arguments>
int launch_rows(int kernel, Naive naive, Single single, Wide wide, const viditq_cuda_quantizer& in,
                void* stream, const Arguments&... arguments) {
  constexpr int kWidth = 16 / sizeof(T);
  if (kernel == VIDITQ_CUDA_NAIVE || row_bytes<kWidth>(in) > kMostSharedBytes) {
    return launch_naive(naive, in, stream, arguments...);
  }
  return in.columns % kWidth == 0
             ? launch_warps(wide, row_bytes<kWidth>(in), in, stream, arguments...)
             : launch_warps(single, row_bytes<1>(in), in, stream, arguments...);
}

bool is_power_of_two(int value) { return value > 0 && (value & (value - 1)) == 0; }

// Of a power of two: its only bit is at an even place.
bool is_power_of_four(int value) { return (value & 0x55555555) != 0; }

int check_rotation(const viditq_cuda_rotation& rotation, int columns) {
  const int base = rotation.base;
  if (rotation.block < 2 || columns % rotation.block != 0) return VIDITQ_CUDA_BAD_SIZE;
  if (base < 1 || (base > 1 && base % 4 != 0) || rotation.block % base != 0) {
    return VIDITQ_CUDA_BAD_SIZE;
  }
  const int inner = rotation.block / base;
  if (!is_power_of_two(inner)) return VIDITQ_CUDA_BAD_SIZE;
  if (rotation.regular != 0 && (base != 1 || !is_power_of_four(inner))) return VIDITQ_CUDA_BAD_SIZE;
  if (base > 1 && rotation.matrix == nullptr) return VIDITQ_CUDA_NULL_POINTER;
  return all_aligned({rotation.matrix}) ? VIDITQ_CUDA_OK : VIDITQ_CUDA_MISALIGNED;
}

}  // namespace
}  // namespace viditq

int viditq_cuda_quantize(viditq_cuda_quantizer in, viditq_cuda_tokens out, int kernel,
                         void* stream) {
  const int status = viditq::check(in, out, kernel);
  if (status != VIDITQ_CUDA_OK) return status;
  return viditq::with_type(in.type, [&](auto element) {
    using T = decltype(element);
    return viditq::launch_rows<T>(kernel, viditq::quantize_naive<T>, viditq::quantize<T, 1>,
                                  viditq::quantize<T, 16 / sizeof(T)>, in, stream, out);
  });
}

int viditq_cuda_gelu_quantize(viditq_cuda_quantizer in, viditq_cuda_tokens out, int kernel,
                              void* stream) {
  const int status = viditq::check(in, out, kernel);
  if (status != VIDITQ_CUDA_OK) return status;
  return viditq::with_type(in.type, [&](auto element) {
    using T = decltype(element);
    return viditq::launch_rows<T>(kernel, viditq::gelu_quantize_naive<T>,
                                  viditq::gelu_quantize<T, 1>,
                                  viditq::gelu_quantize<T, 16 / sizeof(T)>, in, stream, out);
  });
}

int viditq_cuda_norm_modulate_quantize(viditq_cuda_quantizer in, const float* shift,
                                       const float* scale, int32_t samples, float epsilon,
                                       viditq_cuda_tokens out, int kernel, void* stream) {
  const int status = viditq::check(in, out, kernel);
  if (status != VIDITQ_CUDA_OK) return status;
  if (viditq::any_null({shift, scale})) return VIDITQ_CUDA_NULL_POINTER;
  if (samples < 1 || in.rows % samples != 0) return VIDITQ_CUDA_BAD_SIZE;
  if (!viditq::all_aligned({shift, scale})) return VIDITQ_CUDA_MISALIGNED;
  const viditq::Modulation modulation{shift, scale, in.rows / samples, epsilon};
  return viditq::with_type(in.type, [&](auto element) {
    using T = decltype(element);
    return viditq::launch_rows<T>(
        kernel, viditq::norm_modulate_quantize_naive<T>, viditq::norm_modulate_quantize<T, 1>,
        viditq::norm_modulate_quantize<T, 16 / sizeof(T)>, in, stream, modulation, out);
  });
}

int viditq_cuda_hadamard_quantize(viditq_cuda_quantizer in, viditq_cuda_rotation rotation,
                                  viditq_cuda_tokens out, int kernel, void* stream) {
  int status = viditq::check(in, out, kernel);
  if (status == VIDITQ_CUDA_OK) status = viditq::check_rotation(rotation, in.columns);
  if (status != VIDITQ_CUDA_OK) return status;
  return viditq::with_type(in.type, [&](auto element) {
    using T = decltype(element);
    constexpr int kWidth = viditq::kRotationWidth;
    // The outer matrix reads one row and writes another.
    const int bytes = viditq::row_bytes<kWidth>(in) * (rotation.base > 1 ? 2 : 1);
    if (kernel == VIDITQ_CUDA_NAIVE || in.columns % kWidth != 0 ||
        bytes > viditq::kMostSharedBytes) {
      return viditq::launch_naive(viditq::hadamard_quantize_naive<T>, in, stream, rotation, out);
    }
    return viditq::launch_warps(viditq::hadamard_quantize<T>, bytes, in, stream, rotation, out);
  });
}
