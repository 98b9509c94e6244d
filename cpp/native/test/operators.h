// What the tests of the operators share: contexts on every instruction set, values, comparison.
#pragma once

#include <cmath>
#include <cstdint>
#include <functional>
#include <random>
#include <vector>

#include "check.h"
#include "isas.h"
#include "viditq_operators.h"

namespace operators {

struct Context {
  viditq_context* handle = nullptr;

  Context(int threads, int isa) { CHECK_EQUAL(viditq_open(threads, isa, &handle), VIDITQ_OK); }
  ~Context() { viditq_close(handle); }
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;
};

inline void on_every_isa(int threads, const std::function<void(viditq_context*)>& test) {
  for (const int isa : isas::tested()) {
    Context context(threads, isa);
    test(context.handle);
  }
}

inline std::vector<float> normal(int64_t count, uint32_t seed, float deviation = 1.0f) {
  std::mt19937 generator(seed);
  std::normal_distribution<float> distribution(0.0f, deviation);
  std::vector<float> values(count);
  for (float& value : values) value = distribution(generator);
  return values;
}

// Largest |actual - expected| / (1 + |expected|); infinite where one is NaN.
inline double worst(const std::vector<float>& actual, const std::vector<double>& expected) {
  double result = 0.0;
  for (size_t i = 0; i < expected.size(); i++) {
    const double error = std::fabs(actual[i] - expected[i]) / (1.0 + std::fabs(expected[i]));
    if (!(error <= result)) result = std::isnan(error) ? INFINITY : error;
  }
  return result;
}

}  // namespace operators

#define CHECK_CLOSE(actual, expected, tolerance) \
  CHECK_EQUAL(operators::worst(actual, expected) <= (tolerance), true)
