// Squares of values turned over in registers.
#pragma once

#include "simd/vector.h"

#if VIDITQ_VECTOR_BYTES == 64
#define VIDITQ_LOWER_HALVES \
  { 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23 }
#define VIDITQ_UPPER_HALVES \
  { 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31 }
#elif VIDITQ_VECTOR_BYTES == 32
#define VIDITQ_LOWER_HALVES \
  { 0, 8, 1, 9, 2, 10, 3, 11 }
#define VIDITQ_UPPER_HALVES \
  { 4, 12, 5, 13, 6, 14, 7, 15 }
#else
#define VIDITQ_LOWER_HALVES \
  { 0, 4, 1, 5 }
#define VIDITQ_UPPER_HALVES \
  { 2, 6, 3, 7 }
#endif

namespace viditq {
namespace {

// Transposes [kWidth, kWidth]: interleaving the rows of the first half with those of the second,
// log2(kWidth) times, sends row i, column j to row j, column i.
inline void transpose(Vec (&square)[kWidth]) {
  const IntVec lower = VIDITQ_LOWER_HALVES;
  const IntVec upper = VIDITQ_UPPER_HALVES;
#pragma GCC unroll 4
  for (int64_t stage = 1; stage < kWidth; stage *= 2) {
    Vec woven[kWidth];
#pragma GCC unroll 8
    for (int64_t i = 0; i < kWidth / 2; i++) {
      woven[2 * i] = __builtin_shuffle(square[i], square[i + kWidth / 2], lower);
      woven[2 * i + 1] = __builtin_shuffle(square[i], square[i + kWidth / 2], upper);
    }
#pragma GCC unroll 16
    for (int64_t i = 0; i < kWidth; i++) square[i] = woven[i];
  }
}

}  // namespace
}  // namespace viditq
