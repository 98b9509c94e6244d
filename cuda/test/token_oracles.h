// What the fused quantizers must give, in float64, and how far from it they may be.
#pragma once

#include <functional>

#include "token_problem.h"

namespace {

// The value at a row and column before it is quantized.
using Oracle = std::function<double(int row, int column)>;

inline std::vector<double> values_of(const viditq_cuda_quantizer& in, const Oracle& oracle) {
  std::vector<double> values;
  for (int row = 0; row < in.rows; row++) {
    for (int c = 0; c < in.columns; c++) values.push_back(oracle(row, c));
  }
  return values;
}

// How many scales, codes and code sums are wrong: the grid must be that of the values up to float32
// rounding, and each code the nearest one on the kernel's own grid, up to a small part of a step.
inline int wrong_tokens(const viditq_cuda_quantizer& in, const Tokens& got,
                        const std::vector<double>& values) {
  int wrong = 0;
  for (int row = 0; row < in.rows; row++) {
    double lo = 0;
    double hi = 0;
    for (int c = 0; c < in.columns; c++) {
      lo = std::min(lo, values[row * in.columns + c]);
      hi = std::max(hi, values[row * in.columns + c]);
    }
    const int top = (1 << (in.bits - in.symmetric)) - 1;
    const double scale = std::max((in.symmetric ? std::max(-lo, hi) : hi - lo) / top, 1e-6);
    wrong += !(std::fabs(got.scale[row] - scale) <= 1e-5 * scale);
    int32_t sum = 0;
    for (int c = 0; c < in.columns; c++) {
      const int code = got.code(in, row, c);
      sum += code;
      const double value = (code - got.zero_point[row]) * static_cast<double>(got.scale[row]);
      // The ends of the range may be half a step out where the zero point was rounded.
      const bool clipped = !in.symmetric && (code == 0 || code == top);
      const double bound = (clipped ? 1.001 : 0.501) * scale;
      wrong += !(std::fabs(value - values[row * in.columns + c]) <= bound);
    }
    wrong += sum != got.row_sum[row];
  }
  return wrong;
}

inline double balanced(const viditq_cuda_quantizer& in, double value, int column) {
  if (in.balance == nullptr) return value;
  const int set = in.active_set == nullptr ? 0 : *in.active_set;
  return value / in.balance[set * in.columns + column];
}

inline double gelu_float64(double v) {
  return 0.5 * v * (1 + std::tanh(std::sqrt(2 / std::acos(-1.0)) * (v + 0.044715 * v * v * v)));
}

template <typename T>
Oracle balanced_oracle(const viditq_cuda_quantizer& in, const Buffer<T>& x) {
  return [in, &x](int row, int c) {
    return balanced(in, viditq::to_float(x[row * in.columns + c]), c);
  };
}

template <typename T>
Oracle gelu_oracle(const viditq_cuda_quantizer& in, const Buffer<T>& x) {
  return [in, &x](int row, int c) {
    return balanced(in, gelu_float64(viditq::to_float(x[row * in.columns + c])), c);
  };
}

template <typename T>
Oracle norm_oracle(const viditq_cuda_quantizer& in, const Buffer<T>& x, const Buffer<float>& shift,
                   const Buffer<float>& scale, int samples, double epsilon) {
  std::vector<double> mean(in.rows);
  std::vector<double> factor(in.rows);
  for (int row = 0; row < in.rows; row++) {
    for (int c = 0; c < in.columns; c++) mean[row] += viditq::to_float(x[row * in.columns + c]);
    mean[row] /= in.columns;
    double variance = 0;
    for (int c = 0; c < in.columns; c++) {
      const double difference = viditq::to_float(x[row * in.columns + c]) - mean[row];
      variance += difference * difference;
    }
    factor[row] = 1 / std::sqrt(variance / in.columns + epsilon);
  }
  return [in, &x, &shift, &scale, samples, mean, factor](int row, int c) {
    const double n = (viditq::to_float(x[row * in.columns + c]) - mean[row]) * factor[row];
    const int m = row / (in.rows / samples) * in.columns + c;
    return balanced(in, n * (1.0 + scale[m]) + shift[m], c);
  };
}

// What org.viditq.core.quant.Rotation defines, written down once more; in place, behind the signs.
inline void rotate(std::vector<float>& values, const viditq_cuda_rotation& rotation) {
  const int inner = rotation.block / rotation.base;
  const auto each = [&](int order, int distance, const std::function<void(float*)>& turn) {
    for (size_t i = 0; i < values.size(); i++) {
      if (i / distance % order == 0) turn(values.data() + i);
    }
  };
  for (int n = 1; n < inner; n *= rotation.regular != 0 ? 4 : 2) {
    if (rotation.regular != 0) {
      each(4, n, [n](float* v) {
        const float sum = v[0] + v[n];
        const float difference = v[0] - v[n];
        const float sum_behind = v[2 * n] + v[3 * n];
        const float difference_behind = v[2 * n] - v[3 * n];
        v[0] = sum + difference_behind;
        v[n] = sum - difference_behind;
        v[2 * n] = difference + sum_behind;
        v[3 * n] = sum_behind - difference;
      });
    } else {
      each(2, n, [n](float* v) {
        const float a = v[0];
        v[0] = a + v[n];
        v[n] = a - v[n];
      });
    }
  }
  if (rotation.base > 1) {
    each(rotation.base, inner, [&](float* v) {
      std::vector<float> sums;
      for (int r = 0; r < rotation.base; r++) {
        const int8_t* signs = rotation.matrix + r * rotation.base;
        sums.push_back(signs[0] * v[0]);
        for (int i = 1; i < rotation.base; i++) sums.back() += signs[i] * v[i * inner];
      }
      for (int r = 0; r < rotation.base; r++) v[r * inner] = sums[r];
    });
  }
  const float norm = 1.0f / std::sqrt(static_cast<float>(rotation.block));
  for (float& value : values) value *= norm;
}

// A row behind division and rotation, to the bit.
template <typename T>
std::vector<float> rotated_values(const viditq_cuda_quantizer& in, const Buffer<T>& x, int row,
                                  const viditq_cuda_rotation& rotation) {
  const int set = in.active_set == nullptr ? 0 : *in.active_set;
  std::vector<float> values;
  for (int c = 0; c < in.columns; c++) {
    const float v = viditq::to_float(x[static_cast<size_t>(row) * in.columns + c]);
    values.push_back(in.balance == nullptr ? v : v / in.balance[set * in.columns + c]);
  }
  rotate(values, rotation);
  return values;
}

template <typename T>
Oracle rotation_oracle(const viditq_cuda_quantizer& in, const Buffer<T>& x,
                       const viditq_cuda_rotation& rotation) {
  std::vector<std::vector<float>> rows;
  for (int row = 0; row < in.rows; row++) rows.push_back(rotated_values(in, x, row, rotation));
  return [rows](int row, int c) { return static_cast<double>(rows[row][c]); };
}

// The rows that a rotation must give, to the bit.
template <typename T>
std::vector<ExpectedRow> rotated_rows(const viditq_cuda_quantizer& in, const Buffer<T>& x,
                                      const viditq_cuda_rotation& rotation) {
  std::vector<ExpectedRow> rows;
  for (int row = 0; row < in.rows; row++) {
    rows.emplace_back(rotated_values(in, x, row, rotation), in.bits, in.symmetric != 0);
  }
  return rows;
}

// How many codes, and grids and code sums of rows, are others than expected.
inline int differing_tokens(const viditq_cuda_quantizer& in, const Tokens& got,
                            const std::vector<ExpectedRow>& expected) {
  int wrong = 0;
  for (int row = 0; row < in.rows; row++) {
    const ExpectedRow& want = expected[row];
    int32_t sum = 0;
    for (int c = 0; c < in.columns; c++) {
      wrong += got.code(in, row, c) != want.codes[c];
      sum += want.codes[c];
    }
    wrong += got.scale[row] != want.scale || got.zero_point[row] != want.zero_point ||
             got.row_sum[row] != sum;
  }
  return wrong;
}

// Paley's Hadamard matrix of order q + 1, q a prime that leaves 3 divided by 4.
inline Buffer<int8_t> paley(int q) {
  const auto character = [q](int value) {
    const int residue = (value % q + q) % q;
    for (int i = 1; i <= q / 2; i++) {
      if (i * i % q == residue) return 1;
    }
    return -1;
  };
  const int order = q + 1;
  Buffer<int8_t> matrix(static_cast<size_t>(order) * order, 1);
  for (int i = 1; i < order; i++) {
    for (int j = 0; j < order; j++) {
      if (i != j) matrix[i * order + j] = static_cast<int8_t>(j == 0 ? -1 : character(i - j));
    }
  }
  return matrix;
}

}  // namespace
