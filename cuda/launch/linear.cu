// The linear layer: arguments checked, then on to the kernels for its weights.
#include "linear.cuh"
#include "packed_weights.h"

namespace viditq {
namespace {

// Grids count tiles of channels, of at least 64, by their second extent.
constexpr int kMostChannels = 65535 * 64;

int check(const viditq_cuda_tokens& x, const viditq_cuda_weights& weights,
          const viditq_cuda_epilogue& epilogue, int rows, int channels, int inner,
          const void* out) {
  if (any_null({x.codes, x.scale, x.zero_point, x.row_sum, weights.codes, weights.scale,
                weights.zero_point, weights.centered_sum, out})) {
    return VIDITQ_CUDA_NULL_POINTER;
  }
  if (rows < 1 || channels < 1 || channels > kMostChannels || inner < 1 ||
      inner > VIDITQ_CUDA_MAX_INNER || weights.sets < 1) {
    return VIDITQ_CUDA_BAD_SIZE;
  }
  if (epilogue.gate != nullptr &&
      (epilogue.rows_per_gate < 1 || rows % epilogue.rows_per_gate != 0)) {
    return VIDITQ_CUDA_BAD_SIZE;
  }
  if ((weights.bits != 4 && weights.bits != 8) ||
      (epilogue.activation != VIDITQ_CUDA_ACTIVATION_NONE &&
       epilogue.activation != VIDITQ_CUDA_ACTIVATION_GELU_TANH)) {
    return VIDITQ_CUDA_BAD_FORMAT;
  }
  return all_aligned({x.codes, weights.codes}) ? VIDITQ_CUDA_OK : VIDITQ_CUDA_MISALIGNED;
}

}  // namespace

bool has_hopper_kernels() {
#if !defined(__CUDACC__)
  return true;
#elif defined(VIDITQ_WITH_SM90A)
  int device = 0;
  int major = 0;
  return cudaGetDevice(&device) == cudaSuccess &&
         cudaDeviceGetAttribute(&major, cudaDevAttrComputeCapabilityMajor, device) == cudaSuccess &&
         major == 9;
#else
  return false;
#endif
}

}  // namespace viditq

int viditq_cuda_has_linear_kernel(int32_t weight_bits, int kernel) {
  if (weight_bits != 4 && weight_bits != 8) return 0;
  switch (kernel) {
    case VIDITQ_CUDA_FAST:
    case VIDITQ_CUDA_NAIVE:
    case VIDITQ_CUDA_TILE_64X64:
    case VIDITQ_CUDA_TILE_128X128:
      return 1;
    case VIDITQ_CUDA_HOPPER:
      return viditq::has_hopper_kernels();
    default:
      return 0;
  }
}

int viditq_cuda_linear(viditq_cuda_tokens x, int32_t x_symmetric, viditq_cuda_weights weights,
                       viditq_cuda_epilogue epilogue, int32_t rows, int32_t channels, int32_t inner,
                       void* out, int32_t type, int kernel, void* stream) {
  const int status = viditq::check(x, weights, epilogue, rows, channels, inner, out);
  if (status != VIDITQ_CUDA_OK) return status;
  return viditq::with_type(type, [&](auto element) {
    using T = decltype(element);
    viditq::LinearOperands<T> operands;
    operands.x_codes = x.codes;
    operands.x_scale = x.scale;
    operands.x_zero_point = x.zero_point;
    operands.x_row_sum = x.row_sum;
    operands.weights = weights;
    operands.set_bytes = viditq_cuda_packed_bytes(channels, inner, weights.bits);
    operands.bias = epilogue.bias;
    operands.gelu = epilogue.activation == VIDITQ_CUDA_ACTIVATION_GELU_TANH;
    operands.gate = static_cast<const T*>(epilogue.gate);
    operands.rows_per_gate = epilogue.rows_per_gate;
    operands.residual = static_cast<const T*>(epilogue.residual);
    operands.out = static_cast<T*>(out);
    operands.rows = rows;
    operands.channels = channels;
    operands.inner = inner;
    return weights.bits == 8
               ? viditq::launch_linear_w8a8(operands, x_symmetric != 0, kernel, stream)
               : viditq::launch_linear_w4a8(operands, x_symmetric != 0, kernel, stream);
  });
}
