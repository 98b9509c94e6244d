// What the tests of entry points that quantize rows share: where their codes go, and divisors.
#pragma once

#include <cmath>
#include <vector>

#include "operators.h"

namespace operators {

// Where rows of codes are written to.
struct RowsOfCodes {
  std::vector<uint8_t> codes;
  std::vector<float> scale;
  std::vector<int32_t> zero_point;
  std::vector<int32_t> row_sum;

  RowsOfCodes(int64_t rows, int64_t columns)
      : codes(rows * columns, 99), scale(rows), zero_point(rows), row_sum(rows) {}

  bool operator==(const RowsOfCodes& other) const {
    return codes == other.codes && scale == other.scale && zero_point == other.zero_point &&
           row_sum == other.row_sum;
  }

  // Rows of float32 values, each on its own grid.
  int quantize(viditq_context* context, const std::vector<float>& values, const float* divisor,
               int bits, bool symmetric) {
    const int64_t rows = static_cast<int64_t>(scale.size());
    return viditq_quantize(context, values.data(), divisor, rows,
                           static_cast<int64_t>(values.size()) / rows, bits, symmetric,
                           codes.data(), scale.data(), zero_point.data(), row_sum.data());
  }
};

// Divisors for channel balancing, all above 0.
inline std::vector<float> divisors(int64_t count, uint32_t seed) {
  std::vector<float> values = normal(count, seed);
  for (float& value : values) value = std::exp(value);
  return values;
}

}  // namespace operators
