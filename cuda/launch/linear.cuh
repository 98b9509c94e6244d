// Launches of the linear layer's kernels, by how weights are stored; for T float, __half and
// __nv_bfloat16.
#pragma once

#include "launch.cuh"
#include "linear_tile.cuh"

namespace viditq {

template <typename T>
int launch_linear_w8a8(const LinearOperands<T>& in, bool x_symmetric, int kernel, void* stream);

template <typename T>
int launch_linear_w4a8(const LinearOperands<T>& in, bool x_symmetric, int kernel, void* stream);

// The Hopper kernels; VIDITQ_CUDA_LAUNCH_FAILED where the driver knows no tensor maps.
template <typename T>
int launch_linear_w8a8_sm90(const LinearOperands<T>& in, bool x_symmetric, void* stream);

template <typename T>
int launch_linear_w4a8_sm90(const LinearOperands<T>& in, bool x_symmetric, void* stream);

// From so many blocks on, large tiles keep a GPU busy; small ones fill it better below.
constexpr int64_t kBlocksForLargeTiles = 96;

// The tile shape that suits the extents.
template <typename T>
int choose_tile(const LinearOperands<T>& in) {
  const int64_t large = static_cast<int64_t>(blocks_for(in.rows, 128)) *
                        static_cast<int64_t>(blocks_for(in.channels, 128));
  return large >= kBlocksForLargeTiles ? VIDITQ_CUDA_TILE_128X128 : VIDITQ_CUDA_TILE_64X64;
}

// Whether the library holds the Hopper kernels and the current device runs them.
bool has_hopper_kernels();

// The kernel to use for VIDITQ_CUDA_FAST. The emulation runs the Hopper kernels only if asked for
// them by name.
template <typename T>
int choose_kernel(const LinearOperands<T>& in) {
  const int tile = choose_tile(in);
#ifdef __CUDACC__
  if (tile == VIDITQ_CUDA_TILE_128X128 && has_hopper_kernels()) return VIDITQ_CUDA_HOPPER;
#endif
  return tile;
}

template <typename Shape, typename Weights, typename Kernel, typename T>
int launch_tiles(Kernel kernel, const LinearOperands<T>& in, void* stream) {
  return launch(kernel,
                dim3(blocks_for(in.rows, Shape::kRows), blocks_for(in.channels, Shape::kChannels)),
                Shape::kThreads, linear_shared_bytes<Shape, Weights>(), stream, in);
}

template <typename T>
int launch_linear_naive(void (*kernel)(LinearOperands<T>, bool), const LinearOperands<T>& in,
                        bool x_symmetric, void* stream) {
  return launch(kernel,
                dim3(static_cast<unsigned>(in.rows), blocks_for(in.channels, kNaiveThreads)),
                kNaiveThreads, 0, stream, in, x_symmetric);
}

// Starts `kernel` from those for one way of storing weights: Kernels::naive, ::tiles<Shape> and
// ::hopper.
template <typename Kernels, typename T>
int launch_kernel(const LinearOperands<T>& in, bool x_symmetric, int kernel, void* stream) {
  // Warps of 64 by 32 and of 32 by 32.
  using Large = TileShape<128, 128, 2, 4, 4>;
  using Small = TileShape<64, 64, 2, 2, 4>;
  switch (kernel == VIDITQ_CUDA_FAST ? choose_kernel(in) : kernel) {
    case VIDITQ_CUDA_NAIVE:
      return Kernels::naive(in, x_symmetric, stream);
    case VIDITQ_CUDA_TILE_64X64:
      return Kernels::template tiles<Small>(in, x_symmetric, stream);
    case VIDITQ_CUDA_TILE_128X128:
      return Kernels::template tiles<Large>(in, x_symmetric, stream);
#if defined(VIDITQ_WITH_SM90A) || !defined(__CUDACC__)
    case VIDITQ_CUDA_HOPPER:
      return Kernels::hopper(in, x_symmetric, stream);
#endif
    default:
      return VIDITQ_CUDA_BAD_FORMAT;
  }
}

}  // namespace viditq
