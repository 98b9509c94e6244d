#include <cmath>
#include <random>
#include <vector>

#include "check.h"
#include "isas.h"
#include "rows_of_codes.h"
#include "weights.h"

namespace {

using Codes = operators::RowsOfCodes;
using Weights = weights::Packed;

// A layer, the codes of its input, and how its result is quantized.
struct Case {
  int64_t rows;
  int64_t inner;
  int64_t channels;
  bool input_symmetric = false;
  int activation = VIDITQ_GELU_TANH;
  bool biased = true;
  bool balanced = false;
  int bits = 8;
  bool symmetric = false;
  std::vector<float> x, weight_scale, bias, balance;
  std::vector<uint8_t> weight;
  std::vector<int32_t> weight_zero_point;
  Codes input;

  Case(int64_t rows, int64_t inner, int64_t channels, uint32_t seed)
      : rows(rows),
        inner(inner),
        channels(channels),
        x(operators::normal(rows * inner, seed)),
        bias(operators::normal(channels, seed + 1)),
        balance(operators::balances(channels, seed + 2)),
        input(rows, inner) {
    std::mt19937 random(seed + 3);
    for (int64_t i = 0; i < channels * inner; i++) weight.push_back(static_cast<uint8_t>(random()));
    for (int64_t n = 0; n < channels; n++) {
      weight_scale.push_back(1e-3f * static_cast<float>(1 + random() % 5));
      weight_zero_point.push_back(static_cast<int32_t>(random() % 256));
    }
  }

  Weights pack(int isa) const {
    return weights::pack(weight, false, channels, inner, isa, weight_scale.data(),
                         weight_zero_point.data());
  }

  void quantize_input() {
    const operators::Context context(1, VIDITQ_PORTABLE);
    CHECK_EQUAL(input.quantize(context.handle, x, nullptr, 8, input_symmetric), VIDITQ_OK);
  }

  const float* biases() const { return biased ? bias.data() : nullptr; }
  const float* balance_or_null() const { return balanced ? balance.data() : nullptr; }

  viditq_tokens tokens() const {
    viditq_tokens tokens = input.tokens(8, input_symmetric);
    tokens.rows = rows;
    tokens.columns = inner;
    return tokens;
  }

  int fused(viditq_context* context, const viditq_weights* packed, Codes* out) const {
    return viditq_quantized_linear_to_codes(context, packed, tokens(), biases(), activation,
                                            balance_or_null(), out->tokens(bits, symmetric));
  }

  int apart(viditq_context* context, const viditq_weights* packed, Codes* out) const {
    std::vector<float> y(rows * channels);
    viditq_epilogue epilogue{};
    epilogue.bias = biases();
    epilogue.activation = activation;
    const int status = viditq_quantized_linear(context, packed, tokens(), epilogue, y.data());
    if (status != VIDITQ_OK) return status;
    return out->quantize(context, y, balance_or_null(), bits, symmetric);
  }

