#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <vector>

#include "check.h"
#include "rows_of_codes.h"

namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();

using Codes = operators::RowsOfCodes;
using operators::Context;
using operators::on_every_isa;

// The definition in viditq_operators.h, written the obvious way.
Codes definition(const std::vector<float>& x, int64_t rows, int64_t columns, int bits,
                 bool symmetric) {
  Codes out(rows, columns);
  const int32_t max_code = symmetric ? (1 << (bits - 1)) - 1 : (1 << bits) - 1;
  const int32_t min_code = symmetric ? -(1 << (bits - 1)) : 0;
  for (int64_t r = 0; r < rows; r++) {
    const float* row = x.data() + r * columns;
    const float lo = std::min(*std::min_element(row, row + columns), 0.0f);
    const float hi = std::max(*std::max_element(row, row + columns), 0.0f);
    float scale = (symmetric ? std::max(-lo, hi) : hi - lo) / static_cast<float>(max_code);
    if (scale < 1e-6f) scale = 1e-6f;
    out.scale[r] = scale;
    out.zero_point[r] = symmetric ? 0 : static_cast<int32_t>(std::nearbyint(-lo / scale));
    for (int64_t c = 0; c < columns; c++) {
      const float quotient = row[c] / scale;
      const double code =
          std::nearbyint(static_cast<double>(quotient)) + static_cast<double>(out.zero_point[r]);
      const int32_t clamped =
          static_cast<int32_t>(std::max<double>(min_code, std::min<double>(max_code, code)));
      out.codes[r * columns + c] = static_cast<uint8_t>(clamped);
      out.row_sum[r] += clamped;
    }
  }
  return out;
}

void check_against_definition(const std::vector<float>& x, int64_t rows, int64_t columns, int bits,
                              bool symmetric) {
  const Codes expected = definition(x, rows, columns, bits, symmetric);
  on_every_isa(1, [&](viditq_context* context) {
    Codes got(rows, columns);
    CHECK_EQUAL(got.quantize(context, x, nullptr, bits, symmetric), VIDITQ_OK);
    CHECK_EQUAL(got.codes == expected.codes, true);
    CHECK_EQUAL(got.scale == expected.scale, true);
    CHECK_EQUAL(got.zero_point == expected.zero_point, true);
    CHECK_EQUAL(got.row_sum == expected.row_sum, true);
  });
}

TEST(tokens_follow_the_definition_over_odd_shapes) {
  std::mt19937 random(7);
  std::normal_distribution<float> normal;
  for (const int64_t rows : {1, 2, 5, 33}) {
    for (const int64_t columns : {1, 3, 15, 16, 17, 63, 65, 257, 1152}) {
      std::vector<float> x(rows * columns);
      for (float& value : x) value = normal(random);
      x[x.size() / 2] *= 100.0f;
      for (int bits = 2; bits <= 8; bits++) {
        check_against_definition(x, rows, columns, bits, false);
        check_against_definition(x, rows, columns, bits, true);
      }
    }
  }
}

TEST(tokens_follow_the_definition_on_nasty_rows) {
  const float denormal = std::numeric_limits<float>::denorm_min();
  const std::vector<std::vector<float>> rows = {
      {0, 0, 0, 0},
      {-0.0f, -0.0f, 0.0f, -0.0f},
      {1, 1, 1, 1},
      {-1, -1, -1, -1},
      {1e4f, 1e-3f, -1e-3f, 0},
      {denormal, -denormal, 0, 1e-38f},
      {1e-6f, -1e-7f, 1e-8f, 3e-5f},
      {127.5f, -127.5f, 0.5f, 1.5f},
      {254.5f, 255, 0.5f, 2.5f},
      {1.7e38f, -1.7e38f, 1, -1},
  };
  for (const std::vector<float>& row : rows) {
    for (const int bits : {2, 4, 6, 8}) {
      check_against_definition(row, 1, 4, bits, false);
      check_against_definition(row, 1, 4, bits, true);
    }
  }
}

// Where a product with 1/scale could round otherwise than the quotient: values one or a few ulps
// around every tie, for many scales.
TEST(neighbours_of_ties_round_as_the_quotient_does) {
  std::mt19937 random(23);
  std::uniform_real_distribution<float> exponent(-15.0f, 15.0f);
  for (int trial = 0; trial < 200; trial++) {
    const float scale = std::exp2(exponent(random));
    std::vector<float> x = {0.0f, 255.0f * scale};
    for (int step = 0; step < 255; step++) {
      float value = (static_cast<float>(step) + 0.5f) * scale;
      for (int ulp = 0; ulp < 3; ulp++) value = std::nextafter(value, 0.0f);
      for (int ulp = 0; ulp < 7; ulp++) {
        x.push_back(value);
        value = std::nextafter(value, kInfinity);
      }
    }
    check_against_definition(x, 1, static_cast<int64_t>(x.size()), 8, false);
  }
}

