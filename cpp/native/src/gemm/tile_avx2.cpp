// 4 rows x 16 channels in 8 accumulators. vpmaddubsw would saturate its 16-bit sums; even and odd
// bytes are widened apart instead and multiplied by vpmaddwd, which is exact.
#include <immintrin.h>

#include <cstring>

#include "gemm/tile.h"
#include "gemm/unpack_nibbles.h"

namespace viditq {
namespace {

constexpr int kRows = 4;
constexpr int kChannels = 16;

inline __m256i load(const void* from) {
  return _mm256_load_si256(static_cast<const __m256i*>(from));
}

inline void store(int32_t* to, __m256i v) { _mm256_store_si256(reinterpret_cast<__m256i*>(to), v); }

// Signed bytes at even positions, as 16-bit integers.
inline __m256i even_signed(__m256i bytes) {
  return _mm256_srai_epi16(_mm256_slli_epi16(bytes, 8), 8);
}

inline __m256i odd_signed(__m256i bytes) { return _mm256_srai_epi16(bytes, 8); }

#define VIDITQ_ROW(m)                                                                          \
  {                                                                                            \
    int32_t codes;                                                                             \
    std::memcpy(&codes, a + m * a_step, sizeof codes);                                         \
    const __m256i x = _mm256_set1_epi32(codes);                                                \
    const __m256i even = _mm256_and_si256(x, low_bytes);                                       \
    const __m256i odd = _mm256_srli_epi16(x, 8);                                               \
    sum##m##0 = _mm256_add_epi32(sum##m##0, _mm256_add_epi32(_mm256_madd_epi16(even, w0_even), \
                                                             _mm256_madd_epi16(odd, w0_odd))); \
    sum##m##1 = _mm256_add_epi32(sum##m##1, _mm256_add_epi32(_mm256_madd_epi16(even, w1_even), \
                                                             _mm256_madd_epi16(odd, w1_odd))); \
  }

#define VIDITQ_EACH_ROW(X) X(0) X(1) X(2) X(3)

#define VIDITQ_DECLARE(m)                                                               \
  __m256i sum##m##0 = accumulate ? load(sums + m * kChannels) : _mm256_setzero_si256(); \
  __m256i sum##m##1 = accumulate ? load(sums + m * kChannels + 8) : _mm256_setzero_si256();

#define VIDITQ_STORE(m)                   \
  store(sums + m * kChannels, sum##m##0); \
  store(sums + m * kChannels + 8, sum##m##1);

void multiply(const uint8_t* a, int64_t a_step, const int8_t* w, int64_t inner, bool accumulate,
              int32_t* sums) {
  const __m256i low_bytes = _mm256_set1_epi16(0xff);
  VIDITQ_EACH_ROW(VIDITQ_DECLARE)
  for (int64_t k = 0; k < inner; k += kStep) {
    const __m256i w0 = load(w);
    const __m256i w1 = load(w + 32);
    const __m256i w0_even = even_signed(w0);
    const __m256i w0_odd = odd_signed(w0);
    const __m256i w1_even = even_signed(w1);
    const __m256i w1_odd = odd_signed(w1);
    VIDITQ_EACH_ROW(VIDITQ_ROW)
    a += kStep;
    w += kChannels * kStep;
  }
  VIDITQ_EACH_ROW(VIDITQ_STORE)
}

}  // namespace

const Tile kAvx2Tile{kRows,   kChannels, 2 * kStep,      kBlockInner, kMinThreadRows, multiply,
                     nullptr, nullptr,   unpack_nibbles, nullptr,     nullptr,        nullptr};

}  // namespace viditq
