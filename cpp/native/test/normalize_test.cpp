// LayerNorm against float64, where moments are hard to get: large means, outliers, squares beyond
// float32.
#include <algorithm>
#include <cmath>
#include <functional>
#include <vector>

#include "operators.h"

namespace {

using operators::normal;

// Largest error of a row in units of what float32 leaves of it: differences from the mean and their
// scale each lose a few roundings; the mean, of differences that are added four by four, two
// roundings of an ordinary one; and a mean that is summed in float32 some 2^-24 of the largest
// value per value, of which its correction loses 2^-24 again.
double error_in_bounds(const std::vector<float>& x, float eps, const std::vector<float>& actual) {
  const double count = static_cast<double>(x.size());
  double mean = 0.0;
  double largest = 0.0;
  for (const float value : x) {
    mean += value / count;
    largest = std::max(largest, std::fabs(static_cast<double>(value)));
  }
  double variance = 0.0;
  for (const float value : x) variance += (value - mean) * (value - mean) / count;
  const double factor = 1.0 / std::sqrt(variance + eps);
  const double rounding = std::ldexp(1.0, -24);
  const double deviation = std::sqrt(variance) * factor;
  double worst = 0.0;
  for (size_t i = 0; i < x.size(); i++) {
    const double expected = (x[i] - mean) * factor;
    const double bound =
        rounding * (8 * std::fabs(expected) + 2 * deviation + factor * largest * count * rounding) +
        std::ldexp(1.0, -126);
    const double error = std::fabs(actual[i] - expected) / bound;
    if (!(error <= worst)) worst = std::isnan(error) ? INFINITY : error;
  }
  return worst;
}

void check_rows(float eps, const std::function<float(float normal, int64_t i)>& value) {
  for (const int64_t channels : {1, 2, 15, 16, 17, 63, 64, 65, 127, 130, 257, 1152}) {
    std::vector<float> x = normal(channels, static_cast<uint32_t>(channels));
    for (int64_t i = 0; i < channels; i++) x[i] = value(x[i], i);
    operators::on_every_isa(1, [&](viditq_context* context) {
      std::vector<float> out(channels);
      CHECK_EQUAL(
          viditq_layer_norm(context, x.data(), 1, channels, nullptr, nullptr, eps, out.data()),
          VIDITQ_OK);
      CHECK_EQUAL(error_in_bounds(x, eps, out) <= 1.0, true);
    });
  }
}

TEST(layer_norm_of_ordinary_rows) {
  check_rows(1e-6f, [](float normal, int64_t) { return normal; });
  check_rows(1e-5f, [](float normal, int64_t) { return 0.01f * normal - 3.0f; });
}

TEST(layer_norm_of_small_differences_beside_a_large_mean) {
  check_rows(1e-6f, [](float normal, int64_t) { return 1e4f + normal; });
  check_rows(1e-6f, [](float normal, int64_t) { return -1e6f + normal; });
  check_rows(1e-6f, [](float, int64_t i) { return 1e8f + static_cast<float>(8 * (i % 2)); });
}

TEST(layer_norm_of_constant_rows_and_outliers) {
  check_rows(1e-6f, [](float, int64_t) { return 3.7f; });
  check_rows(1e-6f, [](float, int64_t) { return -1e8f; });
  check_rows(1e-6f, [](float normal, int64_t i) { return i == 11 ? 1e4f : normal; });
}

TEST(layer_norm_where_squares_leave_float32) {
  check_rows(1e-6f, [](float normal, int64_t) { return 1e18f * normal; });
  check_rows(1e-6f, [](float normal, int64_t) { return 1e25f * normal; });
  check_rows(1e-6f, [](float normal, int64_t) { return 1e-25f * normal; });
  check_rows(1e-30f, [](float normal, int64_t) { return 1e-22f * normal; });
}

}  // namespace
