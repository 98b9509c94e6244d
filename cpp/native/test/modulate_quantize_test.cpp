#include <cmath>
#include <limits>
#include <vector>

#include "check.h"
#include "rows_of_codes.h"

namespace {

using Codes = operators::RowsOfCodes;

struct Case {
  int64_t batch;
  int64_t tokens;
  int64_t channels;
  int64_t shift_batch;
  int64_t scale_batch;
  bool balanced;
  int bits = 8;
  bool symmetric = false;
  std::vector<float> x;
  std::vector<float> shift;
  std::vector<float> scale;
  std::vector<float> balance;

  Case(int64_t batch, int64_t tokens, int64_t channels, bool shared, bool balanced, uint32_t seed)
      : batch(batch),
        tokens(tokens),
        channels(channels),
        shift_batch(shared ? 1 : batch),
        scale_batch(batch),
        balanced(balanced),
        x(operators::normal(batch * tokens * channels, seed)),
        shift(operators::normal(shift_batch * channels, seed + 1)),
        scale(operators::normal(scale_batch * channels, seed + 2, 0.3f)),
        balance(operators::balances(channels, seed + 3)) {}

  int64_t rows() const { return batch * tokens; }
  const float* balance_or_null() const { return balanced ? balance.data() : nullptr; }

  viditq_modulation operands() const {
    viditq_modulation operands{};
    operands.x = x.data();
    operands.batch = batch;
    operands.tokens = tokens;
    operands.channels = channels;
    operands.shift = shift.data();
    operands.shift_batch = shift_batch;
    operands.scale = scale.data();
    operands.scale_batch = scale_batch;
    operands.eps = 1e-6f;
    return operands;
  }

  int fused(viditq_context* context, Codes* out) const {
    return viditq_layer_norm_modulate_quantize(context, operands(), balance_or_null(),
                                               out->tokens(bits, symmetric));
  }

  int apart(viditq_context* context, Codes* out) const {
    std::vector<float> normed(x.size());
    const int status = viditq_layer_norm_modulate(context, operands(), normed.data());
    if (status != VIDITQ_OK) return status;
    return out->quantize(context, normed, balance_or_null(), bits, symmetric);
  }

