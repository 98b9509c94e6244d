// The PTX instructions of sm_90a that the warp-group product uses, each with its emulated twin.
#pragma once

#include "platform.cuh"
#ifdef __CUDACC__
#include <cuda.h>
#else
#include "warp_group.h"
#endif

namespace viditq {

#ifdef __CUDACC__
using TensorMap = CUtensorMap;
using PhaseBarrier = unsigned long long;  // an mbarrier object

__device__ __forceinline__ unsigned shared_address(const void* pointer) {
  return static_cast<unsigned>(__cvta_generic_to_shared(pointer));
}
#else
using TensorMap = emulation::TensorMap;
using PhaseBarrier = emulation::PhaseBarrier;
#endif

// One thread initializes; phase_fence_init and a block barrier come before any use.
__device__ __forceinline__ void phase_init(PhaseBarrier* barrier, int arrivals) {
#ifdef __CUDACC__
  asm volatile("mbarrier.init.shared::cta.b64 [%0], %1;" ::"r"(shared_address(barrier)),
               "r"(arrivals)
               : "memory");
#else
  barrier->init(arrivals);
#endif
}

__device__ __forceinline__ void phase_fence_init() {
#ifdef __CUDACC__
  asm volatile("fence.mbarrier_init.release.cluster;" ::: "memory");
#endif
}

__device__ __forceinline__ void phase_arrive(PhaseBarrier* barrier) {
#ifdef __CUDACC__
  asm volatile("mbarrier.arrive.shared::cta.b64 _, [%0];" ::"r"(shared_address(barrier))
               : "memory");
#else
  barrier->arrive(0);
#endif
}

// Arrives, and lets the phase also wait for so many bytes of copies.
__device__ __forceinline__ void phase_arrive_expecting(PhaseBarrier* barrier, int bytes) {
#ifdef __CUDACC__
  asm volatile(
      "mbarrier.arrive.expect_tx.shared::cta.b64 _, [%0], %1;" ::"r"(shared_address(barrier)),
      "r"(bytes)
      : "memory");
#else
  barrier->arrive(bytes);
#endif
}

// Waits until the phase of this parity has ended; the first phase has parity 0, and parity 1 counts
// as ended before it.
__device__ __forceinline__ void phase_wait(PhaseBarrier* barrier, int parity) {
#ifdef __CUDACC__
  unsigned ended = 0;
  while (ended == 0) {
    asm volatile(
        "{\n"
        ".reg .pred ended;\n"
        "mbarrier.try_wait.parity.shared::cta.b64 ended, [%1], %2;\n"
        "selp.u32 %0, 1, 0, ended;\n"
        "}"
        : "=r"(ended)
        : "r"(shared_address(barrier)), "r"(parity)
        : "memory");
  }
#else
  barrier->wait(parity);
#endif
}

// Starts copying the map's box at (k, row, set) into shared memory, rows of 128 bytes with the
// 128-byte swizzle, zeros outside the tensor; counts its bytes at the barrier. For one thread.
__device__ __forceinline__ void tensor_copy(void* shared, const TensorMap* map, int k, int row,
                                            int set, PhaseBarrier* barrier) {
#ifdef __CUDACC__
  asm volatile(
      "cp.async.bulk.tensor.3d.shared::cluster.global.tile.mbarrier::complete_tx::bytes"
      " [%0], [%1, {%2, %3, %4}], [%5];" ::"r"(shared_address(shared)),
      "l"(map), "r"(k), "r"(row), "r"(set), "r"(shared_address(barrier))
      : "memory");
#else
  map->copy(shared, k, row, set, barrier);
#endif
}

// Starts copying bytes as they lie, a multiple of 16 from and to multiples of 16; counts them at
// the barrier. For one thread.
__device__ __forceinline__ void bulk_copy(void* shared, const void* global, int bytes,
                                          PhaseBarrier* barrier) {
#ifdef __CUDACC__
  asm volatile(
      "cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes [%0], [%1], %2, [%3];" ::
          "r"(shared_address(shared)),
      "l"(__cvta_generic_to_global(global)), "r"(bytes), "r"(shared_address(barrier))
      : "memory");
#else
  emulation::copy_bytes(shared, global, bytes, barrier);
#endif
}

#ifdef __CUDACC__
// The descriptor of a tile of rows of 128 bytes, swizzled: address and distance of eight rows in
// units of 16 bytes, swizzle mode 1.
__device__ __forceinline__ uint64_t tile_descriptor(const unsigned char* tile) {
  constexpr uint64_t kEightRows = 1024 >> 4;
  constexpr uint64_t kSwizzle128 = 1;
  return (shared_address(tile) & 0x3ffff) >> 4 | uint64_t{1} << 16 | kEightRows << 32 |
         kSwizzle128 << 62;
}
#endif

// Before the first product, and wherever registers of accumulators were touched.
__device__ __forceinline__ void group_fence() {
#ifdef __CUDACC__
  asm volatile("wgmma.fence.sync.aligned;" ::: "memory");
#endif
}

#ifdef __CUDACC__
#define VIDITQ_FOUR(i) "+r"(d[i][0]), "+r"(d[i][1]), "+r"(d[i][2]), "+r"(d[i][3])
#define VIDITQ_SIXTEEN(i) VIDITQ_FOUR(i), VIDITQ_FOUR(i + 1), VIDITQ_FOUR(i + 2), VIDITQ_FOUR(i + 3)
// The product of operands of these types; `operands` names them from %64 on.
#define VIDITQ_WGMMA(types, operands, ...)                                          \
  asm volatile(                                                                     \
      "{\n"                                                                         \
      ".reg .pred accumulate;\n"                                                    \
      "setp.eq.u32 accumulate, 0, 0;\n"                                             \
      "wgmma.mma_async.sync.aligned.m64n128k32.s32." types                          \
      " {"                                                                          \
      "%0, %1, %2, %3, %4, %5, %6, %7, "                                            \
      "%8, %9, %10, %11, %12, %13, %14, %15, "                                      \
      "%16, %17, %18, %19, %20, %21, %22, %23, "                                    \
      "%24, %25, %26, %27, %28, %29, %30, %31, "                                    \
      "%32, %33, %34, %35, %36, %37, %38, %39, "                                    \
      "%40, %41, %42, %43, %44, %45, %46, %47, "                                    \
      "%48, %49, %50, %51, %52, %53, %54, %55, "                                    \
      "%56, %57, %58, %59, %60, %61, %62, %63"                                      \
      "}, " operands                                                                \
      ", accumulate;\n"                                                             \
      "}"                                                                           \
      : VIDITQ_SIXTEEN(0), VIDITQ_SIXTEEN(4), VIDITQ_SIXTEEN(8), VIDITQ_SIXTEEN(12) \
      : __VA_ARGS__)
#endif

// Starts d += x w^T for a warp group: x [64, 32] bytes, signed or not, w [128, 32] signed bytes,
// both in shared memory as tensor_copy leaves them, `x` and `w` being the tile's start plus 32
// bytes per step. A lane holds of d what it would of 16 fragments of mma.m16n8k32 for the rows of
// its warp.
template <bool kSignedX>
__device__ __forceinline__ void multiply_m64n128k32(int32_t (&d)[16][4], const unsigned char* x,
                                                    const unsigned char* w) {
#ifdef __CUDACC__
  const uint64_t x_tile = tile_descriptor(x);
  const uint64_t w_tile = tile_descriptor(w);
  if constexpr (kSignedX) {
    VIDITQ_WGMMA("s8.s8", "%64, %65", "l"(x_tile), "l"(w_tile));
  } else {
    VIDITQ_WGMMA("u8.s8", "%64, %65", "l"(x_tile), "l"(w_tile));
  }
#else
  emulation::multiply_m64n128k32<kSignedX>(d, x, w);
#endif
}

// Starts d += w x^T for a warp group: w [64, 32] unsigned bytes in registers, of which each warp
// holds 16 rows as mma.m16n8k32 wants them, and x [128, 32] bytes, signed or not, in shared memory
// as above. A lane holds of d what it would of 16 fragments of mma.m16n8k32. `w` must stay as it is
// until the group was waited for.
template <bool kSignedX>
__device__ __forceinline__ void multiply_m64n128k32_from_registers(int32_t (&d)[16][4],
                                                                   const uint32_t (&w)[4],
                                                                   const unsigned char* x) {
#ifdef __CUDACC__
  const uint64_t x_tile = tile_descriptor(x);
  if constexpr (kSignedX) {
    VIDITQ_WGMMA("u8.s8", "{%64, %65, %66, %67}, %68", "r"(w[0]), "r"(w[1]), "r"(w[2]), "r"(w[3]),
                 "l"(x_tile));
  } else {
    VIDITQ_WGMMA("u8.u8", "{%64, %65, %66, %67}, %68", "r"(w[0]), "r"(w[1]), "r"(w[2]), "r"(w[3]),
                 "l"(x_tile));
  }
#else
  emulation::multiply_m64n128k32_from_registers<kSignedX>(d, w, x);
#endif
}

#ifdef __CUDACC__
#undef VIDITQ_WGMMA
#undef VIDITQ_SIXTEEN
#undef VIDITQ_FOUR
#endif

// Makes the products started since the last call one group.
__device__ __forceinline__ void group_commit() {
#ifdef __CUDACC__
  asm volatile("wgmma.commit_group.sync.aligned;" ::: "memory");
#else
  emulation::commit(emulation::Queue::kProducts);
#endif
}

// Waits until at most kPending of the newest groups are under way.
template <int kPending>
__device__ __forceinline__ void group_wait() {
#ifdef __CUDACC__
  asm volatile("wgmma.wait_group.sync.aligned %0;" ::"n"(kPending) : "memory");
#else
  emulation::wait_for_groups(emulation::Queue::kProducts, kPending);
#endif
}

// Keeps the compiler from moving reads of accumulators before the wait above it.
__device__ __forceinline__ void hold(int32_t (&d)[16][4]) {
#ifdef __CUDACC__
#pragma unroll
  for (int i = 0; i < 16; i++) {
#pragma unroll
    for (int j = 0; j < 4; j++) asm volatile("" : "+r"(d[i][j])::"memory");
  }
#else
  (void)d;
#endif
}

// Keeps the compiler from using a register before the wait above it.
__device__ __forceinline__ void hold(uint32_t& word) {
#ifdef __CUDACC__
  asm volatile("" : "+r"(word)::"memory");
#else
  (void)word;
#endif
}

}  // namespace viditq
