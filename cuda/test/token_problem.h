// Token quantization as the tests run it: buffers for the codes, and what they must be.
#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

#include "kernel_test.h"

namespace {

struct Tokens {
  Buffer<uint8_t> codes;
  Buffer<float> scale;
  Buffer<int32_t> zero_point;
  Buffer<int32_t> row_sum;
  Buffer<int32_t> not_finite{1};

  Tokens(int rows, int columns)
      : codes(static_cast<size_t>(viditq::code_row(rows, columns))),
        scale(rows),
        zero_point(rows),
        row_sum(rows) {}

  viditq_cuda_tokens view() {
    return {codes.data(), scale.data(), zero_point.data(), row_sum.data(), not_finite.data()};
  }

  int code(const viditq_cuda_quantizer& in, int row, int column) const {
    const uint8_t byte = codes[static_cast<size_t>(viditq::code_row(row, in.columns) + column)];
    return in.symmetric ? static_cast<int8_t>(byte) : byte;
  }
};

template <typename T>
viditq_cuda_quantizer quantizer(const Buffer<T>& x, int rows, int columns, int bits,
                                bool symmetric) {
  viditq_cuda_quantizer in = {};
  in.x = x.data();
  in.type = type_of<T>();
  in.rows = rows;
  in.columns = columns;
  in.bits = bits;
  in.symmetric = symmetric;
  in.sets = 1;
  return in;
}

// What org.viditq.core.quant defines, written down once more: MinMaxGrid and AffineGrid.
struct ExpectedRow {
  float scale;
  int zero_point = 0;
  std::vector<int> codes;

  ExpectedRow(const std::vector<float>& values, int bits, bool symmetric) {
    const float lo = std::min(*std::min_element(values.begin(), values.end()), 0.0f);
    const float hi = std::max(*std::max_element(values.begin(), values.end()), 0.0f);
    const int steps = symmetric ? (1 << (bits - 1)) - 1 : (1 << bits) - 1;
    scale = (symmetric ? std::max(-lo, hi) : hi - lo) / static_cast<float>(steps);
    if (scale < 1e-6f) scale = 1e-6f;
    if (!symmetric) zero_point = static_cast<int>(std::nearbyint(-lo / scale));
    const int lowest = symmetric ? -steps - 1 : 0;
    for (const float value : values) {
      // Clamped as a double first: the quotient may exceed int.
      const double code = static_cast<double>(std::nearbyint(value / scale)) + zero_point;
      codes.push_back(static_cast<int>(std::max<double>(lowest, std::min<double>(steps, code))));
    }
  }
};

}  // namespace
