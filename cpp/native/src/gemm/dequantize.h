// Sums of products of codes as float32. Products and sums that are fused are so explicitly, and a
// row has the same bits wherever this is inlined.
#pragma once

#include "gemm/epilogue.h"
#include "simd/vector.h"

namespace viditq {
namespace {

// a b + c, rounded once where the instruction set can.
inline Vec multiply_add(Vec a, Vec b, Vec c) {
#if VIDITQ_VECTOR_BYTES == 64
  return (Vec)_mm512_fmadd_ps((__m512)a, (__m512)b, (__m512)c);
#elif VIDITQ_VECTOR_BYTES == 32
  return (Vec)_mm256_fmadd_ps((__m256)a, (__m256)b, (__m256)c);
#else
  return a * b + c;
#endif
}

// x y + z of factors in halves, whose products fit int32; sums may wrap.
inline IntVec multiply_halves(IntVec small, IntVec large, IntVec z) {
#if VIDITQ_VECTOR_BYTES == 64
  return (IntVec)_mm512_dpwssd_epi32((__m512i)z, (__m512i)small, (__m512i)large);
#elif VIDITQ_VECTOR_BYTES == 32
  return (IntVec)((UnsignedVec)z + (UnsignedVec)_mm256_madd_epi16((__m256i)small, (__m256i)large));
#else
  const UnsignedVec low = (UnsignedVec)((small << 16 >> 16) * (large << 16 >> 16));
  const UnsignedVec high = (UnsignedVec)((small >> 16) * (large >> 16));
  return (IntVec)((UnsignedVec)z + low + high);
#endif
}

inline void stream(float* to, Vec v) {
#if VIDITQ_VECTOR_BYTES == 64
  _mm512_stream_ps(to, (__m512)v);
#elif VIDITQ_VECTOR_BYTES == 32
  _mm256_stream_ps(to, (__m256)v);
#else
  store(to, v);
#endif
}

// What belongs to a vector of channels of a block.
struct ChannelFactors {
  Vec scale;
  Vec bias;
  IntVec channel_sum_factor;
  IntVec zero_point_factor;

  ChannelFactors() = default;
  ChannelFactors(const SumBlock& b, int64_t first, int64_t lanes)
      : scale(load_lanes(b.weight_scale + first, lanes)),
        bias(b.bias == nullptr ? Vec{} : load_lanes(b.bias + first, lanes)),
        channel_sum_factor(load_int_lanes(b.channel_sum_factor + first, lanes)),
        zero_point_factor(load_int_lanes(b.weight_zero_point_factor + first, lanes)) {}
};

// What belongs to a row of a block.
struct RowFactors {
  Vec scale;
  IntVec zero_point_factor;
  IntVec row_sum_factor;

  RowFactors(const SumBlock& b, int64_t row)
      : scale(broadcast(b.scale[row])),
        zero_point_factor(IntVec{} + b.zero_point_factor[row]),
        row_sum_factor(IntVec{} + b.row_sum_factor[row]) {}
};

// The product of a row and a vector of channels, bias included.
inline Vec dequantize(IntVec sum, const RowFactors& row, const ChannelFactors& channels) {
  IntVec exact = multiply_halves(row.zero_point_factor, channels.channel_sum_factor, sum);
  exact = multiply_halves(channels.zero_point_factor, row.row_sum_factor, exact);
  return multiply_add(__builtin_convertvector(exact, Vec), row.scale * channels.scale,
                      channels.bias);
}

// residual + gate * y of the channels from n on; a null gate is 1, a null residual 0.
inline Vec gate_and_add(Vec y, const RowEpilogue& e, int64_t n, int64_t lanes) {
  if (e.gate == nullptr) return e.residual == nullptr ? y : y + load_lanes(e.residual + n, lanes);
  const Vec gate = load_lanes(e.gate + n, lanes);
  if (e.residual == nullptr) return y * gate;
  return multiply_add(y, gate, load_lanes(e.residual + n, lanes));
}

}  // namespace
}  // namespace viditq
