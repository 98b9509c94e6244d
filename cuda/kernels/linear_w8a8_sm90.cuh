// The W8A8 linear layer for Hopper (sm_90a). One warp only copies: the tensor copy engine fills a
// ring of stages with swizzled tiles of both operands, zeros beyond their ends. Two warp groups
// multiply straight from shared memory, 64 rows by 128 channels each.
#pragma once

#include "linear_epilogue.cuh"
#include "stage_ring.cuh"

namespace viditq {

struct HopperTile {
  static constexpr int kRows = 128;
  static constexpr int kChannels = 128;
  static constexpr int kInner = 128;  // bytes: the span of the swizzle
  static constexpr int kStep = 32;    // that one product consumes
  // Two blocks share a multiprocessor, so that one multiplies while the other finishes its sums:
  // three stages, and up to 112 registers per thread. (Asked for two blocks, the compiler allows
  // itself 96, and spills.)
  static constexpr int kStages = 3;
  static constexpr int kConsumerWarps = 8;
  static constexpr int kThreads = (kConsumerWarps + 1) * kLanes;
  static constexpr int kGroupRows = 64;
  static constexpr int kXBytes = kRows * kInner;
  static constexpr int kStageBytes = kXBytes + kChannels * kInner;
};

// The contract of viditq_cuda_linear for weights of 8 bits. x_map maps the codes of x with a box of
// kRows rows, w_map the weights of all sets with a box of kChannels. Launch with a block per tile,
// row tiles in x and channel tiles in y, kThreads threads and StageRing's kSharedBytes.
template <bool kSignedX, typename T>
__global__ void __launch_bounds__(HopperTile::kThreads)
    linear_w8a8_sm90(LinearOperands<T> in, const __grid_constant__ TensorMap x_map,
                     const __grid_constant__ TensorMap w_map) {
  using Tile = HopperTile;
  const StageRing<Tile> ring;

  const int warp = static_cast<int>(threadIdx.x) / kLanes;
  const int lane = static_cast<int>(threadIdx.x) % kLanes;
  const int first_row = static_cast<int>(blockIdx.x) * Tile::kRows;
  const int first_channel = static_cast<int>(blockIdx.y) * Tile::kChannels;
  const int set = chosen_set(in.weights.active_set, in.weights.sets);
  const int tiles = (in.inner + Tile::kInner - 1) / Tile::kInner;

  if (warp == Tile::kConsumerWarps) {
    if (lane != 0) return;
    for (int tile = 0; tile < tiles; tile++) {
      ring.wait_until_empty(tile);
      PhaseBarrier* full = ring.full(tile);
      phase_arrive_expecting(full, Tile::kStageBytes);
      unsigned char* x_tile = ring.stage(tile);
      tensor_copy(x_tile, &x_map, tile * Tile::kInner, first_row, 0, full);
      tensor_copy(x_tile + Tile::kXBytes, &w_map, tile * Tile::kInner, first_channel, set, full);
    }
    return;
  }

  int32_t sums[1][16][4] = {};
  const int group_row = warp / 4 * Tile::kGroupRows;
  for (int tile = 0; tile < tiles; tile++) {
    ring.wait_until_full(tile);
    const unsigned char* x_tile = ring.stage(tile) + group_row * Tile::kInner;
    const unsigned char* w_tile = ring.stage(tile) + Tile::kXBytes;
    group_fence();
#pragma unroll
    for (int k = 0; k < Tile::kInner; k += Tile::kStep) {
      multiply_m64n128k32<kSignedX>(sums[0], x_tile + k, w_tile + k);
    }
    group_commit();
    // The products of the previous tile are done, and with them its stage.
    group_wait<1>();
    if (tile > 0 && lane == 0) ring.release(tile - 1);
  }
  group_wait<0>();
  hold(sums[0]);
  store_sums(in, set, first_row + warp * 16, first_channel, sums);
}

}  // namespace viditq
