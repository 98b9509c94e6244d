// 16 values at a time; the end of a row under a mask.
#include <immintrin.h>

#include "rows.h"

namespace viditq {
namespace {

constexpr int kWidth = 16;

// All lanes but the last vector's beyond the row.
inline __mmask16 lanes(int64_t left) {
  return left >= kWidth ? 0xffff : static_cast<__mmask16>((1u << left) - 1);
}

bool extend_range(const float* x, int64_t count, float* lo, float* hi) {
  const __m512 infinity = _mm512_set1_ps(__builtin_inff());
  __m512 low = _mm512_set1_ps(*lo);
  __m512 high = _mm512_set1_ps(*hi);
  __mmask16 not_finite = 0;
  for (int64_t i = 0; i < count; i += kWidth) {
    const __m512 value = _mm512_maskz_loadu_ps(lanes(count - i), x + i);
    low = _mm512_min_ps(value, low);
    high = _mm512_max_ps(value, high);
    not_finite |= _mm512_cmp_ps_mask(_mm512_abs_ps(value), infinity, _CMP_NLT_UQ);
  }
  // Lanes beyond the row are zero, which is within every range.
  *lo = _mm512_reduce_min_ps(low);
  *hi = _mm512_reduce_max_ps(high);
  return not_finite == 0;
}

inline __m512 nearest(__m512 v) {
  return _mm512_roundscale_ps(v, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
}

int32_t encode(const float* x, int64_t count, float scale, float lowest, float highest,
               int32_t zero_point, uint8_t* codes) {
  const __m512 half = _mm512_set1_ps(0.5f);
  const __m512 margin = _mm512_set1_ps(kTieMargin);
  const __m512 divisor = _mm512_set1_ps(scale);
  const __m512 reciprocal = _mm512_set1_ps(1.0f / scale);
  const __m512 bottom = _mm512_set1_ps(lowest);
  const __m512 top = _mm512_set1_ps(highest);
  const __m512i zero = _mm512_set1_epi32(zero_point);
  __m512i sums = _mm512_setzero_si512();
  for (int64_t i = 0; i < count; i += kWidth) {
    const __mmask16 present = lanes(count - i);
    const __m512 value = _mm512_maskz_loadu_ps(present, x + i);
    const __m512 quotient = _mm512_mul_ps(value, reciprocal);
    __m512 steps = nearest(quotient);
    const __m512 distance = _mm512_abs_ps(_mm512_sub_ps(quotient, steps));
    const __m512 from_tie = _mm512_abs_ps(_mm512_sub_ps(distance, half));
    if (_mm512_cmp_ps_mask(from_tie, margin, _CMP_LT_OQ) != 0) {
      steps = nearest(_mm512_div_ps(value, divisor));
    }
    steps = _mm512_min_ps(_mm512_max_ps(steps, bottom), top);
    const __m512i code = _mm512_add_epi32(_mm512_cvtps_epi32(steps), zero);
    sums = _mm512_mask_add_epi32(sums, present, sums, code);
    _mm512_mask_cvtepi32_storeu_epi8(codes + i, present, code);
  }
  return _mm512_reduce_add_epi32(sums);
}

}  // namespace

const RowKernels kAvx512Rows{extend_range, encode};

}  // namespace viditq
