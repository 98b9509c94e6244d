// The last step of linear layers: out = residual + gate * act(y + bias).
#pragma once

#ifdef __AVX2__
#include <immintrin.h>
#endif

#include "finish.h"
#include "nonlinearity.h"

namespace viditq {
namespace {

// product(i, lanes) gives lanes of the row's product.
template <typename Product, typename Activation>
inline void finish(const Product& product, int64_t count, const RowFinish& f,
                   const Activation& activation, float* out) {
  for_each_vector(count, [&](int64_t i, int64_t lanes) {
    Vec y = product(i, lanes);
    if (f.bias != nullptr) y += load_lanes(f.bias + i, lanes);
    y = activation(y);
    if (f.gate != nullptr) y *= load_lanes(f.gate + i, lanes);
    if (f.residual != nullptr) y += load_lanes(f.residual + i, lanes);
    store_lanes(out + i, lanes, y);
  });
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
  _mm512_stream_ps(to, v);
#elif VIDITQ_VECTOR_BYTES == 32
  _mm256_stream_ps(to, v);
#else
  store(to, v);
#endif
}

// What belongs to the channels of some vectors, in registers.
template <int vectors>
struct Channels {
  Vec scale[vectors];
  Vec bias[vectors];
  IntVec code_sum[vectors];
  IntVec zero_point[vectors];

  Channels(const SumBlock& b, int64_t first, int64_t lanes) {
    for (int v = 0; v < vectors; v++) {
      const int64_t n = first + v * kWidth;
      scale[v] = load_lanes(b.weight_scale + n, lanes);
      bias[v] = b.bias == nullptr ? Vec{} : load_lanes(b.bias + n, lanes);
      code_sum[v] = load_int_lanes(b.weight_code_sum + n, lanes);
      zero_point[v] = load_int_lanes(b.weight_zero_point + n, lanes);
    }
  }
};

// Rows from `from` to `to` - 1 of some vectors of channels from `first` on. Only a single vector
// may have fewer lanes than its width.
template <int vectors, bool gated_or_added, bool streamed, typename Activation>
inline void dequantize_channels(const SumBlock& b, int64_t from, int64_t to, int64_t first,
                                int64_t lanes, const Activation& activation) {
  const Channels<vectors> channels(b, first, lanes);
  const int64_t sums_step = b.sums_step;
  const int64_t out_step = b.out.step;
  const int32_t* sums = b.sums + from * sums_step + first;
  float* out = b.out.first + from * out_step + first;
  const float* scales = b.scale;
  const int32_t* zero_points = b.zero_point;
  const int32_t* code_sums = b.code_sum;
  for (int64_t row = from; row < to; row++, sums += sums_step, out += out_step) {
    const Vec scale = broadcast(scales[row]);
    const IntVec zero_point = IntVec{} + zero_points[row];
    const IntVec code_sum = IntVec{} + code_sums[row];
    RowFinish f{};
    if (gated_or_added) f = b.finish(row);
    for (int v = 0; v < vectors; v++) {
      IntVec exact = load_int_lanes(sums + v * kWidth, lanes);
      exact = multiply_halves(zero_point, channels.code_sum[v], exact);
      exact = multiply_halves(channels.zero_point[v], code_sum, exact);
      Vec y = __builtin_convertvector(exact, Vec) * (scale * channels.scale[v]);
      y = activation(y + channels.bias[v]);
      const int64_t n = first + v * kWidth;
      if (gated_or_added && f.gate != nullptr) y *= load_lanes(f.gate + n, lanes);
      if (gated_or_added && f.residual != nullptr) y += load_lanes(f.residual + n, lanes);
      if (streamed) {
        stream(out + v * kWidth, y);
      } else {
        store_lanes(out + v * kWidth, lanes, y);
      }
    }
  }
}

template <bool gated_or_added, bool streamed, typename Activation>
inline void dequantize_rows(const SumBlock& b, int64_t from, int64_t to,
                            const Activation& activation) {
  int64_t n = 0;
  for (; n + 3 * kWidth <= b.channels; n += 3 * kWidth) {
    dequantize_channels<3, gated_or_added, streamed>(b, from, to, n, kWidth, activation);
  }
  for (; n + 2 * kWidth <= b.channels; n += 2 * kWidth) {
    dequantize_channels<2, gated_or_added, streamed>(b, from, to, n, kWidth, activation);
  }
  for (; n < b.channels; n += kWidth) {
    const int64_t lanes = b.channels - n < kWidth ? b.channels - n : kWidth;
    dequantize_channels<1, gated_or_added, streamed>(b, from, to, n, lanes, activation);
  }
}

void dequantize(const SumBlock& b, int64_t from, int64_t to) {
  with_activation(b.activation, [&](auto activation) {
    const bool gated_or_added = b.gate != nullptr || b.residual != nullptr;
    if (gated_or_added && b.out.stream) {
      dequantize_rows<true, true>(b, from, to, activation);
    } else if (gated_or_added) {
      dequantize_rows<true, false>(b, from, to, activation);
    } else if (b.out.stream) {
      dequantize_rows<false, true>(b, from, to, activation);
    } else {
      dequantize_rows<false, false>(b, from, to, activation);
    }
  });
}

void finish_row(const float* product, int64_t count, const RowFinish& f, float* out) {
  with_activation(f.activation, [&](auto activation) {
    finish([&](int64_t i, int64_t lanes) { return load_lanes(product + i, lanes); }, count, f,
           activation, out);
  });
}

}  // namespace
}  // namespace viditq