  void check() const {
    for (const int threads : {1, 2, 3}) {
      operators::on_every_isa(threads, [&](viditq_context* context) {
        Codes expected(rows(), channels);
        Codes actual(rows(), channels);
        CHECK_EQUAL(apart(context, &expected), VIDITQ_OK);
        CHECK_EQUAL(fused(context, &actual), VIDITQ_OK);
        CHECK_EQUAL(actual == expected, true);
      });
    }
  }
};

TEST(modulated_rows_are_quantized_as_if_normalized_first) {
  uint32_t seed = 1;
  for (const int64_t batch : {1, 2}) {
    for (const int64_t tokens : {1, 5, 33}) {
      for (const int64_t channels : {1, 3, 15, 16, 17, 63, 65, 257, 1152}) {
        Case test(batch, tokens, channels, seed % 2 == 0, seed % 3 == 0, seed);
        test.bits = seed % 5 == 0 ? 4 : 8;
        test.symmetric = seed % 4 == 0;
        test.check();
        seed++;
      }
    }
  }
}

// Constant rows, rows of zeros, denormals, one outlier, large means; balances whose quotients are
// denormal or need every bit.
TEST(nasty_modulated_rows_are_quantized_as_if_normalized_first) {
  for (const bool balanced : {false, true}) {
    Case test(1, 8, 37, false, balanced, 77);
    const auto row = [&](int64_t r) { return test.x.data() + r * test.channels; };
    for (int64_t c = 0; c < test.channels; c++) {
      row(0)[c] = 0.0f;
      row(1)[c] = c % 2 == 0 ? 0.0f : -0.0f;
      row(2)[c] = 3.7f;
      row(3)[c] = std::numeric_limits<float>::denorm_min() * static_cast<float>(c);
      row(4)[c] = c == 11 ? 1e4f : 0.0f;
      row(5)[c] += 1e6f;
      row(6)[c] *= 1e-30f;
      row(7)[c] *= 1e18f;
    }
    test.shift[3] = -0.0f;
    test.balance[4] = 1e38f;
    test.balance[5] = 3.0f;
    test.balance[6] = 1e-30f;
    test.check();
    // All values of a row equal, or zero.
    std::fill(test.shift.begin(), test.shift.end(), 0.0f);
    test.check();
    std::fill(test.scale.begin(), test.scale.end(), -1.0f);
    test.check();
    std::fill(test.shift.begin(), test.shift.end(), 2.5f);
    test.check();
  }
}

TEST(modulated_rows_that_are_not_finite_are_refused) {
  for (const float bad : {NAN, INFINITY, -INFINITY}) {
    operators::on_every_isa(2, [&](viditq_context* context) {
      for (const int64_t position : {0, 36, 37 * 33 + 20}) {
        Case test(2, 20, 37, false, position == 0, 5);
        Codes out(40, 37);
        CHECK_EQUAL(test.fused(context, &out), VIDITQ_OK);
        Case changed = test;
        changed.x[position] = bad;
        CHECK_EQUAL(changed.fused(context, &out), VIDITQ_NOT_FINITE);
        changed = test;
        changed.shift[position % 74] = bad;
        CHECK_EQUAL(changed.fused(context, &out), VIDITQ_NOT_FINITE);
        changed = test;
        changed.scale[position % 74] = bad;
        CHECK_EQUAL(changed.fused(context, &out), VIDITQ_NOT_FINITE);
      }
      // Finite values a range beyond float32 apart, a difference to the mean, and a product beyond
      // it.
      Case wide(1, 1, 3, false, false, 5);
      Codes out(1, 3);
      wide.shift = {3e38f, -3e38f, 0.0f};
      CHECK_EQUAL(wide.fused(context, &out), VIDITQ_NOT_FINITE);
      wide.shift = {0.0f, 0.0f, 0.0f};
      wide.x = {3.4e38f, -3.4e38f, -3.4e38f};
      CHECK_EQUAL(wide.fused(context, &out), VIDITQ_NOT_FINITE);
      wide.x = {3e38f, -3e38f, 0.0f};
      CHECK_EQUAL(wide.fused(context, &out), VIDITQ_OK);
      wide.x = {1.0f, 0.0f, -1.0f};
      wide.scale = {3.4e38f, 3.4e38f, 3.4e38f};
      CHECK_EQUAL(wide.fused(context, &out), VIDITQ_NOT_FINITE);
      Case divided(1, 1, 2, false, true, 5);
      divided.balance = {1.0f, 0.0f};
      Codes pair(1, 2);
      CHECK_EQUAL(divided.fused(context, &pair), VIDITQ_NOT_FINITE);
    });
  }
}

TEST(bad_modulated_rows_are_refused) {
  const operators::Context context(1, VIDITQ_PORTABLE);
  const Case good(2, 3, 4, false, true, 9);
  Codes out(6, 4);
  const auto call = [&](const Case& c) { return c.fused(context.handle, &out); };
  CHECK_EQUAL(call(good), VIDITQ_OK);
  CHECK_EQUAL(good.fused(nullptr, &out), VIDITQ_NULL_POINTER);
  for (int64_t Case::*extent : {&Case::batch, &Case::tokens, &Case::channels}) {
    Case changed = good;
    changed.*extent = 0;
    CHECK_EQUAL(call(changed), VIDITQ_BAD_SIZE);
    changed.*extent = -1;
    CHECK_EQUAL(call(changed), VIDITQ_BAD_SIZE);
    changed.*extent = INT64_C(1) << 62;
    changed.shift_batch = changed.scale_batch = changed.batch;
    CHECK_EQUAL(call(changed), VIDITQ_OVERFLOW);
  }
  for (int64_t Case::*samples : {&Case::shift_batch, &Case::scale_batch}) {
    Case changed = good;
    changed.*samples = 3;
    CHECK_EQUAL(call(changed), VIDITQ_BAD_SIZE);
    changed.*samples = 0;
    CHECK_EQUAL(call(changed), VIDITQ_BAD_SIZE);
  }
  for (const int bits : {1, 9}) {
    Case changed = good;
    changed.bits = bits;
    CHECK_EQUAL(call(changed), VIDITQ_BAD_FORMAT);
  }
  // Sums of so long a row could leave int32.
  Case longest = good;
  longest.channels = INT64_C(1) << 40;
  viditq_tokens long_rows = out.tokens();
  long_rows.columns = longest.channels;
  CHECK_EQUAL(viditq_layer_norm_modulate_quantize(context.handle, longest.operands(),
                                                  longest.balance_or_null(), long_rows),
              VIDITQ_OVERFLOW);
  // Codes of other extents.
  for (int64_t viditq_tokens::*extent : {&viditq_tokens::rows, &viditq_tokens::columns}) {
    for (const int64_t other : {0, 2, 12}) {
      viditq_tokens tokens = out.tokens();
      tokens.*extent = other;
      CHECK_EQUAL(
          viditq_layer_norm_modulate_quantize(context.handle, good.operands(), nullptr, tokens),
          VIDITQ_BAD_SIZE);
    }
  }

  // x, shift, scale, balance, codes, scale, zero_point, row_sum: each missing, each
  // overlapping.
  for (int absent = 0; absent < 8; absent++) {
    viditq_modulation operands = good.operands();
    viditq_tokens tokens = out.tokens();
    if (absent == 0) operands.x = nullptr;
    if (absent == 1) operands.shift = nullptr;
    if (absent == 2) operands.scale = nullptr;
    const float* balance = absent == 3 ? nullptr : good.balance.data();
    if (absent == 4) tokens.codes = nullptr;
    if (absent == 5) tokens.scale = nullptr;
    if (absent == 6) tokens.zero_point = nullptr;
    if (absent == 7) tokens.row_sum = nullptr;
    // Rows need not be divided.
    CHECK_EQUAL(viditq_layer_norm_modulate_quantize(context.handle, operands, balance, tokens),
                absent == 3 ? VIDITQ_OK : VIDITQ_NULL_POINTER);
  }
  const auto codes_at = [&](const void* data) {
    viditq_tokens tokens = out.tokens();
    tokens.codes = static_cast<uint8_t*>(const_cast<void*>(data));
    return viditq_layer_norm_modulate_quantize(context.handle, good.operands(), good.balance.data(),
                                               tokens);
  };
  CHECK_EQUAL(codes_at(good.x.data() + 23), VIDITQ_OVERLAP);
  CHECK_EQUAL(codes_at(good.shift.data() + 7), VIDITQ_OVERLAP);
  CHECK_EQUAL(codes_at(good.scale.data()), VIDITQ_OVERLAP);
  CHECK_EQUAL(codes_at(good.balance.data() + 3), VIDITQ_OVERLAP);
  CHECK_EQUAL(codes_at(out.scale.data() + 5), VIDITQ_OVERLAP);
  CHECK_EQUAL(codes_at(out.zero_point.data()), VIDITQ_OVERLAP);
  CHECK_EQUAL(codes_at(out.row_sum.data() + 2), VIDITQ_OVERLAP);
}

}  // namespace
