// The definition of RowKernels::rotate, compiled once per instruction set; the compiler makes
// vectors of its innermost loops. The order of operations is that of org.viditq.core.quant.Rotation
// on every instruction set, so that codes are equal to the bit.
#pragma once

#include <cstdint>

#include "quantize/rotation.h"

namespace viditq {
namespace {

void rotate_pairs(float* values, int64_t block, int64_t distance) {
  for (int64_t first = 0; first < block; first += 2 * distance) {
    float* __restrict lower = values + first;
    float* __restrict upper = lower + distance;
    for (int64_t i = 0; i < distance; i++) {
      const float a = lower[i];
      const float b = upper[i];
      lower[i] = a + b;
      upper[i] = a - b;
    }
  }
}

void rotate_quadruples(float* values, int64_t block, int64_t distance) {
  for (int64_t first = 0; first < block; first += 4 * distance) {
    float* __restrict p0 = values + first;
    float* __restrict p1 = p0 + distance;
    float* __restrict p2 = p1 + distance;
    float* __restrict p3 = p2 + distance;
    for (int64_t i = 0; i < distance; i++) {
      const float sum = p0[i] + p1[i];
      const float difference = p0[i] - p1[i];
      const float sum_behind = p2[i] + p3[i];
      const float difference_behind = p2[i] - p3[i];
      p0[i] = sum + difference_behind;
      p1[i] = sum - difference_behind;
      p2[i] = difference + sum_behind;
      p3[i] = sum_behind - difference;
    }
  }
}

// The block's `base` runs of `inner` values times the outer matrix, by way of `sums`.
void rotate_outer(float* __restrict values, int64_t inner, const Rotation& rotation,
                  float* __restrict sums) {
  const int64_t base = rotation.base;
  for (int64_t r = 0; r < base; r++) {
    float* __restrict sum = sums + r * inner;
    const int8_t* signs = rotation.matrix + r * base;
    const float first = signs[0];
    for (int64_t j = 0; j < inner; j++) sum[j] = first * values[j];
    for (int64_t i = 1; i < base; i++) {
      const float sign = signs[i];
      const float* __restrict run = values + i * inner;
      for (int64_t j = 0; j < inner; j++) sum[j] += sign * run[j];
    }
  }
  for (int64_t i = 0; i < base * inner; i++) values[i] = sums[i];
}

void rotate(float* values, int64_t count, const Rotation& rotation, float* spare) {
  const int64_t inner = rotation.block / rotation.base;
  for (float* block = values; block < values + count; block += rotation.block) {
    if (rotation.regular) {
      for (int64_t distance = 1; distance < rotation.block; distance *= 4) {
        rotate_quadruples(block, rotation.block, distance);
      }
    } else {
      for (int64_t distance = 1; distance < inner; distance *= 2) {
        rotate_pairs(block, inner * rotation.base, distance);
      }
      if (rotation.base > 1) rotate_outer(block, inner, rotation, spare);
    }
  }
  for (int64_t i = 0; i < count; i++) values[i] *= rotation.norm;
}

}  // namespace
}  // namespace viditq
