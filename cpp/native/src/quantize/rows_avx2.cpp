// 8 values at a time; the rest of a row by the portable kernels.
#include <immintrin.h>

#include "quantize/divide_row.h"
#include "quantize/fixed_steps.h"
#include "quantize/range_bits.h"
#include "quantize/rotate_row.h"
#include "quantize/rows.h"

namespace viditq {
namespace {

constexpr int kWidth = 8;

// By RangeBits.
bool extend_range(const float* x, int64_t count, float* lo, float* hi) {
  RangeBits range(*lo, *hi);
  __m256i low = _mm256_set1_epi32(static_cast<int32_t>(range.low));
  __m256i high = _mm256_set1_epi32(range.high);
  int64_t i = 0;
  for (; i + kWidth <= count; i += kWidth) {
    const __m256i bits = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(x + i));
    low = _mm256_max_epu32(low, bits);
    high = _mm256_max_epi32(high, bits);
  }
  alignas(32) uint32_t lows[kWidth];
  alignas(32) int32_t highs[kWidth];
  _mm256_store_si256(reinterpret_cast<__m256i*>(lows), low);
  _mm256_store_si256(reinterpret_cast<__m256i*>(highs), high);
  for (int lane = 0; lane < kWidth; lane++) {
    range.low = lows[lane] > range.low ? lows[lane] : range.low;
    range.high = highs[lane] > range.high ? highs[lane] : range.high;
  }
  return range.store(lo, hi) && kPortableRows.extend_range(x + i, count - i, lo, hi);
}

inline __m256 nearest(__m256 v) {
  return _mm256_round_ps(v, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
}

int32_t encode(const float* x, int64_t count, float scale, float lowest, float highest,
               int32_t zero_point, const float* next_row, uint8_t* codes) {
  const __m256 sign = _mm256_set1_ps(-0.0f);
  const __m256 half = _mm256_set1_ps(0.5f);
  const __m256 margin = _mm256_set1_ps(kTieMargin);
  const __m256 divisor = _mm256_set1_ps(scale);
  const __m256 reciprocal = _mm256_set1_ps(1.0f / scale);
  const __m256 bottom = _mm256_set1_ps(lowest);
  const __m256 top = _mm256_set1_ps(highest);
  const __m256i zero = _mm256_set1_epi32(zero_point);
  const __m256i byte = _mm256_set1_epi32(0xff);
  __m256i sums = _mm256_setzero_si256();
  int64_t i = 0;
  for (; i + kWidth <= count; i += kWidth) {
    const __m256 value = _mm256_loadu_ps(x + i);
    const __m256 quotient = _mm256_mul_ps(value, reciprocal);
    __m256 steps = nearest(quotient);
    const __m256 distance = _mm256_andnot_ps(sign, _mm256_sub_ps(quotient, steps));
    const __m256 from_tie = _mm256_andnot_ps(sign, _mm256_sub_ps(distance, half));
    if (_mm256_movemask_ps(_mm256_cmp_ps(from_tie, margin, _CMP_LT_OQ)) != 0) {
      steps = nearest(_mm256_div_ps(value, divisor));
    }
    steps = _mm256_min_ps(_mm256_max_ps(steps, bottom), top);
    const __m256i code = _mm256_add_epi32(_mm256_cvtps_epi32(steps), zero);
    sums = _mm256_add_epi32(sums, code);
    const __m256i low_byte = _mm256_and_si256(code, byte);
    const __m128i words =
        _mm_packus_epi32(_mm256_castsi256_si128(low_byte), _mm256_extracti128_si256(low_byte, 1));
    _mm_storel_epi64(reinterpret_cast<__m128i*>(codes + i), _mm_packus_epi16(words, words));
  }
  alignas(32) int32_t parts[kWidth];
  _mm256_store_si256(reinterpret_cast<__m256i*>(parts), sums);
  int32_t sum = kPortableRows.encode(x + i, count - i, scale, lowest, highest, zero_point,
                                     next_row + i, codes + i);
  for (int lane = 0; lane < kWidth; lane++) sum += parts[lane];
  return sum;
}

// FixedSteps in registers.
struct FixedVectors {
  __m256 divisor;
  __m256 factor;
  __m256 half;
  __m256i offset;

  FixedVectors(float scale, const FixedSteps& steps)
      : divisor(_mm256_set1_ps(scale)),
        factor(_mm256_set1_ps(steps.factor)),
        half(_mm256_set1_ps(steps.half)),
        offset(_mm256_set1_epi32(steps.offset)) {}

  __m256i fast(__m256 value) const {
    return _mm256_cvtps_epi32(_mm256_add_ps(_mm256_mul_ps(value, factor), half));
  }

  __m256i exact(__m256 value) const {
    const __m256i steps = _mm256_cvtps_epi32(_mm256_div_ps(value, divisor));
    return _mm256_slli_epi32(_mm256_add_epi32(steps, offset), 16);
  }

  static bool near_tie(__m256i smallest_fractions) {
    const __m256i beyond =
        _mm256_and_si256(smallest_fractions, _mm256_set1_epi32(FixedSteps::kBeyondMargin));
    return _mm256_movemask_epi8(_mm256_cmpeq_epi32(beyond, _mm256_setzero_si256())) != 0;
  }
};

// 32 values at a time.
int32_t encode_in_range(const float* x, int64_t count, float scale, float lowest, float highest,
                        int32_t zero_point, const float* next_row, uint8_t* codes) {
  const FixedVectors grid(scale, FixedSteps(scale, lowest));
  const int32_t first_code = zero_point + static_cast<int32_t>(lowest);
  const __m256i first = _mm256_set1_epi8(static_cast<char>(first_code));
  const __m256i last_step = _mm256_set1_epi8(static_cast<char>(highest - lowest));
  // Packing works within 128-bit lanes and leaves the halves of the vectors interleaved.
  const __m256i in_order = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);
  const __m256i zero = _mm256_setzero_si256();
  __m256i sums = zero;
  int64_t i = 0;
  for (; i + 4 * kWidth <= count; i += 4 * kWidth) {
    __m256i steps0 = grid.fast(_mm256_loadu_ps(x + i));
    __m256i steps1 = grid.fast(_mm256_loadu_ps(x + i + kWidth));
    __m256i steps2 = grid.fast(_mm256_loadu_ps(x + i + 2 * kWidth));
    __m256i steps3 = grid.fast(_mm256_loadu_ps(x + i + 3 * kWidth));
    const __m256i fractions =
        _mm256_min_epu16(_mm256_min_epu16(steps0, steps1), _mm256_min_epu16(steps2, steps3));
    if (FixedVectors::near_tie(fractions)) {
      steps0 = grid.exact(_mm256_loadu_ps(x + i));
      steps1 = grid.exact(_mm256_loadu_ps(x + i + kWidth));
      steps2 = grid.exact(_mm256_loadu_ps(x + i + 2 * kWidth));
      steps3 = grid.exact(_mm256_loadu_ps(x + i + 3 * kWidth));
    }
    const __m256i left =
        _mm256_packus_epi32(_mm256_srli_epi32(steps0, 16), _mm256_srli_epi32(steps1, 16));
    const __m256i right =
        _mm256_packus_epi32(_mm256_srli_epi32(steps2, 16), _mm256_srli_epi32(steps3, 16));
    const __m256i steps = _mm256_min_epu8(_mm256_packus_epi16(left, right), last_step);
    sums = _mm256_add_epi64(sums, _mm256_sad_epu8(steps, zero));
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(codes + i),
                        _mm256_add_epi8(_mm256_permutevar8x32_epi32(steps, in_order), first));
  }
  alignas(32) int64_t parts[4];
  _mm256_store_si256(reinterpret_cast<__m256i*>(parts), sums);
  const int64_t sum = parts[0] + parts[1] + parts[2] + parts[3] + i * first_code;
  return static_cast<int32_t>(sum) +
         encode(x + i, count - i, scale, lowest, highest, zero_point, next_row + i, codes + i);
}

}  // namespace

const RowKernels kAvx2Rows{divide, extend_range, encode, encode_in_range, rotate};

}  // namespace viditq
