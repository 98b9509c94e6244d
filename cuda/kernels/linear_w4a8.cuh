// The W4A8 linear layer: weights are unsigned nibbles in register order (packed_weights.h). They
// cross memory and shared memory packed; a lane unpacks 16 bytes into the operands of four
// fragments with two masks and a shift per pair of registers. Zero points are left to the epilogue.
#pragma once

#include "linear_tile.cuh"
#include "packed_weights.h"

namespace viditq {

struct NibbleTile {
  static constexpr bool kSigned = false;
  static constexpr int kSteps = kStageInner / kNibbleBlock;

  static constexpr int kBytesPerChannel = kStageInner / 2;  // of a stage

  // The tile is the blocks of each 32 channels behind each other, as in memory.
  template <typename Shape>
  static __device__ __forceinline__ void copy(unsigned char* tile, const uint8_t* weights,
                                              int first_channel, int channels, int inner_tile,
                                              int inner) {
    constexpr int kGroupChunks = kSteps * kNibbleBlockBytes / kChunk;  // of 32 channels
    constexpr int kChunks = Shape::kChannels / kNibbleBlock * kGroupChunks;
#pragma unroll
    for (int i = 0; i < (kChunks + Shape::kThreads - 1) / Shape::kThreads; i++) {
      const int id = i * Shape::kThreads + static_cast<int>(threadIdx.x);
      if (kChunks % Shape::kThreads != 0 && id >= kChunks) break;
      const int channel = first_channel + id / kGroupChunks * kNibbleBlock;
      const int64_t block =
          static_cast<int64_t>(channel / kNibbleBlock) * nibble_blocks(inner) + inner_tile * kSteps;
      const bool inside = channel < channels;
      const uint8_t* from =
          inside ? weights + block * kNibbleBlockBytes + id % kGroupChunks * kChunk : weights;
      copy_async_16(tile + id * kChunk, from, inside ? kChunk : 0);
    }
  }

  template <int kAcross>
  static __device__ __forceinline__ void load(uint32_t (&w)[kAcross][2], const unsigned char* tile,
                                              int warp_channel, int step) {
    constexpr uint32_t kLowNibbles = 0x0f0f0f0fu;
    const int lane = static_cast<int>(threadIdx.x) % kLanes;
#pragma unroll
    for (int group = 0; group < kAcross / 4; group++) {
      const int block = (warp_channel / kNibbleBlock + group) * kSteps + step;
      const auto packed = load_vector<4>(
          reinterpret_cast<const uint32_t*>(tile + block * kNibbleBlockBytes + lane * kChunk));
#pragma unroll
      for (int j = 0; j < 4; j++) {
        w[group * 4 + j][0] = packed.elements[j] & kLowNibbles;
        w[group * 4 + j][1] = (packed.elements[j] >> 4) & kLowNibbles;
      }
    }
  }
};

// The contract of viditq_cuda_linear for weights of 4 bits. Launch as linear_tile.
template <typename Shape, bool kSignedX, typename T>
__global__ void __launch_bounds__(Shape::kThreads, 2) linear_w4a8(LinearOperands<T> in) {
  linear_tile<Shape, kSignedX, NibbleTile>(in);
}

}  // namespace viditq
