// 4 rows x 16 channels in 8 accumulators, with the 256-bit vpdpbusd.
#include <immintrin.h>

#include <cstring>

#include "tile.h"

namespace viditq {
namespace {

constexpr int kRows = 4;
constexpr int kChannels = 16;

#define VIDITQ_ROW(m)                                            \
  {                                                              \
    int32_t codes;                                               \
    std::memcpy(&codes, a + m * kStep, sizeof codes);            \
    const __m256i x = _mm256_set1_epi32(codes);                  \
    sum##m##0 = _mm256_dpbusd_avx_epi32(sum##m##0, x, w0);       \
    sum##m##1 = _mm256_dpbusd_avx_epi32(sum##m##1, x, w1);       \
  }

#define VIDITQ_ZERO(m) \
  __m256i sum##m##0 = _mm256_setzero_si256(), sum##m##1 = _mm256_setzero_si256();

#define VIDITQ_STORE(m)                                                                     \
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(sums + m * kChannels), sum##m##0);          \
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(sums + m * kChannels + 8), sum##m##1);

void multiply(const uint8_t* a, const int8_t* w, int64_t steps, int32_t* sums) {
  VIDITQ_ZERO(0)
  VIDITQ_ZERO(1)
  VIDITQ_ZERO(2)
  VIDITQ_ZERO(3)
  for (int64_t step = 0; step < steps; step++) {
    const __m256i w0 = _mm256_load_si256(reinterpret_cast<const __m256i*>(w));
    const __m256i w1 = _mm256_load_si256(reinterpret_cast<const __m256i*>(w + 32));
    VIDITQ_ROW(0)
    VIDITQ_ROW(1)
    VIDITQ_ROW(2)
    VIDITQ_ROW(3)
    a += kRows * kStep;
    w += kChannels * kStep;
  }
  VIDITQ_STORE(0)
  VIDITQ_STORE(1)
  VIDITQ_STORE(2)
  VIDITQ_STORE(3)
}

}  // namespace

const Tile kAvxVnniTile{kRows, kChannels, multiply};

}  // namespace viditq
