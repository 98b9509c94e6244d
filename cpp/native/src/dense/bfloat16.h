// Rounding to bfloat16.
#pragma once

#include "simd/vector.h"

namespace viditq {
namespace {

typedef uint16_t HalfWordVec __attribute__((vector_size(VIDITQ_VECTOR_BYTES / 2)));

// To nearest, ties to even; beyond the greatest bfloat16 to infinity; NaN stays NaN.
void round_to_bfloat16(const float* from, int64_t count, uint16_t* to) {
  for_each_vector(count, [&](int64_t i, int64_t lanes) {
    const Vec values = load_lanes(from + i, lanes);
    UnsignedVec bits;
    std::memcpy(&bits, &values, sizeof(bits));
    const UnsignedVec upper = bits >> 16;
    const UnsignedVec rounded = (bits + 0x7fff + (upper & 1)) >> 16;
    const UnsignedVec result = (bits & 0x7fffffff) > 0x7f800000 ? upper | 0x40 : rounded;
    const HalfWordVec words = __builtin_convertvector(result, HalfWordVec);
    std::memcpy(to + i, &words, static_cast<size_t>(lanes) * sizeof(uint16_t));
  });
}

}  // namespace
}  // namespace viditq
