// 6 rows x 64 channels in 24 accumulators; 4 registers of weights, one of activations.
#include <immintrin.h>

#include <cstring>

#include "tile.h"

namespace viditq {
namespace {

constexpr int kRows = 6;
constexpr int kChannels = 64;

// Accumulators have names because g++ 12 spills an array of them.
#define VIDITQ_ROW(m)                                             \
  {                                                               \
    int32_t codes;                                                \
    std::memcpy(&codes, a + m * kStep, sizeof codes);             \
    const __m512i x = _mm512_set1_epi32(codes);                   \
    sum##m##0 = _mm512_dpbusd_epi32(sum##m##0, x, w0);            \
    sum##m##1 = _mm512_dpbusd_epi32(sum##m##1, x, w1);            \
    sum##m##2 = _mm512_dpbusd_epi32(sum##m##2, x, w2);            \
    sum##m##3 = _mm512_dpbusd_epi32(sum##m##3, x, w3);            \
  }

#define VIDITQ_ZERO(m)                                                                   \
  __m512i sum##m##0 = _mm512_setzero_si512(), sum##m##1 = _mm512_setzero_si512(),        \
          sum##m##2 = _mm512_setzero_si512(), sum##m##3 = _mm512_setzero_si512();

#define VIDITQ_STORE(m)                                     \
  _mm512_storeu_si512(sums + m * kChannels, sum##m##0);      \
  _mm512_storeu_si512(sums + m * kChannels + 16, sum##m##1); \
  _mm512_storeu_si512(sums + m * kChannels + 32, sum##m##2); \
  _mm512_storeu_si512(sums + m * kChannels + 48, sum##m##3);

void multiply(const uint8_t* a, const int8_t* w, int64_t steps, int32_t* sums) {
  VIDITQ_ZERO(0)
  VIDITQ_ZERO(1)
  VIDITQ_ZERO(2)
  VIDITQ_ZERO(3)
  VIDITQ_ZERO(4)
  VIDITQ_ZERO(5)
  for (int64_t step = 0; step < steps; step++) {
    const __m512i w0 = _mm512_load_si512(w);
    const __m512i w1 = _mm512_load_si512(w + 64);
    const __m512i w2 = _mm512_load_si512(w + 128);
    const __m512i w3 = _mm512_load_si512(w + 192);
    VIDITQ_ROW(0)
    VIDITQ_ROW(1)
    VIDITQ_ROW(2)
    VIDITQ_ROW(3)
    VIDITQ_ROW(4)
    VIDITQ_ROW(5)
    a += kRows * kStep;
    w += kChannels * kStep;
  }
  VIDITQ_STORE(0)
  VIDITQ_STORE(1)
  VIDITQ_STORE(2)
  VIDITQ_STORE(3)
  VIDITQ_STORE(4)
  VIDITQ_STORE(5)
}

}  // namespace

const Tile kAvx512VnniTile{kRows, kChannels, multiply};

}  // namespace viditq
