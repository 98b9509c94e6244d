// LayerNorm, RMSNorm and GroupNorm on contiguous values.
#pragma once

#include <cmath>

#include "simd/vector.h"

namespace viditq {
namespace {

// The mean as a sum of two floats: x - high is nearly exact where x is close to it.
struct Moments {
  float mean_high;
  float mean_low;
  float inverse_deviation;  // 1 / sqrt(variance + eps)

  // False for rows with NaN or infinity, or too wide for float32 differences: their variance is not
  // finite, and what is made of it neither, or 0.
  bool finite() const {
    return std::isfinite(mean_high) && std::isfinite(inverse_deviation) && inverse_deviation > 0.0f;
  }

  Vec normalize(Vec x) const { return ((x - mean_high) - mean_low) * inverse_deviation; }
};

// In two passes with all sums in float64.
Moments exact_moments_of(const float* x, int64_t count, float eps) {
  int64_t i;
  DoubleSum sum =
      sum_of_vectors(count, &i, [=](DoubleSum* s, int64_t at) { s->add(load(x + at)); });
  if (i < count) sum.add(load_part(x + i, count - i));
  const double mean = sum.total() / static_cast<double>(count);
  const float high = static_cast<float>(mean);
  const float low = static_cast<float>(mean - high);
  const DoubleSum squares = sum_of_vectors(
      count, &i, [=](DoubleSum* s, int64_t at) { s->add_square((load(x + at) - high) - low); });
  double total = squares.total();
  for (; i < count; i++) {
    const double difference = (x[i] - high) - low;
    total += difference * difference;
  }
  const double variance = total / static_cast<double>(count);
  return {high, low, static_cast<float>(1.0 / std::sqrt(variance + eps))};
}

// A mean in float32, off by some of its roundings.
inline float rough_mean(const float* x, int64_t count) {
  const Vec share = broadcast(1.0f / static_cast<float>(count));
  Vec sums[4] = {};
  int64_t i = 0;
  for (; i + 4 * kWidth <= count; i += 4 * kWidth) {
    for (int v = 0; v < 4; v++) sums[v] += load(x + i + v * kWidth) * share;
  }
  for (; i + kWidth <= count; i += kWidth) sums[0] += load(x + i) * share;
  if (i < count) sums[1] += load_part(x + i, count - i) * share;
  return horizontal_sum((sums[0] + sums[1]) + (sums[2] + sums[3]));
}

// Differences from a rough mean are as exact as those from the mean, and so are their moments, from
// which those about the mean follow. Four of them are added in float32, the rest in float64: half
// the time of the exact moments, which serve where squares leave float32.
Moments moments_of(const float* x, int64_t count, float eps) {
  constexpr float kLeastEps = 1e-12f;  // squares that float32 loses are nothing beside it
  if (eps < kLeastEps) return exact_moments_of(x, count, eps);
  const float high = rough_mean(x, count);
  DoubleSum sum;
  DoubleSum squares;
  int64_t i = 0;
  for (; i + 4 * kWidth <= count; i += 4 * kWidth) {
    const Vec a = load(x + i) - high;
    const Vec b = load(x + i + kWidth) - high;
    const Vec c = load(x + i + 2 * kWidth) - high;
    const Vec d = load(x + i + 3 * kWidth) - high;
    sum.add((a + b) + (c + d));
    squares.add((a * a + b * b) + (c * c + d * d));
  }
  for (; i + kWidth <= count; i += kWidth) {
    const Vec a = load(x + i) - high;
    sum.add(a);
    squares.add_square(a);
  }
  double differences = sum.total();
  double total = squares.total();
  for (; i < count; i++) {
    const double difference = x[i] - high;
    differences += difference;
    total += difference * difference;
  }
  const double shift = differences / static_cast<double>(count);
  const double variance = total / static_cast<double>(count) - shift * shift;
  if (!std::isfinite(variance)) return exact_moments_of(x, count, eps);
  const double positive = variance < 0.0 ? 0.0 : variance;
  return {high, static_cast<float>(shift), static_cast<float>(1.0 / std::sqrt(positive + eps))};
}

// n * (base + factor) + offset of the normalized lanes n from i on; a null factor is 1 - base, a
// null offset 0. Without branches, so that wherever this is inlined the same operations are
// contracted.
inline Vec modulated(const Moments& moments, const float* x, const float* factor, float base,
                     const float* offset, int64_t i, int64_t lanes) {
  const Vec f = factor == nullptr ? broadcast(1.0f - base) : load_lanes(factor + i, lanes);
  const Vec o = offset == nullptr ? Vec{} : load_lanes(offset + i, lanes);
  return moments.normalize(load_lanes(x + i, lanes)) * (base + f) + o;
}

void normalize_row(const float* x, int64_t count, float eps, const float* factor, float base,
                   const float* offset, float* out) {
  const Moments moments = moments_of(x, count, eps);
  for_each_vector(count, [&](int64_t i, int64_t lanes) {
    store_lanes(out + i, lanes, modulated(moments, x, factor, base, offset, i, lanes));
  });
}

// The smallest and largest of the values added and of zero.
struct Range {
  Vec low{};
  Vec high{};

  void add(Vec v) {
    low = min(low, v);
    high = max(high, v);
  }
};

bool modulate_row_range(const float* x, int64_t count, float eps, const float* scale,
                        const float* shift, const float* balance, float* out, float* lo,
                        float* hi) {
  const Moments moments = moments_of(x, count, eps);
  Range range;
  for_each_vector(count, [&](int64_t i, int64_t lanes) {
    Vec v = modulated(moments, x, scale, 1.0f, shift, i, lanes);
    if (balance != nullptr) v /= load_lanes(balance + i, lanes);
    store_lanes(out + i, lanes, v);
    // Lanes beyond the row count as zeros.
    range.add(lanes == kWidth ? v : load_lanes(out + i, lanes));
  });
  *lo = horizontal_min(range.low);
  *hi = horizontal_max(range.high);
  return moments.finite();
}

void rms_row(const float* x, int64_t count, float eps, const float* weight, float* out) {
  int64_t i;
  DoubleSum squares =
      sum_of_vectors(count, &i, [=](DoubleSum* s, int64_t at) { s->add_square(load(x + at)); });
  if (i < count) squares.add_square(load_part(x + i, count - i));
  const float factor =
      static_cast<float>(1.0 / std::sqrt(squares.total() / static_cast<double>(count) + eps));
  for_each_vector(count, [&](int64_t i, int64_t lanes) {
    store_lanes(out + i, lanes, load_lanes(x + i, lanes) * factor * load_lanes(weight + i, lanes));
  });
}

// One group of one sample: x [channels, positions], gamma and beta [channels].
void normalize_group(const float* x, int64_t channels, int64_t positions, const float* gamma,
                     const float* beta, float eps, float* out) {
  const Moments moments = moments_of(x, channels * positions, eps);
  for (int64_t c = 0; c < channels; c++) {
    const float* from = x + c * positions;
    float* to = out + c * positions;
    for_each_vector(positions, [&](int64_t i, int64_t lanes) {
      store_lanes(to + i, lanes,
                  moments.normalize(load_lanes(from + i, lanes)) * gamma[c] + beta[c]);
    });
  }
}

}  // namespace
}  // namespace viditq
