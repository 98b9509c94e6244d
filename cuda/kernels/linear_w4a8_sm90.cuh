// The W4A8 linear layer for Hopper (sm_90a). The result's tile is computed transposed, channels by
// rows, because warp groups take their first operand from registers, too: there nibbles, which lie
// in memory in the order of the registers (packed_weights.h), become bytes by two masks and a
// shift. The second operand, the rows of x, stays in shared memory. One warp only copies: boxes of
// x by the tensor copy engine, blocks of nibbles as they lie in memory.
#pragma once

#include "linear_epilogue.cuh"
#include "packed_weights.h"
#include "stage_ring.cuh"

namespace viditq {

struct HopperNibbleTile {
  static constexpr int kRows = 128;
  static constexpr int kChannels = 128;
  static constexpr int kInner = 128;
  static constexpr int kStep = kNibbleBlock;  // inner positions that one product consumes
  static constexpr int kSteps = kInner / kStep;
  // Two blocks share a multiprocessor; see HopperTile.
  static constexpr int kStages = 4;
  static constexpr int kConsumerWarps = 8;
  static constexpr int kThreads = (kConsumerWarps + 1) * kLanes;
  static constexpr int kGroupChannels = 64;  // of a warp group
  static constexpr int kXBytes = kRows * kInner;
  static constexpr int kNibbleRowBytes = kSteps * kNibbleBlockBytes;  // of 32 channels
  static constexpr int kStageBytes = kXBytes + kChannels / kNibbleBlock * kNibbleRowBytes;
};

// Starts the copies of one stage's weights, the inner positions from tile * kInner on of the
// channels from first_channel on, or only counts their bytes. Beyond the last block of 32 channels
// or inner positions the stage keeps what it held: those channels are not stored, and there x is 0.
template <bool kCopy>
__device__ __forceinline__ int copy_nibbles(unsigned char* to, const uint8_t* weights,
                                            int first_channel, int channels, int tile, int inner,
                                            PhaseBarrier* barrier) {
  using Tile = HopperNibbleTile;
  const int blocks = nibble_blocks(inner);
  const int left = blocks - tile * Tile::kSteps;
  const int bytes = (left < Tile::kSteps ? left : Tile::kSteps) * kNibbleBlockBytes;
  int total = 0;
  for (int i = 0; i < Tile::kChannels / kNibbleBlock; i++) {
    const int channel = first_channel + i * kNibbleBlock;
    if (channel >= channels) break;
    const int64_t block =
        static_cast<int64_t>(channel / kNibbleBlock) * blocks + tile * Tile::kSteps;
    if (kCopy) {
      bulk_copy(to + i * Tile::kNibbleRowBytes, weights + block * kNibbleBlockBytes, bytes,
                barrier);
    }
    total += bytes;
  }
  return total;
}

// The contract of viditq_cuda_linear for weights of 4 bits. x_map maps the codes of x with a box of
// kRows rows. Launch with a block per tile, row tiles in x and channel tiles in y, kThreads threads
// and StageRing's kSharedBytes.
template <bool kSignedX, typename T>
__global__ void __launch_bounds__(HopperNibbleTile::kThreads)
    linear_w4a8_sm90(LinearOperands<T> in, const __grid_constant__ TensorMap x_map) {
  using Tile = HopperNibbleTile;
  const StageRing<Tile> ring;

  const int warp = static_cast<int>(threadIdx.x) / kLanes;
  const int lane = static_cast<int>(threadIdx.x) % kLanes;
  const int first_row = static_cast<int>(blockIdx.x) * Tile::kRows;
  const int first_channel = static_cast<int>(blockIdx.y) * Tile::kChannels;
  const int set = chosen_set(in.weights.active_set, in.weights.sets);
  const int tiles = (in.inner + Tile::kInner - 1) / Tile::kInner;

  if (warp == Tile::kConsumerWarps) {
    if (lane != 0) return;
    const uint8_t* weights = in.weights.codes + set * in.set_bytes;
    for (int tile = 0; tile < tiles; tile++) {
      ring.wait_until_empty(tile);
      PhaseBarrier* full = ring.full(tile);
      unsigned char* x_tile = ring.stage(tile);
      unsigned char* w_tile = x_tile + Tile::kXBytes;
      const int w_bytes =
          copy_nibbles<false>(w_tile, weights, first_channel, in.channels, tile, in.inner, full);
      phase_arrive_expecting(full, Tile::kXBytes + w_bytes);
      tensor_copy(x_tile, &x_map, tile * Tile::kInner, first_row, 0, full);
      copy_nibbles<true>(w_tile, weights, first_channel, in.channels, tile, in.inner, full);
    }
    return;
  }

  // The warp's 16 channels are half of a block of 32: two of the four words of each lane.
  const int warp_channel = warp / 4 * Tile::kGroupChannels + warp % 4 * 16;
  const int lane_offset = Tile::kXBytes + warp_channel / kNibbleBlock * Tile::kNibbleRowBytes +
                          lane * 16 + warp_channel % kNibbleBlock / 16 * 8;
  int32_t sums[16][4] = {};
  uint32_t w[Tile::kSteps][4];
  const auto finish = [&](int tile) {
    group_wait<0>();
    if (lane == 0) ring.release(tile);
  };
  for (int tile = 0; tile < tiles; tile++) {
    ring.wait_until_full(tile);
    const unsigned char* x_tile = ring.stage(tile);
    Vector<uint32_t, 2> packed[Tile::kSteps];
#pragma unroll
    for (int step = 0; step < Tile::kSteps; step++) {
      packed[step] = load_vector<2>(
          reinterpret_cast<const uint32_t*>(x_tile + lane_offset + step * kNibbleBlockBytes));
    }
    // Meanwhile the products of the previous tile went on; now their registers are free.
    if (tile > 0) finish(tile - 1);
#pragma unroll
    for (int step = 0; step < Tile::kSteps; step++) {
      constexpr uint32_t kLowNibbles = 0x0f0f0f0fu;
#pragma unroll
      for (int half = 0; half < 2; half++) {
        hold(packed[step].elements[half]);
        w[step][half] = packed[step].elements[half] & kLowNibbles;
        w[step][half + 2] = (packed[step].elements[half] >> 4) & kLowNibbles;
      }
    }
    group_fence();
#pragma unroll
    for (int step = 0; step < Tile::kSteps; step++) {
      multiply_m64n128k32_from_registers<kSignedX>(sums, w[step], x_tile + step * Tile::kStep);
    }
    group_commit();
  }
  finish(tiles - 1);
  hold(sums);
  store_transposed_sums(in, set, first_row, first_channel + warp_channel, sums);
}

}  // namespace viditq