TEST(ties_round_to_even) {
  // Range 0..255 gives scale 1, so that the codes are the rounded values.
  const std::vector<float> x = {0.5f, 1.5f, 2.5f, 3.5f, 0, 255};
  const Context context(1, VIDITQ_PORTABLE);
  Codes got(1, 6);
  CHECK_EQUAL(got.quantize(context.handle, x, nullptr, 8, false), VIDITQ_OK);
  const std::vector<int> expected = {0, 2, 2, 4, 0, 255};
  for (int i = 0; i < 6; i++) CHECK_EQUAL(got.codes[i], expected[i]);
}

TEST(groups_measure_all_their_rows) {
  // Rows 0 and 2 share group 0, rows 1 and 3 group 1.
  const std::vector<float> x = {5, 1, 0, -2, 3, 4, 255, 0};
  std::vector<float> lo(2);
  std::vector<float> hi(2);
  on_every_isa(1, [&](viditq_context* context) {
    CHECK_EQUAL(viditq_measure_range(context, x.data(), nullptr, 4, 2, 2, lo.data(), hi.data()),
                VIDITQ_OK);
    CHECK_EQUAL(lo[0], 0.0f);
    CHECK_EQUAL(hi[0], 5.0f);
    CHECK_EQUAL(lo[1], -2.0f);
    CHECK_EQUAL(hi[1], 255.0f);
  });
}

// Codes of x [rows, columns] on the given grids, which rows share in turns.
int encode(viditq_context* context, const std::vector<float>& x, const std::vector<float>& scale,
           const std::vector<int32_t>& zero_point, int bits, bool symmetric, Codes* out) {
  return viditq_quantize_groups(context, x.data(), nullptr, static_cast<int64_t>(scale.size()),
                                scale.data(), zero_point.data(), out->tokens(bits, symmetric));
}

TEST(groups_are_quantized_on_their_grids) {
  const std::vector<float> x = {0, 1, 0, -2, 0, 255, 255, 0};
  const Context context(1, VIDITQ_PORTABLE);
  Codes out(4, 2);
  CHECK_EQUAL(encode(context.handle, x, {1, 2}, {0, 1}, 8, false, &out), VIDITQ_OK);
  // 255 / 2 = 127.5 rounds to the even 128.
  const std::vector<int> expected = {0, 1, 1, 0, 0, 255, 129, 1};
  for (int i = 0; i < 8; i++) CHECK_EQUAL(out.codes[i], expected[i]);
  CHECK_EQUAL(out.row_sum[3], 130);
  for (int row = 0; row < 4; row++) {
    CHECK_EQUAL(out.scale[row], row % 2 == 0 ? 1.0f : 2.0f);
    CHECK_EQUAL(out.zero_point[row], row % 2);
  }
}

TEST(values_outside_a_given_grid_clip) {
  std::vector<float> x(37);
  for (size_t i = 0; i < x.size(); i++) x[i] = i % 2 == 0 ? -1e30f : 1e30f;
  on_every_isa(1, [&](viditq_context* context) {
    Codes out(1, 37);
    CHECK_EQUAL(encode(context, x, {1e-6f}, {3}, 4, false, &out), VIDITQ_OK);
    for (size_t i = 0; i < x.size(); i++) CHECK_EQUAL(out.codes[i], i % 2 == 0 ? 0 : 15);
    CHECK_EQUAL(out.row_sum[0], 18 * 15);
  });
}

TEST(zero_points_outside_the_codes_are_honoured) {
  const std::vector<float> x = {-3.0f, -2.99998f, 0, 1e30f};
  const float scale = 1e-6f;
  const int32_t zero_point = 3000000;
  const Context context(1, VIDITQ_PORTABLE);
  Codes out(1, 4);
  CHECK_EQUAL(encode(context.handle, x, {scale}, {zero_point}, 8, false, &out), VIDITQ_OK);
  const int step = static_cast<int>(std::nearbyint(-2.99998f / scale)) + zero_point;
  const std::vector<int> expected = {0, step, 255, 255};
  for (int i = 0; i < 4; i++) CHECK_EQUAL(out.codes[i], expected[i]);
  CHECK_EQUAL(encode(context.handle, x, {scale}, {INT32_MAX}, 8, false, &out), VIDITQ_OK);
  CHECK_EQUAL(out.row_sum[0], 4 * 255);
}

