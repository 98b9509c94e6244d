// 4 rows x 24 channels in 12 accumulators, with the 256-bit vpdpbusd; 3 registers of weights, one
// of activations.
#include <immintrin.h>

#include <cstring>

#include "gemm/tile.h"
#include "gemm/unpack_nibbles.h"

namespace viditq {
namespace {

constexpr int kRows = 4;
constexpr int kChannels = 24;

inline __m256i load(const void* from) {
  return _mm256_load_si256(static_cast<const __m256i*>(from));
}

inline void store(int32_t* to, __m256i v) { _mm256_store_si256(reinterpret_cast<__m256i*>(to), v); }

// Accumulators have names because g++ 12 spills an array of them.
#define VIDITQ_ROW(m)                                      \
  {                                                        \
    int32_t codes;                                         \
    std::memcpy(&codes, a + m * a_step, sizeof codes);     \
    const __m256i x = _mm256_set1_epi32(codes);            \
    sum##m##0 = _mm256_dpbusd_avx_epi32(sum##m##0, x, w0); \
    sum##m##1 = _mm256_dpbusd_avx_epi32(sum##m##1, x, w1); \
    sum##m##2 = _mm256_dpbusd_avx_epi32(sum##m##2, x, w2); \
  }

#define VIDITQ_EACH_ROW(X) X(0) X(1) X(2) X(3)

#define VIDITQ_DECLARE(m)                                                                   \
  __m256i sum##m##0 = accumulate ? load(sums + m * kChannels) : _mm256_setzero_si256();     \
  __m256i sum##m##1 = accumulate ? load(sums + m * kChannels + 8) : _mm256_setzero_si256(); \
  __m256i sum##m##2 = accumulate ? load(sums + m * kChannels + 16) : _mm256_setzero_si256();

#define VIDITQ_STORE(m)                       \
  store(sums + m * kChannels, sum##m##0);     \
  store(sums + m * kChannels + 8, sum##m##1); \
  store(sums + m * kChannels + 16, sum##m##2);

void multiply(const uint8_t* a, int64_t a_step, const int8_t* w, int64_t inner, bool accumulate,
              int32_t* sums) {
  VIDITQ_EACH_ROW(VIDITQ_DECLARE)
  for (int64_t k = 0; k < inner; k += kStep) {
    const __m256i w0 = load(w);
    const __m256i w1 = load(w + 32);
    const __m256i w2 = load(w + 64);
    VIDITQ_EACH_ROW(VIDITQ_ROW)
    a += kStep;
    w += kChannels * kStep;
  }
  VIDITQ_EACH_ROW(VIDITQ_STORE)
}

// 12 chains hide the latency of any processor. The compiler may neither know that they are equal
// nor drop them.
int64_t exercise(int64_t repetitions) {
  __m256i x = _mm256_set1_epi8(1);
  __m256i w = _mm256_set1_epi8(1);
#define VIDITQ_CHAIN(n) \
  __m256i chain##n = x; \
  asm volatile("" : "+x"(chain##n));
#define VIDITQ_MULTIPLY(n) chain##n = _mm256_dpbusd_avx_epi32(chain##n, x, w);
#define VIDITQ_KEEP(n) asm volatile("" ::"x"(chain##n));
#define VIDITQ_EACH_CHAIN(X) X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11)
  VIDITQ_EACH_CHAIN(VIDITQ_CHAIN)
  for (int64_t i = 0; i < repetitions; i++) {
    VIDITQ_EACH_CHAIN(VIDITQ_MULTIPLY)
    asm volatile("" : "+x"(x), "+x"(w));
  }
  VIDITQ_EACH_CHAIN(VIDITQ_KEEP)
  return repetitions * 12 * static_cast<int64_t>(sizeof(__m256i)) * 2;
}

}  // namespace

// Nibbles come in runs of 128 bytes, which 4 steps of 96 bytes fill.
const Tile kAvxVnniTile{kRows,   kChannels, 4 * kStep,      kBlockInner, kMinThreadRows, multiply,
                        nullptr, nullptr,   unpack_nibbles, exercise,    nullptr,        nullptr};

}  // namespace viditq
