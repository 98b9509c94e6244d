#include "hadamard.h"

#include <cmath>
#include <cstring>

namespace viditq::ort {

void rotate_row(const float* x, const float* balance, int64_t columns, int64_t block, float* out) {
  if (balance == nullptr) {
    std::memcpy(out, x, static_cast<size_t>(columns) * sizeof(float));
  } else {
    for (int64_t c = 0; c < columns; c++) out[c] = x[c] / balance[c];
  }
  for (int64_t distance = 1; distance < block; distance *= 2) {
    for (int64_t first = 0; first < columns; first += 2 * distance) {
      float* lower = out + first;
      float* upper = lower + distance;
      for (int64_t i = 0; i < distance; i++) {
        const float sum = lower[i] + upper[i];
        upper[i] = lower[i] - upper[i];
        lower[i] = sum;
      }
    }
  }
  const float norm = 1.0f / std::sqrt(static_cast<float>(block));
  for (int64_t c = 0; c < columns; c++) out[c] *= norm;
}

}  // namespace viditq::ort