  void check() {
    quantize_input();
    for (const int isa : isas::tested()) {
      const Weights packed = pack(isa);
      Codes expected(rows, channels);
      for (const int threads : {1, 2, 3}) {
        const operators::Context context(threads, isa);
        if (threads == 1) {
          CHECK_EQUAL(apart(context.handle, packed.get(), &expected), VIDITQ_OK);
        }
        // Twice, the second time in memory that the first one left.
        for (int time = 0; time < 2; time++) {
          Codes actual(rows, channels);
          CHECK_EQUAL(fused(context.handle, packed.get(), &actual), VIDITQ_OK);
          CHECK_EQUAL(actual == expected, true);
        }
      }
    }
  }
};

TEST(results_become_the_codes_that_they_become_one_after_the_other) {
  uint32_t seed = 1;
  for (const int64_t rows : {1, 7, 33, 64, 130}) {
    for (const int64_t inner : {1, 63, 100}) {
      for (const int64_t channels : {1, 17, 48, 97}) {
        Case layer(rows, inner, channels, seed);
        layer.input_symmetric = seed % 3 == 0;
        layer.activation = static_cast<int>(seed % VIDITQ_ACTIVATION_COUNT);
        layer.biased = seed % 5 != 0;
        layer.balanced = seed % 2 == 0;
        layer.bits = seed % 4 == 1 ? 4 : 8;
        layer.symmetric = seed % 7 < 3;
        layer.check();
        seed++;
      }
    }
  }
}

// So many channels that blocks have few rows, and so many rows that there are many blocks.
TEST(blocks_of_rows_become_the_same_codes) {
  for (const bool balanced : {false, true}) {
    Case wide(161, 3, 9001, 200);
    wide.balanced = balanced;
    wide.check();
    Case tall(1100, 6, 257, 300);
    tall.balanced = balanced;
    tall.check();
  }
}

TEST(results_that_are_not_finite_are_refused) {
  Case layer(40, 3, 5, 7);
  layer.quantize_input();
  layer.activation = VIDITQ_NO_ACTIVATION;
  operators::on_every_isa(2, [&](viditq_context* context) {
    for (const int isa : isas::tested()) {
      const Weights packed = layer.pack(isa);
      Codes out(40, 5);
      CHECK_EQUAL(layer.fused(context, packed.get(), &out), VIDITQ_OK);
      for (const float bad : {NAN, INFINITY, -INFINITY}) {
        Case changed = layer;
        changed.bias[4] = bad;
        CHECK_EQUAL(changed.fused(context, packed.get(), &out), VIDITQ_NOT_FINITE);
        changed = layer;
        changed.input.scale[39] = bad;
        CHECK_EQUAL(changed.fused(context, packed.get(), &out), VIDITQ_NOT_FINITE);
      }
      Case changed = layer;
      changed.bias[0] = 3e38f;
      changed.bias[1] = -3e38f;
      CHECK_EQUAL(changed.fused(context, packed.get(), &out), VIDITQ_NOT_FINITE);
      changed = layer;
      changed.balanced = true;
      changed.balance[2] = 0.0f;
      CHECK_EQUAL(changed.fused(context, packed.get(), &out), VIDITQ_NOT_FINITE);
    }
  });
}

TEST(bad_layers_to_codes_are_refused) {
  Case good(2, 3, 4, 9);
  good.balanced = true;
  good.quantize_input();
  const operators::Context context(1, VIDITQ_PORTABLE);
  const Weights packed = good.pack(VIDITQ_PORTABLE);
  Codes out(2, 4);
  const auto call = [&](const Case& c) { return c.fused(context.handle, packed.get(), &out); };
  CHECK_EQUAL(call(good), VIDITQ_OK);
  CHECK_EQUAL(good.fused(nullptr, packed.get(), &out), VIDITQ_NULL_POINTER);
  CHECK_EQUAL(good.fused(context.handle, nullptr, &out), VIDITQ_NULL_POINTER);
  Case changed = good;
  changed.inner = 2;
  CHECK_EQUAL(call(changed), VIDITQ_BAD_SIZE);
  for (const int64_t rows : {0, -1}) {
    changed = good;
    changed.rows = rows;
    CHECK_EQUAL(call(changed), VIDITQ_BAD_SIZE);
  }
  changed = good;
  changed.rows = INT64_C(1) << 61;
  CHECK_EQUAL(call(changed), VIDITQ_OVERFLOW);
  for (const int activation : {-1, static_cast<int>(VIDITQ_ACTIVATION_COUNT)}) {
    changed = good;
    changed.activation = activation;
    CHECK_EQUAL(call(changed), VIDITQ_BAD_ARGUMENT);
  }
  for (const int bits : {1, 9}) {
    changed = good;
    changed.bits = bits;
    CHECK_EQUAL(call(changed), VIDITQ_BAD_FORMAT);
  }

  // Results of other extents than the codes that are to hold them, and an input without a format.
  for (int64_t viditq_tokens::*extent : {&viditq_tokens::rows, &viditq_tokens::columns}) {
    for (const int64_t other : {0, 1, 8}) {
      viditq_tokens tokens = out.tokens();
      tokens.*extent = other;
      CHECK_EQUAL(viditq_quantized_linear_to_codes(context.handle, packed.get(), good.tokens(),
                                                   nullptr, 0, nullptr, tokens),
                  VIDITQ_BAD_SIZE);
    }
  }
  for (const int bits : {1, 9}) {
    viditq_tokens x = good.tokens();
    x.bits = bits;
    CHECK_EQUAL(viditq_quantized_linear_to_codes(context.handle, packed.get(), x, nullptr, 0,
                                                 nullptr, out.tokens()),
                VIDITQ_BAD_FORMAT);
  }

  // Each buffer missing; the last two inputs may.
  void* inputs[] = {
      good.input.codes.data(),   good.input.scale.data(), good.input.zero_point.data(),
      good.input.row_sum.data(), good.bias.data(),        good.balance.data()};
  void* outputs[] = {out.codes.data(), out.scale.data(), out.zero_point.data(), out.row_sum.data()};
  const auto put = [](void* const* buffers, viditq_tokens tokens) {
    tokens.codes = static_cast<uint8_t*>(buffers[0]);
    tokens.scale = static_cast<float*>(buffers[1]);
    tokens.zero_point = static_cast<int32_t*>(buffers[2]);
    tokens.row_sum = static_cast<int32_t*>(buffers[3]);
    return tokens;
  };
  const auto call_with = [&] {
    return viditq_quantized_linear_to_codes(
        context.handle, packed.get(), put(inputs, good.tokens()), static_cast<float*>(inputs[4]), 0,
        static_cast<float*>(inputs[5]), put(outputs, out.tokens()));
  };
  for (int i = 0; i < 6; i++) {
    void* present = inputs[i];
    inputs[i] = nullptr;
    CHECK_EQUAL(call_with(), i < 4 ? VIDITQ_NULL_POINTER : VIDITQ_OK);
    inputs[i] = present;
    // Codes over it.
    outputs[0] = present;
    CHECK_EQUAL(call_with(), VIDITQ_OVERLAP);
    outputs[0] = out.codes.data();
  }
  for (int i = 0; i < 4; i++) {
    void* present = outputs[i];
    outputs[i] = nullptr;
    CHECK_EQUAL(call_with(), VIDITQ_NULL_POINTER);
    outputs[i] = outputs[(i + 1) % 4];
    CHECK_EQUAL(call_with(), VIDITQ_OVERLAP);
    outputs[i] = present;
  }
}

}  // namespace
