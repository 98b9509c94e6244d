// Launches of the linear layer on weights stored as bytes.
#include "linear.cuh"
#include "linear_naive.cuh"
#include "linear_w8a8.cuh"

namespace viditq {
namespace {

struct ByteKernels {
  template <typename T>
  static int naive(const LinearOperands<T>& in, bool x_symmetric, void* stream) {
    return launch_linear_naive(linear_naive<T, ByteWeights>, in, x_symmetric, stream);
  }

  template <typename Shape, typename T>
  static int tiles(const LinearOperands<T>& in, bool x_symmetric, void* stream) {
    return launch_tiles<Shape, ByteTile>(
        x_symmetric ? linear_w8a8<Shape, true, T> : linear_w8a8<Shape, false, T>, in, stream);
  }

  template <typename T>
  static int hopper(const LinearOperands<T>& in, bool x_symmetric, void* stream) {
    return launch_linear_w8a8_sm90(in, x_symmetric, stream);
  }
};

}  // namespace

template <typename T>
int launch_linear_w8a8(const LinearOperands<T>& in, bool x_symmetric, int kernel, void* stream) {
  return launch_kernel<ByteKernels>(in, x_symmetric, kernel, stream);
}

template int launch_linear_w8a8(const LinearOperands<float>&, bool, int, void*);
template int launch_linear_w8a8(const LinearOperands<__half>&, bool, int, void*);
template int launch_linear_w8a8(const LinearOperands<__nv_bfloat16>&, bool, int, void*);

}  // namespace viditq
