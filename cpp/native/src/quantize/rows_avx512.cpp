// 64 values at a time, then 16; the end of a row under a mask.
#include <immintrin.h>

#include "quantize/divide_row.h"
#include "quantize/fixed_steps.h"
#include "quantize/range_bits.h"
#include "quantize/rotate_row.h"
#include "quantize/rows.h"

namespace viditq {
namespace {

constexpr int kWidth = 16;

// All lanes but the last vector's beyond the row.
inline __mmask16 lanes(int64_t left) {
  return left >= kWidth ? 0xffff : static_cast<__mmask16>((1u << left) - 1);
}

// By RangeBits.
bool extend_range(const float* x, int64_t count, float* lo, float* hi) {
  RangeBits range(*lo, *hi);
  // Two chains of each, so that none waits for the one before.
  __m512i low0 = _mm512_set1_epi32(static_cast<int32_t>(range.low)), low1 = low0;
  __m512i high0 = _mm512_set1_epi32(range.high), high1 = high0;
#define VIDITQ_EXTEND(n, v)                    \
  {                                            \
    const __m512i bits = v;                    \
    low##n = _mm512_max_epu32(low##n, bits);   \
    high##n = _mm512_max_epi32(high##n, bits); \
  }
  int64_t i = 0;
  for (; i + 4 * kWidth <= count; i += 4 * kWidth) {
    VIDITQ_EXTEND(0, _mm512_loadu_si512(x + i))
    VIDITQ_EXTEND(1, _mm512_loadu_si512(x + i + kWidth))
    VIDITQ_EXTEND(0, _mm512_loadu_si512(x + i + 2 * kWidth))
    VIDITQ_EXTEND(1, _mm512_loadu_si512(x + i + 3 * kWidth))
  }
  // Lanes beyond the row are zero, which is within every range.
  for (; i < count; i += kWidth) {
    VIDITQ_EXTEND(0, _mm512_maskz_loadu_epi32(lanes(count - i), x + i))
  }
#undef VIDITQ_EXTEND
  range.low = _mm512_reduce_max_epu32(_mm512_max_epu32(low0, low1));
  range.high = _mm512_reduce_max_epi32(_mm512_max_epi32(high0, high1));
  return range.store(lo, hi);
}

// The grid of a row, in registers.
struct Steps {
  __m512 divisor;
  __m512 reciprocal;
  __m512 lowest;
  __m512 highest;

  __m512 clamp(__m512 steps) const { return _mm512_min_ps(_mm512_max_ps(steps, lowest), highest); }

  // The bounds are integers, so that it makes no difference whether rounding or clamping comes
  // first. *from_integer grows to the largest distance of a product from its integer.
  __m512i fast(__m512 value, __m512* from_integer) const {
    const __m512 quotient = clamp(_mm512_mul_ps(value, reciprocal));
    const __m512i steps = _mm512_cvtps_epi32(quotient);
    const __m512 distance = _mm512_sub_ps(quotient, _mm512_cvtepi32_ps(steps));
    // Operation 3 of vrangeps with sign control 0: the larger of the absolute values.
    *from_integer = _mm512_range_ps(*from_integer, distance, 0x0b);
    return steps;
  }

  __m512i exact(__m512 value) const {
    return _mm512_cvtps_epi32(clamp(_mm512_div_ps(value, divisor)));
  }

  static bool near_tie(__m512 from_integer) {
    return _mm512_cmp_ps_mask(from_integer, _mm512_set1_ps(0.5f - kTieMargin), _CMP_GT_OQ) != 0;
  }
};

int32_t encode(const float* x, int64_t count, float scale, float lowest, float highest,
               int32_t zero_point, const float* next_row, uint8_t* codes) {
  const Steps grid{_mm512_set1_ps(scale), _mm512_set1_ps(1.0f / scale), _mm512_set1_ps(lowest),
                   _mm512_set1_ps(highest)};
  const __m512i zero16 = _mm512_set1_epi16(static_cast<int16_t>(zero_point));
  const __m512i ones16 = _mm512_set1_epi16(1);
  const __m512i low_byte = _mm512_set1_epi16(0xff);
  // Packing works within 128-bit lanes and leaves the quarters of the vectors interleaved.
  const __m512i in_order = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
  __m512i sums = _mm512_setzero_si512();
  int64_t i = 0;
  for (; i + 4 * kWidth <= count; i += 4 * kWidth) {
    for (int line = 0; line < 4; line++) __builtin_prefetch(next_row + i + line * kWidth, 0, 2);
    const __m512 x0 = _mm512_loadu_ps(x + i);
    const __m512 x1 = _mm512_loadu_ps(x + i + kWidth);
    const __m512 x2 = _mm512_loadu_ps(x + i + 2 * kWidth);
    const __m512 x3 = _mm512_loadu_ps(x + i + 3 * kWidth);
    __m512 from_integer = _mm512_setzero_ps();
    __m512i steps0 = grid.fast(x0, &from_integer);
    __m512i steps1 = grid.fast(x1, &from_integer);
    __m512i steps2 = grid.fast(x2, &from_integer);
    __m512i steps3 = grid.fast(x3, &from_integer);
    if (Steps::near_tie(from_integer)) {
      steps0 = grid.exact(x0);
      steps1 = grid.exact(x1);
      steps2 = grid.exact(x2);
      steps3 = grid.exact(x3);
    }
    const __m512i left = _mm512_add_epi16(_mm512_packs_epi32(steps0, steps1), zero16);
    const __m512i right = _mm512_add_epi16(_mm512_packs_epi32(steps2, steps3), zero16);
    sums = _mm512_dpwssd_epi32(sums, left, ones16);
    sums = _mm512_dpwssd_epi32(sums, right, ones16);
    const __m512i packed =
        _mm512_packus_epi16(_mm512_and_si512(left, low_byte), _mm512_and_si512(right, low_byte));
    _mm512_storeu_si512(codes + i, _mm512_permutexvar_epi32(in_order, packed));
  }
  const __m512i zero = _mm512_set1_epi32(zero_point);
  for (; i < count; i += kWidth) {
    const __mmask16 present = lanes(count - i);
    const __m512 value = _mm512_maskz_loadu_ps(present, x + i);
    __m512 from_integer = _mm512_setzero_ps();
    __m512i steps = grid.fast(value, &from_integer);
    if (Steps::near_tie(from_integer)) steps = grid.exact(value);
    const __m512i code = _mm512_add_epi32(steps, zero);
    sums = _mm512_mask_add_epi32(sums, present, sums, code);
    _mm512_mask_cvtepi32_storeu_epi8(codes + i, present, code);
  }
  return _mm512_reduce_add_epi32(sums);
}

// FixedSteps in registers.
struct FixedVectors {
  __m512 divisor;
  __m512 factor;
  __m512 half;
  __m512i offset;