TEST(not_finite_input_is_refused) {
  on_every_isa(1, [&](viditq_context* context) {
    for (const float bad : {kNaN, kInfinity, -kInfinity}) {
      for (const int64_t position : {0, 20, 36}) {
        std::vector<float> x(37, 1.0f);
        x[position] = bad;
        Codes out(1, 37);
        CHECK_EQUAL(out.quantize(context, x, nullptr, 8, false), VIDITQ_NOT_FINITE);
        float lo;
        float hi;
        CHECK_EQUAL(viditq_measure_range(context, x.data(), nullptr, 1, 37, 1, &lo, &hi),
                    VIDITQ_NOT_FINITE);
        CHECK_EQUAL(encode(context, x, {1}, {0}, 8, false, &out), VIDITQ_NOT_FINITE);
      }
    }
    Codes out(1, 2);
    CHECK_EQUAL(out.quantize(context, {3e38f, -3e38f}, nullptr, 8, false), VIDITQ_NOT_FINITE);
  });
}

TEST(bad_arguments_are_refused) {
  const std::vector<float> x(8, 1.0f);
  const Context context(1, VIDITQ_PORTABLE);
  Codes out(2, 4);
  const auto call = [&](const float* in, int64_t rows, int64_t columns, int bits, uint8_t* codes) {
    viditq_tokens tokens = out.tokens(bits);
    tokens.codes = codes;
    tokens.rows = rows;
    tokens.columns = columns;
    return viditq_quantize_tokens(context.handle, in, nullptr, tokens);
  };
  CHECK_EQUAL(call(x.data(), 2, 4, 8, out.codes.data()), VIDITQ_OK);
  CHECK_EQUAL(call(nullptr, 2, 4, 8, out.codes.data()), VIDITQ_NULL_POINTER);
  CHECK_EQUAL(call(x.data(), 2, 4, 8, nullptr), VIDITQ_NULL_POINTER);
  CHECK_EQUAL(call(x.data(), 0, 4, 8, out.codes.data()), VIDITQ_BAD_SIZE);
  CHECK_EQUAL(call(x.data(), 2, -4, 8, out.codes.data()), VIDITQ_BAD_SIZE);
  CHECK_EQUAL(call(x.data(), 2, 4, 1, out.codes.data()), VIDITQ_BAD_FORMAT);
  CHECK_EQUAL(call(x.data(), 2, 4, 9, out.codes.data()), VIDITQ_BAD_FORMAT);
  CHECK_EQUAL(call(x.data(), 1, INT64_C(1) << 40, 8, out.codes.data()), VIDITQ_OVERFLOW);
  CHECK_EQUAL(call(x.data(), INT64_C(1) << 62, 4, 8, out.codes.data()), VIDITQ_OVERFLOW);
  uint8_t* input_bytes = reinterpret_cast<uint8_t*>(const_cast<float*>(x.data()));
  CHECK_EQUAL(call(x.data(), 2, 4, 8, input_bytes + 31), VIDITQ_OVERLAP);
  CHECK_EQUAL(call(x.data(), 2, 4, 8, reinterpret_cast<uint8_t*>(out.scale.data())),
              VIDITQ_OVERLAP);
  float lo[2];
  float hi[2];
  const auto measure = [&](int64_t groups, float* to) {
    return viditq_measure_range(context.handle, x.data(), nullptr, 2, 4, groups, lo, to);
  };
  CHECK_EQUAL(measure(2, hi), VIDITQ_OK);
  CHECK_EQUAL(measure(3, hi), VIDITQ_BAD_SIZE);
  CHECK_EQUAL(measure(2, lo + 1), VIDITQ_OVERLAP);
}

TEST(bad_grids_are_refused) {
  const std::vector<float> x(4, 1.0f);
  const Context context(1, VIDITQ_PORTABLE);
  Codes out(1, 4);
  const auto call = [&](float scale, int32_t zero_point) {
    return encode(context.handle, x, {scale}, {zero_point}, 4, false, &out);
  };
  CHECK_EQUAL(call(1, 15), VIDITQ_OK);
  CHECK_EQUAL(call(1, INT32_MIN), VIDITQ_OK);
  CHECK_EQUAL(call(0, 0), VIDITQ_BAD_GRID);
  CHECK_EQUAL(call(-1, 0), VIDITQ_BAD_GRID);
  CHECK_EQUAL(call(kNaN, 0), VIDITQ_BAD_GRID);
  CHECK_EQUAL(call(kInfinity, 0), VIDITQ_BAD_GRID);
}

TEST(every_status_has_a_message) {
  for (int status = VIDITQ_OK; status <= VIDITQ_STILL_BUSY; status++) {
    CHECK_EQUAL(std::strcmp(viditq_status_message(status), "unknown status") != 0, true);
  }
  for (const int unknown : {-1, VIDITQ_STILL_BUSY + 1}) {
    CHECK_EQUAL(std::strcmp(viditq_status_message(unknown), "unknown status"), 0);
  }
}

}  // namespace
