// Launches of the linear layer on weights stored as bytes.
#include "linear_w8a8.cuh"

#include "linear.cuh"
#include "linear_naive.cuh"

namespace viditq {
namespace {

// Warps of 64 by 32 and of 32 by 32.
using Large = TileShape<128, 128, 2, 4, 4>;
using Small = TileShape<64, 64, 2, 2, 4>;

template <typename Shape, typename T>
int launch_shape(const LinearOperands<T>& in, bool x_symmetric, void* stream) {
  return launch_tiles<Shape, ByteTile>(
      x_symmetric ? linear_w8a8<Shape, true, T> : linear_w8a8<Shape, false, T>, in, stream);
}

}  // namespace

template <typename T>
int launch_linear_w8a8(const LinearOperands<T>& in, bool x_symmetric, int kernel, void* stream) {
  switch (kernel == VIDITQ_CUDA_FAST ? choose_kernel(in) : kernel) {
    case VIDITQ_CUDA_NAIVE:
      return launch_linear_naive(linear_naive<T, ByteWeights>, in, x_symmetric, stream);
    case VIDITQ_CUDA_TILE_64X64:
      return launch_shape<Small>(in, x_symmetric, stream);
    case VIDITQ_CUDA_TILE_128X128:
      return launch_shape<Large>(in, x_symmetric, stream);
#if defined(VIDITQ_WITH_SM90A) || !defined(__CUDACC__)
    case VIDITQ_CUDA_HOPPER:
      return launch_linear_w8a8_sm90(in, x_symmetric, stream);
#endif
    default:
      return VIDITQ_CUDA_BAD_FORMAT;
  }
}

template int launch_linear_w8a8(const LinearOperands<float>&, bool, int, void*);
template int launch_linear_w8a8(const LinearOperands<__half>&, bool, int, void*);
template int launch_linear_w8a8(const LinearOperands<__nv_bfloat16>&, bool, int, void*);

}  // namespace viditq
