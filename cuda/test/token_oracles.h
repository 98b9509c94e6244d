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

template <typename T>
Oracle hadamard_oracle(const viditq_cuda_quantizer& in, const Buffer<T>& x, int block) {
  return [in, &x, block](int row, int c) {
    const int first = c / block * block;
    double sum = 0;
    for (int i = 0; i < block; i++) {
      const double v = balanced(in, viditq::to_float(x[row * in.columns + first + i]), first + i);
      sum += __builtin_parity(static_cast<unsigned>(i & (c - first))) ? -v : v;
    }
    return sum / std::sqrt(block);
  };
}

}  // namespace
