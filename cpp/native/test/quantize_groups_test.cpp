// Rows that share grids, on the threads of a context, beside the serial entry points.
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
  std::vector<float> divisor;
  std::vector<float> group_scale;
  std::vector<int32_t> group_zero_point;

  Case(int64_t rows, int64_t columns, int64_t groups, bool balanced, uint32_t seed)
      : rows(rows),
        columns(columns),
        groups(groups),
        balanced(balanced),
        x(operators::normal(rows * columns, seed)),
        divisor(operators::divisors(columns, seed + 1)),
        group_scale(operators::normal(groups, seed + 2)),
        group_zero_point(groups) {
    for (int64_t group = 0; group < groups; group++) {
      group_scale[group] = std::exp(group_scale[group] - 4.0f);
      group_zero_point[group] = symmetric ? 0 : static_cast<int32_t>(group % 16);
    }
  }

  const float* divisors() const { return balanced ? divisor.data() : nullptr; }

  int measure(viditq_context* context, std::vector<float>* lo, std::vector<float>* hi) const {
    return viditq_measure_groups(context, x.data(), divisors(), rows, columns, groups, lo->data(),
                                 hi->data());
  }

  int quantize(viditq_context* context, Codes* out) const {
    return viditq_quantize_groups(context, x.data(), divisors(), rows, columns, groups, bits,
                                  symmetric, group_scale.data(), group_zero_point.data(),
                                  out->codes.data(), out->scale.data(), out->zero_point.data(),
                                  out->row_sum.data());
  }

  void check() const {
    std::vector<float> values = x;
    for (int64_t i = 0; balanced && i < rows * columns; i++) values[i] /= divisor[i % columns];
    std::vector<float> lo(groups);
    std::vector<float> hi(groups);
    CHECK_EQUAL(viditq_measure_range(values.data(), rows, columns, groups, VIDITQ_PORTABLE,
                                     lo.data(), hi.data()),
                VIDITQ_OK);
    Codes expected(rows, columns);
    CHECK_EQUAL(viditq_encode(values.data(), rows, columns, groups, bits, symmetric,
                              VIDITQ_PORTABLE, group_scale.data(), group_zero_point.data(),
                              expected.codes.data(), expected.row_sum.data()),
                VIDITQ_OK);
    for (int64_t row = 0; row < rows; row++) {
      expected.scale[row] = group_scale[row % groups];
      expected.zero_point[row] = group_zero_point[row % groups];
    }
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

TEST(groups_are_quantized_as_if_divided_and_encoded_by_one_thread) {
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
TEST(groups_on_unusual_grids_are_quantized_as_by_one_thread) {
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
    for (const bool in_divisor : {false, true}) {
      for (const int64_t position : {0, 36, 37 * 21 + 5, 37 * 40 - 1}) {
        if (in_divisor && !std::isnan(bad)) continue;  // 1 / infinity is 0
        Case test(40, 37, 20, in_divisor, 9);
        if (in_divisor) {
          test.divisor[position % 37] = bad;
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
