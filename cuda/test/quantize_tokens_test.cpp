// The token quantization kernels, emulated, against the CPU kernel of cpp/, which is held to the bit
// against the Java reference.
#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include "check.h"
#include "emulation.h"
#include "quantize_tokens_naive.cuh"
#include "quantize_tokens_warp.cuh"
#include "viditq.h"

namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();

struct Quantized {
  std::vector<uint8_t> codes;
  std::vector<float> scale;
  std::vector<int32_t> zero_point;
  std::vector<int32_t> row_sum;
  int32_t not_finite = 0;

  Quantized(int rows, int columns)
      : codes(static_cast<size_t>(rows) * columns), scale(rows), zero_point(rows), row_sum(rows) {}

  bool operator==(const Quantized& other) const {
    return codes == other.codes && scale == other.scale && zero_point == other.zero_point &&
           row_sum == other.row_sum && not_finite == other.not_finite;
  }
};

template <typename T>
Quantized naive(const std::vector<T>& x, int rows, int columns, viditq::IntegerFormat format,
                emulation::Schedule schedule) {
  Quantized out(rows, columns);
  const unsigned threads = 64;
  emulation::run_grid((rows + threads - 1) / threads, threads, 0, schedule, [&] {
    viditq::quantize_tokens_naive(x.data(), rows, columns, format, out.codes.data(),
                                  out.scale.data(), out.zero_point.data(), out.row_sum.data(),
                                  &out.not_finite);
  });
  return out;
}

template <typename T>
Quantized warp(const std::vector<T>& x, int rows, int columns, viditq::IntegerFormat format,
               emulation::Schedule schedule) {
  Quantized out(rows, columns);
  const unsigned warps = 4;
  emulation::run_grid((rows + warps - 1) / warps, warps * 32, 0, schedule, [&] {
    viditq::quantize_tokens_warp(x.data(), rows, columns, format, out.codes.data(),
                                 out.scale.data(), out.zero_point.data(), out.row_sum.data(),
                                 &out.not_finite);
  });
  return out;
}

template <typename T>
Quantized expected(const std::vector<T>& x, int rows, int columns, viditq::IntegerFormat format) {
  std::vector<float> values;
  for (const T value : x) values.push_back(viditq::to_float(value));
  Quantized out(rows, columns);
  const int status = viditq_quantize_tokens(
      values.data(), rows, columns, format.bits, format.symmetric, VIDITQ_PORTABLE,
      out.codes.data(), out.scale.data(), out.zero_point.data(), out.row_sum.data());
  CHECK_EQUAL(status, VIDITQ_OK);
  return out;
}

template <typename T>
void check_all(const std::vector<T>& x, int rows, int columns) {
  for (const int bits : {2, 4, 6, 8}) {
    for (const bool symmetric : {false, true}) {
      const viditq::IntegerFormat format{bits, symmetric};
      const Quantized want = expected(x, rows, columns, format);
      for (const emulation::Schedule schedule : emulation::kSchedules) {
        CHECK_EQUAL(naive(x, rows, columns, format, schedule) == want, true);
        CHECK_EQUAL(warp(x, rows, columns, format, schedule) == want, true);
      }
    }
  }
}

TEST(floats_over_odd_shapes) {
  std::mt19937 random(19);
  std::normal_distribution<float> normal;
  for (const int rows : {1, 3, 4, 9}) {
    for (const int columns : {1, 2, 31, 32, 33, 257, 1152}) {
      std::vector<float> x(static_cast<size_t>(rows) * columns);
      for (float& value : x) value = normal(random);
      x[x.size() / 3] *= 100.0f;
      check_all(x, rows, columns);
    }
  }
}

TEST(halves_of_every_finite_bit_pattern) {
  std::vector<__half> x;
  for (int bits = 0; bits < 0x10000; bits++) {
    if ((bits & 0x7c00) != 0x7c00) x.push_back({static_cast<uint16_t>(bits)});
  }
  // 63488 = 124 * 512 patterns, sorted by magnitude within a sign: rows from denormal to 65504.
  check_all(x, 124, 512);
}

TEST(nasty_rows) {
  const std::vector<float> x = {
      0,       0,        0,      0,      // dead
      -0.0f,   0,        -0.0f,  0,      //
      1,       1,        1,      1,      // constant
      -3,      -3,       -3,     -3,     //
      1e4f,    1e-3f,    -1e-3f, 0,      // outlier
      1e-45f,  -1e-45f,  0,      1e-38f, // denormal
      1e-6f,   -1e-7f,   1e-8f,  3e-5f,  // scale below 1e-6
      127.5f,  -127.5f,  0.5f,   1.5f,   // ties
      255,     254.5f,   0.5f,   2.5f,   //
      1.7e38f, -1.7e38f, 1,      -1,     // range at the end of float32
  };
  check_all(x, 10, 4);
}

TEST(not_finite_rows_raise_the_flag) {
  for (const float bad : {kNaN, kInfinity, -kInfinity}) {
    for (const int position : {0, 40, 99}) {
      std::vector<float> x(100, 1.0f);
      x[position] = bad;
      const viditq::IntegerFormat format{8, false};
      CHECK_EQUAL(naive(x, 2, 50, format, {}).not_finite, 1);
      CHECK_EQUAL(warp(x, 2, 50, format, {}).not_finite, 1);
    }
  }
  const std::vector<float> wide = {3e38f, -3e38f};
  CHECK_EQUAL(naive(wide, 1, 2, {8, false}, {}).not_finite, 1);
  CHECK_EQUAL(warp(wide, 1, 2, {8, false}, {}).not_finite, 1);
}

}  // namespace
