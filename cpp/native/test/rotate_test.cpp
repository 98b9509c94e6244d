#include <cmath>
#include <limits>
#include <vector>

#include "check.h"
#include "rows_of_codes.h"

namespace {

using Codes = operators::RowsOfCodes;
using operators::Context;
using operators::on_every_isa;

// Paley's matrix of order 12.
const std::vector<int8_t>& order_12() {
  static const std::vector<int8_t> matrix = [] {
    std::vector<int8_t> entries(144);
    const auto character = [](int value) {
      const int residue = (value % 11 + 11) % 11;
      if (residue == 0) return 0;
      for (int i = 1; i <= 5; i++) {
        if (i * i % 11 == residue) return 1;
      }
      return -1;
    };
    for (int i = 0; i < 12; i++) {
      for (int j = 0; j < 12; j++) {
        int s = i == 0 ? 1 : j == 0 ? -1 : character(i - j);
        if (i == j) s = 1;
        entries[i * 12 + j] = static_cast<int8_t>(s);
      }
    }
    return entries;
  }();
  return matrix;
}

viditq_rotation sylvester(int64_t block) { return {block, 1, nullptr, 0}; }
viditq_rotation regular(int64_t block) { return {block, 1, nullptr, 1}; }
viditq_rotation paley(int64_t block) { return {block, 12, order_12().data(), 0}; }

// Entry [row, column] of the matrix that blocks are multiplied with from the right, times sqrt(n).
int entry(const viditq_rotation& rotation, int64_t row, int64_t column) {
  const auto parity = [](int64_t bits) { return __builtin_popcountll(bits) % 2 == 0 ? 1 : -1; };
  if (rotation.regular != 0) {
    int sign = 1;
    for (int64_t i = row, j = column, n = rotation.block; n > 1; n /= 4, i /= 4, j /= 4) {
      if (i % 4 + j % 4 == 3) sign = -sign;
    }
    return sign;
  }
  const int64_t inner = rotation.block / rotation.base;
  const int outer =
      rotation.base == 1 ? 1 : rotation.matrix[column / inner * rotation.base + row / inner];
  return outer * parity(row % inner & column % inner);
}

std::vector<double> definition(const std::vector<float>& x, int64_t columns,
                               const std::vector<float>& divisors,
                               const viditq_rotation& rotation) {
  std::vector<double> out(x.size());
  for (size_t i = 0; i < x.size(); i++) {
    const int64_t column = static_cast<int64_t>(i) % columns;
    const int64_t first = column / rotation.block * rotation.block;
    const size_t row = i - column;
    for (int64_t k = 0; k < rotation.block; k++) {
      const double value =
          divisors.empty() ? x[row + first + k] : x[row + first + k] / divisors[first + k];
      out[i] += value * entry(rotation, k, column - first);
    }
    out[i] /= std::sqrt(static_cast<double>(rotation.block));
  }
  return out;
}

struct Case {
  viditq_rotation rotation;
  int64_t columns;
};

std::vector<Case> cases() {
  return {{sylvester(2), 6},    {sylvester(64), 192}, {sylvester(128), 1152}, {regular(4), 4},
          {regular(16), 48},    {regular(64), 192},   {regular(256), 768},    {regular(1024), 1024},
          {paley(12), 36},      {paley(192), 192},    {paley(768), 768},      {paley(24), 72},
          {sylvester(16), 1136}};
}

TEST(rotations_are_products_with_hadamard_matrices) {
  for (const Case& one : cases()) {
    const int64_t rows = 5;
    const std::vector<float> x = operators::normal(rows * one.columns, 7, 3.0f);
    std::vector<float> divisors = operators::normal(one.columns, 8);
    for (float& divisor : divisors) divisor += divisor < 0.0f ? -0.5f : 0.5f;
    std::vector<float> first;
    on_every_isa(2, [&](viditq_context* context) {
      std::vector<float> out(x.size());
      CHECK_EQUAL(
          viditq_rotate(context, x.data(), rows, one.columns, nullptr, one.rotation, out.data()),
          VIDITQ_OK);
      CHECK_CLOSE(out, definition(x, one.columns, {}, one.rotation), 2e-5);
      CHECK_EQUAL(viditq_rotate(context, x.data(), rows, one.columns, divisors.data(), one.rotation,
                                out.data()),
                  VIDITQ_OK);
      CHECK_CLOSE(out, definition(x, one.columns, divisors, one.rotation), 4e-5);
      if (first.empty()) first = out;
      CHECK_EQUAL(out == first, true);
    });
  }
}

TEST(rotated_tokens_are_the_tokens_of_rotated_rows) {
  for (const Case& one : cases()) {
    const int64_t rows = 19;
    const std::vector<float> x = operators::normal(rows * one.columns, 9, 2.0f);
    std::vector<float> divisors = operators::normal(one.columns, 10);
    for (float& divisor : divisors) divisor += divisor < 0.0f ? -0.5f : 0.5f;
    on_every_isa(2, [&](viditq_context* context) {
      for (const bool symmetric : {false, true}) {
        for (const bool with_divisors : {false, true}) {
          const float* divided = with_divisors ? divisors.data() : nullptr;
          std::vector<float> rotated(x.size());
          CHECK_EQUAL(viditq_rotate(context, x.data(), rows, one.columns, divided, one.rotation,
                                    rotated.data()),
                      VIDITQ_OK);
          Codes expected(rows, one.columns);
          CHECK_EQUAL(expected.quantize(context, rotated, nullptr, 8, symmetric), VIDITQ_OK);
          Codes got(rows, one.columns);
          CHECK_EQUAL(viditq_quantize_rotated_tokens(context, x.data(), divided, one.rotation,
                                                     got.tokens(8, symmetric)),
                      VIDITQ_OK);
          CHECK_EQUAL(got.codes == expected.codes, true);
          CHECK_EQUAL(got.scale == expected.scale, true);
          CHECK_EQUAL(got.zero_point == expected.zero_point, true);
          CHECK_EQUAL(got.row_sum == expected.row_sum, true);
        }
      }
    });
  }
}

TEST(rotations_that_do_not_exist_are_refused) {
  const Context context(1, VIDITQ_PORTABLE);
  const std::vector<float> x(48, 1.0f);
  std::vector<float> out(48);
  Codes codes(1, 48);
  const auto call = [&](viditq_rotation rotation) {
    const int status =
        viditq_rotate(context.handle, x.data(), 1, 48, nullptr, rotation, out.data());
    CHECK_EQUAL(viditq_quantize_rotated_tokens(context.handle, x.data(), nullptr, rotation,
                                               codes.tokens(8, false)),
                status);
    return status;
  };
  CHECK_EQUAL(call(sylvester(16)), VIDITQ_OK);
  CHECK_EQUAL(call(regular(16)), VIDITQ_OK);
  CHECK_EQUAL(call(paley(48)), VIDITQ_OK);
  CHECK_EQUAL(call(sylvester(32)), VIDITQ_BAD_SIZE);
  CHECK_EQUAL(call(sylvester(48)), VIDITQ_BAD_SIZE);
  CHECK_EQUAL(call(sylvester(1)), VIDITQ_BAD_SIZE);
  CHECK_EQUAL(call(sylvester(0)), VIDITQ_BAD_SIZE);
  CHECK_EQUAL(call(sylvester(-16)), VIDITQ_BAD_SIZE);
  CHECK_EQUAL(call(regular(8)), VIDITQ_BAD_SIZE);
  CHECK_EQUAL(call({48, 12, order_12().data(), 1}), VIDITQ_BAD_SIZE);
  CHECK_EQUAL(call({48, 0, order_12().data(), 0}), VIDITQ_BAD_SIZE);
  CHECK_EQUAL(call({48, 5, order_12().data(), 0}), VIDITQ_BAD_SIZE);
  CHECK_EQUAL(call({48, 12, nullptr, 0}), VIDITQ_NULL_POINTER);
}

TEST(rotated_values_must_be_finite_to_be_quantized) {
  const Context context(1, VIDITQ_PORTABLE);
  std::vector<float> x(16, 1.0f);
  Codes codes(1, 16);
  const auto call = [&] {
    return viditq_quantize_rotated_tokens(context.handle, x.data(), nullptr, regular(16),
                                          codes.tokens(8, false));
  };
  CHECK_EQUAL(call(), VIDITQ_OK);
  x[5] = std::numeric_limits<float>::quiet_NaN();
  CHECK_EQUAL(call(), VIDITQ_NOT_FINITE);
  x[5] = std::numeric_limits<float>::infinity();
  CHECK_EQUAL(call(), VIDITQ_NOT_FINITE);
}

}  // namespace
