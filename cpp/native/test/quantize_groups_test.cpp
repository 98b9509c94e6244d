// Rows that share grids, on any number of threads, beside one row after the other.
#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "check.h"
#include "rows_of_codes.h"

namespace {

using Codes = operators::RowsOfCodes;

struct Case {
  int64_t rows;
  int64_t columns;
  int64_t groups;
  bool balanced;
  int bits = 8;
  bool symmetric = false;
  std::vector<float> x;
  std::vector<float> balance;
  std::vector<float> group_scale;
  std::vector<int32_t> group_zero_point;

  Case(int64_t rows, int64_t columns, int64_t groups, bool balanced, uint32_t seed)
      : rows(rows),
        columns(columns),
        groups(groups),
        balanced(balanced),
        x(operators::normal(rows * columns, seed)),
        balance(operators::balances(columns, seed + 1)),
        group_scale(operators::normal(groups, seed + 2)),
        group_zero_point(groups) {
    for (int64_t group = 0; group < groups; group++) {
      group_scale[group] = std::exp(group_scale[group] - 4.0f);
      group_zero_point[group] = symmetric ? 0 : static_cast<int32_t>(group % 16);
    }
  }

  const float* balance_or_null() const { return balanced ? balance.data() : nullptr; }

  int measure(viditq_context* context, std::vector<float>* lo, std::vector<float>* hi) const {
    return viditq_measure_range(context, x.data(), balance_or_null(), rows, columns, groups,
                                lo->data(), hi->data());
  }

  int quantize(viditq_context* context, Codes* out) const {
    viditq_tokens tokens = out->tokens(bits, symmetric);
    tokens.rows = rows;
    return viditq_quantize_groups(context, x.data(), balance_or_null(), groups, group_scale.data(),
                                  group_zero_point.data(), tokens);
  }

  // One row after the other by the portable kernels, each as a matrix with a grid of its own.
  void by_rows(std::vector<float>* lo, std::vector<float>* hi, Codes* out) const {
    const operators::Context context(1, VIDITQ_PORTABLE);
    for (int64_t row = 0; row < rows; row++) {
      std::vector<float> values(x.begin() + row * columns, x.begin() + (row + 1) * columns);
      for (int64_t i = 0; balanced && i < columns; i++) values[i] /= balance[i];
      const int64_t group = row % groups;
      float low;
      float high;
      CHECK_EQUAL(
          viditq_measure_range(context.handle, values.data(), nullptr, 1, columns, 1, &low, &high),
          VIDITQ_OK);
      (*lo)[group] = std::fmin((*lo)[group], low);
      (*hi)[group] = std::fmax((*hi)[group], high);
      Codes codes(1, columns);
      CHECK_EQUAL(
          viditq_quantize_groups(context.handle, values.data(), nullptr, 1, &group_scale[group],
                                 &group_zero_point[group], codes.tokens(bits, symmetric)),
          VIDITQ_OK);
      std::copy(codes.codes.begin(), codes.codes.end(), out->codes.begin() + row * columns);
      out->row_sum[row] = codes.row_sum[0];
      out->scale[row] = group_scale[group];
      out->zero_point[row] = group_zero_point[group];
    }
  }

  void check() const {
    std::vector<float> lo(groups);
    std::vector<float> hi(groups);
    Codes expected(rows, columns);
    by_rows(&lo, &hi, &expected);
    for (const int threads : {1, 2, 3}) {
      operators::on_every_isa(threads, [&](viditq_context* context) {
        std::vector<float> own_lo(groups, 99);
        std::vector<float> own_hi(groups, 99);
        CHECK_EQUAL(measure(context, &own_lo, &own_hi), VIDITQ_OK);
        CHECK_EQUAL(own_lo == lo, true);
        CHECK_EQUAL(own_hi == hi, true);

        Codes own(rows, columns);
        CHECK_EQUAL(quantize(context, &own), VIDITQ_OK);
        CHECK_EQUAL(own == expected, true);
      });
    }
  }
};

TEST(groups_are_quantized_as_their_rows_are) {
  uint32_t seed = 1;
  for (const int64_t groups : {1, 2, 5, 40}) {
    for (const int64_t samples : {1, 2, 3, 33}) {
      for (const int64_t columns : {1, 15, 16, 33, 257}) {
        Case test(groups * samples, columns, groups, seed % 2 == 0, seed);
        test.bits = seed % 3 == 0 ? 4 : 8;
        test.check();
        test.symmetric = true;
        test.group_zero_point.assign(groups, 0);
        test.check();
        seed++;
      }
    }
  }
}

// The published small scale rule: every scale 1e-6, zero points far outside the codes. And grids
// with scales below it.
TEST(groups_on_grids_with_extreme_zero_points_are_quantized_as_their_rows_are) {
  for (const bool balanced : {false, true}) {
    Case test(12, 37, 4, balanced, 5);
    test.x[3] = 1e30f;
    test.x[4] = -1e30f;
    test.x[5] = std::numeric_limits<float>::denorm_min();
    test.x[6] = -0.0f;
    test.group_scale = {1e-6f, 1e-6f, 1e-9f, 1.0f};
    test.group_zero_point = {3000000, 2, INT32_MAX, INT32_MIN};
    test.check();
  }
}

TEST(groups_with_values_that_are_not_finite_are_refused) {
  for (const float bad : {NAN, INFINITY, -INFINITY}) {
    for (const bool in_balance : {false, true}) {
      for (const int64_t position : {0, 36, 37 * 21 + 5, 37 * 40 - 1}) {
        if (in_balance && !std::isnan(bad)) continue;  // 1 / infinity is 0
        Case test(40, 37, 20, in_balance, 9);
        if (in_balance) {
          test.balance[position % 37] = bad;
        } else {
          test.x[position] = bad;
        }
        operators::on_every_isa(3, [&](viditq_context* context) {
          std::vector<float> lo(20);
          std::vector<float> hi(20);
          CHECK_EQUAL(test.measure(context, &lo, &hi), VIDITQ_NOT_FINITE);
          Codes out(40, 37);
          CHECK_EQUAL(test.quantize(context, &out), VIDITQ_NOT_FINITE);
        });
      }
    }
  }
}

TEST(groups_with_bad_grids_formats_or_counts_are_refused) {
  operators::Context context(2, VIDITQ_PORTABLE);
  std::vector<float> lo(4);
  std::vector<float> hi(4);
  Codes out(12, 5);
  const auto quantize = [&](const Case& test) { return test.quantize(context.handle, &out); };
  const Case good(12, 5, 4, true, 3);
  CHECK_EQUAL(quantize(good), VIDITQ_OK);
  for (const float bad : {0.0f, -1.0f, NAN, INFINITY}) {
    Case test = good;
    test.group_scale[3] = bad;
    CHECK_EQUAL(quantize(test), VIDITQ_BAD_GRID);
  }
  for (const int bits : {1, 9}) {
    Case test = good;
    test.bits = bits;
    CHECK_EQUAL(quantize(test), VIDITQ_BAD_FORMAT);
  }
  Case uneven = good;
  uneven.rows = 11;
  CHECK_EQUAL(quantize(uneven), VIDITQ_BAD_SIZE);
  CHECK_EQUAL(uneven.measure(context.handle, &lo, &hi), VIDITQ_BAD_SIZE);
}

}  // namespace
