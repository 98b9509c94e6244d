// The PTX instructions that the integer products use (sm_80 and up), each with its emulated twin.
#pragma once

#include "platform.cuh"
#ifndef __CUDACC__
#include "tensor_core.h"
#endif

namespace viditq {

// Starts copying 16 bytes into shared memory, the first `valid` of them from `global`, the rest 0.
// Both pointers are multiples of 16; with valid 0, `global` is not read.
__device__ __forceinline__ void copy_async_16(void* shared, const void* global, int valid) {
#ifdef __CUDACC__
  const unsigned address = static_cast<unsigned>(__cvta_generic_to_shared(shared));
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(address), "l"(global),
               "r"(valid)
               : "memory");
#else
  emulation::copy_async_16(shared, global, valid);
#endif
}

// Makes the copies started since the last call one group.
__device__ __forceinline__ void copy_async_commit() {
#ifdef __CUDACC__
  asm volatile("cp.async.commit_group;" ::: "memory");
#else
  emulation::commit(emulation::Queue::kCopies);
#endif
}

// Waits until at most kPending of this thread's newest groups are under way. What other threads
// copied is visible after a barrier only.
template <int kPending>
__device__ __forceinline__ void copy_async_wait() {
#ifdef __CUDACC__
  asm volatile("cp.async.wait_group %0;" ::"n"(kPending) : "memory");
#else
  emulation::wait_for_groups(emulation::Queue::kCopies, kPending);
#endif
}

// Four matrices of 8 rows of 16 bytes from shared memory; lane i names row i % 8 of matrix i / 8
// and receives word lane % 4 of row lane / 4 of each.
__device__ __forceinline__ void load_matrix_x4(uint32_t (&words)[4], const void* row) {
#ifdef __CUDACC__
  const unsigned address = static_cast<unsigned>(__cvta_generic_to_shared(row));
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
               : "=r"(words[0]), "=r"(words[1]), "=r"(words[2]), "=r"(words[3])
               : "r"(address)
               : "memory");
#else
  emulation::load_matrix_x4(words, row);
#endif
}

// d [16, 8] += a [16, 32] * b [32, 8] on bytes, signed or not, in int32.
template <bool kSignedA, bool kSignedB>
__device__ __forceinline__ void multiply_m16n8k32(int32_t (&d)[4], const uint32_t (&a)[4],
                                                  const uint32_t (&b)[2]) {
#ifdef __CUDACC__
#define VIDITQ_MMA(a_type, b_type)                                                    \
  asm volatile("mma.sync.aligned.m16n8k32.row.col.s32." a_type "." b_type             \
               ".s32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};" \
               : "+r"(d[0]), "+r"(d[1]), "+r"(d[2]), "+r"(d[3])                       \
               : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]))
  if constexpr (kSignedA && kSignedB) VIDITQ_MMA("s8", "s8");
  if constexpr (kSignedA && !kSignedB) VIDITQ_MMA("s8", "u8");
  if constexpr (!kSignedA && kSignedB) VIDITQ_MMA("u8", "s8");
  if constexpr (!kSignedA && !kSignedB) VIDITQ_MMA("u8", "u8");
#undef VIDITQ_MMA
#else
  emulation::multiply_m16n8k32<kSignedA, kSignedB>(d, a, b);
#endif
}

}  // namespace viditq
