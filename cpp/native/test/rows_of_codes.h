// What the tests of entry points that quantize rows share: where their codes go, and balances.
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

  // As an entry point takes them, which reads or writes.
  viditq_tokens tokens(int bits = 8, bool symmetric = false) const {
    viditq_tokens tokens{};
    tokens.codes = const_cast<uint8_t*>(codes.data());
    tokens.scale = const_cast<float*>(scale.data());
    tokens.zero_point = const_cast<int32_t*>(zero_point.data());
    tokens.row_sum = const_cast<int32_t*>(row_sum.data());
    tokens.rows = static_cast<int64_t>(scale.size());
    tokens.columns = static_cast<int64_t>(codes.size() / scale.size());
    tokens.bits = bits;
    tokens.symmetric = symmetric;
    return tokens;
  }

  // Rows of float32 values, each on its own grid.
  int quantize(viditq_context* context, const std::vector<float>& values, const float* balance,
               int bits, bool symmetric) {
    return viditq_quantize_tokens(context, values.data(), balance, tokens(bits, symmetric));
  }
};

// Balances of channels, all above 0.
inline std::vector<float> balances(int64_t count, uint32_t seed) {
  std::vector<float> values = normal(count, seed);
  for (float& value : values) value = std::exp(value);
  return values;
}

}  // namespace operators
