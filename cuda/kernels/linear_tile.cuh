// The integer product of a quantized linear layer on tensor cores (sm_80 and up): each block
// computes a tile of the result. Tiles of both operands travel through a ring of shared memory
// stages, filled by asynchronous copies while the tensor cores work on earlier stages. How weights
// are stored is a template parameter, see linear_w8a8.cuh and linear_w4a8.cuh.
#pragma once

#include "linear_epilogue.cuh"
#include "tensor_core.cuh"

namespace viditq {

// Inner positions per stage: two steps of the tensor cores.
constexpr int kStageInner = 64;
constexpr int kStepInner = 32;
constexpr int kChunk = 16;  // bytes that one asynchronous copy moves
constexpr int kRowChunks = kStageInner / kChunk;

// Extents of a block's tile, how warps share it, and how many stages are in flight.
template <int kRows_, int kChannels_, int kWarpsDown, int kWarpsAcross, int kStages_>
struct TileShape {
  static constexpr int kRows = kRows_;
  static constexpr int kChannels = kChannels_;
  static constexpr int kStages = kStages_;
  static constexpr int kAcross = kWarpsAcross;
  static constexpr int kThreads = kWarpsDown * kWarpsAcross * kLanes;
  static constexpr int kWarpRows = kRows / kWarpsDown;
  static constexpr int kWarpChannels = kChannels / kWarpsAcross;
  static_assert(kWarpRows % 16 == 0 && kWarpChannels % 32 == 0, "whole fragments");
};

// Where a 16-byte chunk of a tile of rows lies. Chunks are swizzled such that the same chunk of
// eight neighbouring rows, which ldmatrix reads at once, lies in eight different groups of four
// banks.
__device__ __forceinline__ int tile_offset(int row, int chunk) {
  return row * kStageInner + ((chunk ^ (row >> 1)) % kRowChunks) * kChunk;
}

// Copies the columns from `first_k` on of rows first_row, .. of a code matrix [rows, inner] into a
// tile of kTileRows rows; what lies beyond the matrix becomes 0.
template <int kTileRows, int kThreads>
__device__ __forceinline__ void copy_rows(unsigned char* tile, const uint8_t* codes, int first_row,
                                          int rows, int first_k, int inner) {
#pragma unroll
  for (int i = 0; i < (kTileRows * kRowChunks + kThreads - 1) / kThreads; i++) {
    const int id = i * kThreads + static_cast<int>(threadIdx.x);
    if (kTileRows * kRowChunks % kThreads != 0 && id >= kTileRows * kRowChunks) break;
    const int row = id / kRowChunks;
    const int chunk = id % kRowChunks;
    const int k = first_k + chunk * kChunk;
    const int left = first_row + row < rows && k < inner ? inner - k : 0;
    const uint8_t* from = left == 0 ? codes : codes + code_row(first_row + row, inner) + k;
    copy_async_16(tile + tile_offset(row, chunk), from, left < kChunk ? left : kChunk);
  }
}

// Computes the block's tile: rows from blockIdx.x, channels from blockIdx.y. Launch with
// Shape::kThreads threads and linear_shared_bytes<Shape, Weights>() of dynamic shared memory.
template <typename Shape, bool kSignedX, typename Weights, typename T>
__device__ __forceinline__ void linear_tile(const LinearOperands<T>& in) {
  constexpr int kStages = Shape::kStages;
  constexpr int kXBytes = Shape::kRows * kStageInner;
  constexpr int kStageBytes = kXBytes + Shape::kChannels * Weights::kBytesPerChannel;
  constexpr int kDown = Shape::kWarpRows / 16;  // fragments of a warp
  constexpr int kAcross = Shape::kWarpChannels / 8;

  const int lane = static_cast<int>(threadIdx.x) % kLanes;
  const int warp = static_cast<int>(threadIdx.x) / kLanes;
  const int warp_row = warp / Shape::kAcross * Shape::kWarpRows;
  const int warp_channel = warp % Shape::kAcross * Shape::kWarpChannels;
  const int first_row = static_cast<int>(blockIdx.x) * Shape::kRows;
  const int first_channel = static_cast<int>(blockIdx.y) * Shape::kChannels;
  const int set = chosen_set(in.weights.active_set, in.weights.sets);
  const uint8_t* weights = in.weights.codes + set * in.set_bytes;
  const int tiles = (in.inner + kStageInner - 1) / kStageInner;

  unsigned char* ring = dynamic_shared();
  const auto fill = [&](int tile) {
    if (tile < tiles) {
      unsigned char* stage = ring + tile % kStages * kStageBytes;
      copy_rows<Shape::kRows, Shape::kThreads>(stage, in.x_codes, first_row, in.rows,
                                               tile * kStageInner, in.inner);
      Weights::template copy<Shape>(stage + kXBytes, weights, first_channel, in.channels, tile,
                                    in.inner);
    }
    copy_async_commit();  // an empty group too, so that the count of groups goes on
  };
#pragma unroll
  for (int tile = 0; tile < kStages - 1; tile++) fill(tile);

  int32_t sums[kDown][kAcross][4] = {};
  for (int tile = 0; tile < tiles; tile++) {
    copy_async_wait<kStages - 2>();
    // Everybody's copies of this tile have arrived, and everybody is done with the previous tile,
    // whose stage is the one to fill.
    __syncthreads();
    fill(tile + kStages - 1);

    const unsigned char* stage = ring + tile % kStages * kStageBytes;
#pragma unroll
    for (int step = 0; step < kStageInner / kStepInner; step++) {
      uint32_t x[kDown][4];
#pragma unroll
      for (int down = 0; down < kDown; down++) {
        const int row = warp_row + down * 16 + lane % 16;
        load_matrix_x4(x[down], stage + tile_offset(row, step * 2 + lane / 16));
      }
      uint32_t w[kAcross][2];
      Weights::template load<kAcross>(w, stage + kXBytes, warp_channel, step);
#pragma unroll
      for (int down = 0; down < kDown; down++) {
#pragma unroll
        for (int across = 0; across < kAcross; across++) {
          multiply_m16n8k32<kSignedX, Weights::kSigned>(sums[down][across], x[down], w[across]);
        }
      }
    }
  }

  store_sums(in, set, first_row + warp_row, first_channel + warp_channel, sums);
}

template <typename Shape, typename Weights>
constexpr int linear_shared_bytes() {
  return Shape::kStages *
         (Shape::kRows * kStageInner + Shape::kChannels * Weights::kBytesPerChannel);
}

}  // namespace viditq
