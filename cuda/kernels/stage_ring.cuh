// The ring of stages in shared memory through which, on Hopper, tiles of operands travel from the
// one warp that copies to the warps that multiply.
#pragma once

#include "warp_group.cuh"

namespace viditq {

// Tile t, counted along the inner extent, is in stage t % kStages. A stage changes hands by two
// barriers: full (its bytes have arrived) and empty (all consuming warps are done with it). `Tile`
// says how many stages, bytes of a stage and consuming warps there are. The ring fills the block's
// dynamic shared memory.
template <typename Tile>
class StageRing {
 public:
  static constexpr int kSharedBytes =
      Tile::kStages * (Tile::kStageBytes + 2 * static_cast<int>(sizeof(PhaseBarrier)));

  // For all threads of the block at once, before any of them uses it.
  __device__ __forceinline__ StageRing()
      : stages_(dynamic_shared()),
        full_(reinterpret_cast<PhaseBarrier*>(stages_ + Tile::kStages * Tile::kStageBytes)),
        empty_(full_ + Tile::kStages) {
    if (threadIdx.x == 0) {
      for (int i = 0; i < Tile::kStages; i++) {
        phase_init(full_ + i, 1);
        phase_init(empty_ + i, Tile::kConsumerWarps);
      }
      phase_fence_init();
    }
    __syncthreads();
  }

  // The stage that `tile` travels in.
  __device__ __forceinline__ unsigned char* stage(int tile) const {
    return stages_ + tile % Tile::kStages * Tile::kStageBytes;
  }

  // Where the copies of `tile` are announced and counted.
  __device__ __forceinline__ PhaseBarrier* full(int tile) const {
    return full_ + tile % Tile::kStages;
  }

  __device__ __forceinline__ void wait_until_full(int tile) const {
    phase_wait(full(tile), tile / Tile::kStages % 2);
  }

  // Until all warps have released the tile that was in this stage before.
  __device__ __forceinline__ void wait_until_empty(int tile) const {
    phase_wait(empty(tile), (tile / Tile::kStages + 1) % 2);
  }

  // For one lane of each consuming warp, which reads `tile` no more.
  __device__ __forceinline__ void release(int tile) const { phase_arrive(empty(tile)); }

 private:
  __device__ __forceinline__ PhaseBarrier* empty(int tile) const {
    return empty_ + tile % Tile::kStages;
  }

  unsigned char* const stages_;
  PhaseBarrier* const full_;
  PhaseBarrier* const empty_;
};

}  // namespace viditq
