// The W8A8 linear layer: weights are signed bytes in rows, read like activations.
#pragma once

#include "linear_tile.cuh"

namespace viditq {

struct ByteTile {
  static constexpr bool kSigned = true;

  static constexpr int kBytesPerChannel = kStageInner;  // of a stage

  template <typename Shape>
  static __device__ __forceinline__ void copy(unsigned char* tile, const uint8_t* weights,
                                              int first_channel, int channels, int inner_tile,
                                              int inner) {
    copy_rows<Shape::kChannels, Shape::kThreads>(tile, weights, first_channel, channels,
                                                 inner_tile * kStageInner, inner);
  }

  // Operands of kAcross fragments of 8 channels, two by each ldmatrix.
  template <int kAcross>
  static __device__ __forceinline__ void load(uint32_t (&w)[kAcross][2], const unsigned char* tile,
                                              int warp_channel, int step) {
    const int lane = static_cast<int>(threadIdx.x) % kLanes;
#pragma unroll
    for (int across = 0; across < kAcross; across += 2) {
      const int row = warp_channel + across * 8 + lane / 16 * 8 + lane % 8;
      uint32_t words[4];
      load_matrix_x4(words, tile + tile_offset(row, step * 2 + lane / 8 % 2));
      w[across][0] = words[0];
      w[across][1] = words[1];
      w[across + 1][0] = words[2];
      w[across + 1][1] = words[3];
    }
  }
};

// The contract of viditq_cuda_linear for weights of 8 bits. Launch as linear_tile.
template <typename Shape, bool kSignedX, typename T>
__global__ void __launch_bounds__(Shape::kThreads, 2) linear_w8a8(LinearOperands<T> in) {
  linear_tile<Shape, kSignedX, ByteTile>(in);
}

}  // namespace viditq