  FixedVectors(float scale, const FixedSteps& steps)
      : divisor(_mm512_set1_ps(scale)),
        factor(_mm512_set1_ps(steps.factor)),
        half(_mm512_set1_ps(steps.half)),
        offset(_mm512_set1_epi32(steps.offset)) {}

  __m512i fast(__m512 value) const {
    return _mm512_cvtps_epi32(_mm512_fmadd_ps(value, factor, half));
  }

  __m512i exact(__m512 value) const {
    const __m512i steps = _mm512_cvtps_epi32(_mm512_div_ps(value, divisor));
    return _mm512_slli_epi32(_mm512_add_epi32(steps, offset), 16);
  }

  static bool near_tie(__m512i smallest_fractions) {
    return _mm512_testn_epi32_mask(smallest_fractions,
                                   _mm512_set1_epi32(FixedSteps::kBeyondMargin)) != 0;
  }
};

int32_t encode_in_range(const float* x, int64_t count, float scale, float lowest, float highest,
                        int32_t zero_point, const float* next_row, uint8_t* codes) {
  const FixedVectors grid(scale, FixedSteps(scale, lowest));
  const int32_t first_code = zero_point + static_cast<int32_t>(lowest);
  const __m512i first = _mm512_set1_epi8(static_cast<char>(first_code));
  const __m512i last_step = _mm512_set1_epi8(static_cast<char>(highest - lowest));
  const __m512i in_order = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
  const __m512i zero = _mm512_setzero_si512();
  __m512i sums = zero;
  int64_t i = 0;
  for (; i + 4 * kWidth <= count; i += 4 * kWidth) {
    for (int line = 0; line < 4; line++) __builtin_prefetch(next_row + i + line * kWidth, 0, 2);
    __m512i steps0 = grid.fast(_mm512_loadu_ps(x + i));
    __m512i steps1 = grid.fast(_mm512_loadu_ps(x + i + kWidth));
    __m512i steps2 = grid.fast(_mm512_loadu_ps(x + i + 2 * kWidth));
    __m512i steps3 = grid.fast(_mm512_loadu_ps(x + i + 3 * kWidth));
    const __m512i fractions =
        _mm512_min_epu16(_mm512_min_epu16(steps0, steps1), _mm512_min_epu16(steps2, steps3));
    if (FixedVectors::near_tie(fractions)) {
      steps0 = grid.exact(_mm512_loadu_ps(x + i));
      steps1 = grid.exact(_mm512_loadu_ps(x + i + kWidth));
      steps2 = grid.exact(_mm512_loadu_ps(x + i + 2 * kWidth));
      steps3 = grid.exact(_mm512_loadu_ps(x + i + 3 * kWidth));
    }
    const __m512i left =
        _mm512_packus_epi32(_mm512_srli_epi32(steps0, 16), _mm512_srli_epi32(steps1, 16));
    const __m512i right =
        _mm512_packus_epi32(_mm512_srli_epi32(steps2, 16), _mm512_srli_epi32(steps3, 16));
    const __m512i steps = _mm512_min_epu8(_mm512_packus_epi16(left, right), last_step);
    sums = _mm512_add_epi64(sums, _mm512_sad_epu8(steps, zero));
    _mm512_storeu_si512(codes + i,
                        _mm512_add_epi8(_mm512_permutexvar_epi32(in_order, steps), first));
  }
  const int32_t sum =
      static_cast<int32_t>(_mm512_reduce_add_epi64(sums) + i * static_cast<int64_t>(first_code));
  return sum +
         encode(x + i, count - i, scale, lowest, highest, zero_point, next_row + i, codes + i);
}

}  // namespace

const RowKernels kAvx512Rows{divide, extend_range, encode, encode_in_range, rotate};

}  // namespace viditq
