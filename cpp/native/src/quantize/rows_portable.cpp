#include <cmath>

#include "quantize/divide_row.h"
#include "quantize/rotate_row.h"
#include "quantize/rows.h"

namespace viditq {
namespace {

bool extend_range(const float* x, int64_t count, float* lo, float* hi) {
  float smallest = *lo;
  float largest = *hi;
  float zero_if_finite = 0.0f;
  for (int64_t i = 0; i < count; i++) {
    smallest = x[i] < smallest ? x[i] : smallest;
    largest = x[i] > largest ? x[i] : largest;
    zero_if_finite += x[i] * 0.0f;  // NaN for NaN and infinity
  }
  *lo = smallest;
  *hi = largest;
  return zero_if_finite == 0.0f;
}

int32_t encode(const float* x, int64_t count, float scale, float lowest, float highest,
               int32_t zero_point, const float*, uint8_t* codes) {
  int32_t sum = 0;
  for (int64_t i = 0; i < count; i++) {
    float steps = std::nearbyintf(x[i] / scale);
    steps = steps < lowest ? lowest : steps;
    steps = steps > highest ? highest : steps;
    const int32_t code = static_cast<int32_t>(steps) + zero_point;
    codes[i] = static_cast<uint8_t>(code);
    sum += code;
  }
  return sum;
}

}  // namespace

const RowKernels kPortableRows{divide, extend_range, encode, encode, rotate};

}  // namespace viditq
