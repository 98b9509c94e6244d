#include <cmath>
#include <cstring>
#include <memory>
#include <random>
#include <vector>

#include "check.h"
#include "isas.h"
#include "memory/aligned_buffer.h"
#include "rows_of_codes.h"
#include "weights.h"

namespace {

using operators::Context;
using Weights = weights::Packed;

// The definition's sums of extreme zero points.
__extension__ using Int128 = __int128;

// A layer and its input, with all that the entry point takes.
struct Case {
  int64_t rows;
  int64_t inner;
  int64_t channels;
  bool symmetric;
  int activation = VIDITQ_NO_ACTIVATION;
  int64_t rows_per_gate = 1;
  bool gated = true;
  bool added = true;
  std::vector<uint8_t> codes, weight;
  std::vector<float> scale, weight_scale, bias, gate, residual;
  std::vector<int32_t> zero_point, row_sum, weight_zero_point;

  Case(int64_t rows, int64_t inner, int64_t channels, bool symmetric, uint32_t seed)
      : rows(rows), inner(inner), channels(channels), symmetric(symmetric) {
    std::mt19937 random(seed);
    const auto byte = [&] { return static_cast<uint8_t>(random()); };
    const auto unit = [&] { return static_cast<float>(random() % 2001) * 1e-3f - 1.0f; };
    for (int64_t i = 0; i < rows * inner; i++) codes.push_back(byte());
    for (int64_t i = 0; i < channels * inner; i++) weight.push_back(byte());
    for (int64_t m = 0; m < rows; m++) {
      scale.push_back(1e-3f * (2.0f + unit()));
      zero_point.push_back(symmetric ? 0 : byte());
      row_sum.push_back(0);
      for (int64_t k = 0; k < inner; k++) row_sum[m] += code(m, k);
    }
    for (int64_t n = 0; n < channels; n++) {
      weight_scale.push_back(1e-3f * (2.0f + unit()));
      weight_zero_point.push_back(byte());
      bias.push_back(unit());
    }
    for (int64_t i = 0; i < rows * channels; i++) {
      gate.push_back(unit());
      residual.push_back(unit());
    }
  }

  int32_t code(int64_t m, int64_t k) const {
    const uint8_t stored = codes[m * inner + k];
    return symmetric ? static_cast<int8_t>(stored) : stored;
  }

  double activate(double y) const {
    switch (activation) {
      case VIDITQ_SILU:
        return y / (1.0 + std::exp(-y));
      case VIDITQ_GELU_TANH:
        return 0.5 * y * (1.0 + std::tanh(std::sqrt(2.0 / M_PI) * (y + 0.044715 * y * y * y)));
      case VIDITQ_GELU_ERF:
        return 0.5 * y * std::erfc(-y / std::sqrt(2.0));
      case VIDITQ_RELU:
        return std::fmax(y, 0.0);
      default:
        return y;
    }
  }

  // The definition in viditq_operators.h, in float64.
  double expected(int64_t m, int64_t n) const {
    Int128 sum = 0;
    for (int64_t k = 0; k < inner; k++) {
      sum += (static_cast<Int128>(code(m, k)) - zero_point[m]) *
             (static_cast<Int128>(weight[n * inner + k]) - weight_zero_point[n]);
    }
    const double y =
        static_cast<double>(sum) * scale[m] * weight_scale[n] + static_cast<double>(bias[n]);
    return (added ? residual[m * channels + n] : 0.0) +
           (gated ? gate[m / rows_per_gate * channels + n] : 1.0) * activate(y);
  }

  viditq_tokens tokens() const {
    viditq_tokens tokens{};
    tokens.codes = const_cast<uint8_t*>(codes.data());
    tokens.scale = const_cast<float*>(scale.data());
    tokens.zero_point = const_cast<int32_t*>(zero_point.data());
    tokens.row_sum = const_cast<int32_t*>(row_sum.data());
    tokens.rows = rows;
    tokens.columns = inner;
    tokens.bits = 8;
    tokens.symmetric = symmetric;
    return tokens;
  }

  viditq_epilogue epilogue() const {
    viditq_epilogue epilogue{};
    epilogue.bias = bias.data();
    epilogue.activation = activation;
    epilogue.gate = gated ? gate.data() : nullptr;
    epilogue.rows_per_gate = rows_per_gate;
    epilogue.residual = added ? residual.data() : nullptr;
    return epilogue;
  }

  int run(viditq_context* context, const viditq_weights* packed, std::vector<float>* out) const {
    return run_into(context, packed, out->data());
  }

  int run_into(viditq_context* context, const viditq_weights* packed, float* out) const {
    return viditq_quantized_linear(context, packed, tokens(), epilogue(), out);
  }

  // One row, with a gate per row.
  int run_row(viditq_context* context, const viditq_weights* packed, int64_t row,
              std::vector<float>* out) const {
    viditq_tokens x = tokens();
    x.codes += row * inner;
    x.scale += row;
    x.zero_point += row;
    x.row_sum += row;
    x.rows = 1;
    viditq_epilogue of_row = epilogue();
    if (gated) of_row.gate += row * channels;
    if (added) of_row.residual += row * channels;
    of_row.rows_per_gate = 1;
    return viditq_quantized_linear(context, packed, x, of_row, out->data());
  }

  Weights pack(int isa) const {
    return weights::pack(weight, false, channels, inner, isa, weight_scale.data(),
                         weight_zero_point.data());
  }

  // Every instruction set within float32 rounding of the definition, every number of threads to the
  // bit the same.
  void check() const {
    std::vector<double> exact(rows * channels);
    for (int64_t m = 0; m < rows; m++) {
      for (int64_t n = 0; n < channels; n++) exact[m * channels + n] = expected(m, n);
    }
    for (const int isa : isas::tested()) {
      const Weights packed = pack(isa);
      std::vector<float> first(rows * channels);
      for (const int threads : {1, 2, 3}) {
        std::vector<float> out(rows * channels, -1.0f);
        CHECK_EQUAL(run(Context(threads, isa).handle, packed.get(), &out), VIDITQ_OK);
        if (threads == 1) first = out;
        CHECK_EQUAL(std::memcmp(out.data(), first.data(), out.size() * sizeof(float)), 0);
      }
      int64_t wrong = 0;
      for (size_t i = 0; i < exact.size(); i++) {
        wrong += !(std::fabs(first[i] - exact[i]) <= 2e-6 * (4.0 + std::fabs(exact[i])));
      }
      CHECK_EQUAL(wrong, 0);
    }
  }
};

TEST(quantized_layers_follow_the_definition_over_odd_shapes) {
  uint32_t seed = 1;
  for (const int64_t rows : {1, 3, 8, 34, 259}) {
    for (const int64_t inner : {1, 5, 64, 100}) {
      for (const int64_t channels : {1, 23, 48, 97}) {
        Case layer(rows, inner, channels, seed % 2 == 0, seed);
        layer.activation = static_cast<int>(seed % 3);
        layer.check();
        seed++;
      }
    }
  }
}

TEST(quantized_layers_follow_the_definition_where_the_inner_extent_is_cut) {
  // From 16384 on, corrections by zero points are computed another way.
  for (const int64_t inner : {639, 640, 641, 767, 768, 769, 1537, 8191, 16383, 16384}) {
    Case(5, inner, 50, inner % 2 == 0, static_cast<uint32_t>(inner)).check();
  }
}

// How rows are cut into tiles, and whether results pass the caches, shows in no bit: both depend on
// how many rows there are.
void check_rows_alone(const Case& layer) {
  for (const int isa : isas::tested()) {
    const Context context(1, isa);
    const Weights packed = layer.pack(isa);
    const auto all = viditq::allocate<float>(layer.rows * layer.channels);
    CHECK_EQUAL(layer.run_into(context.handle, packed.get(), all.get()), VIDITQ_OK);
    std::vector<float> alone(layer.channels);
    int64_t wrong = 0;
    for (int64_t row = 0; row < layer.rows; row++) {
      CHECK_EQUAL(layer.run_row(context.handle, packed.get(), row, &alone), VIDITQ_OK);
      wrong += std::memcmp(alone.data(), all.get() + row * layer.channels,
                           alone.size() * sizeof(float)) != 0;
    }
    CHECK_EQUAL(wrong, 0);
  }
}

TEST(rows_of_quantized_layers_do_not_depend_on_the_rows_beside_them) {
  Case layer(37, 65, 97, false, 11);
  for (const bool gated : {false, true}) {
    for (const bool added : {false, true}) {
      for (int activation = 0; activation < VIDITQ_ACTIVATION_COUNT; activation++) {
        layer.gated = gated;
        layer.added = added;
        layer.activation = activation;
        layer.check();
        check_rows_alone(layer);
      }
    }
  }
}

TEST(rows_of_large_quantized_layers_do_not_depend_on_the_rows_beside_them) {
  // More than a megabyte of results, in whole cache lines.
  Case layer(300, 20, 960, false, 12);
  for (const bool gated : {false, true}) {
    for (const bool added : {false, true}) {
      layer.gated = gated;
      layer.added = added;
      check_rows_alone(layer);
    }
  }
}

TEST(gates_are_shared_by_the_rows_of_a_sample) {
  Case layer(520, 12, 7, false, 3);
  layer.rows_per_gate = 130;
  layer.check();
}

// The published small scale rule makes zero points in the millions.
TEST(zero_points_far_outside_the_codes_do_not_overflow) {
  Case layer(7, 1000, 50, false, 4);
  layer.zero_point[0] = 3000000;
  layer.zero_point[3] = -3000000;
  layer.zero_point[6] = 256;
  for (const int64_t row : {0, 3}) layer.scale[row] = 1e-9f;
  layer.check();
  layer.weight_zero_point[2] = 100000;
  layer.weight_scale[2] = 1e-8f;
  layer.check();
  for (const int32_t extreme : {INT32_MIN, INT32_MAX}) {
    for (const int64_t row : {0, 3}) {
      layer.zero_point[row] = extreme;
      layer.scale[row] = 1e-13f;
    }
    layer.weight_zero_point[2] = extreme;
    layer.weight_scale[2] = 1e-10f;
    layer.check();
  }
}

TEST(weights_without_grids_have_scale_1_and_zero_point_0) {
  Case layer(4, 6, 5, false, 8);
  layer.weight_scale.assign(5, 1.0f);
  layer.weight_zero_point.assign(5, 0);
  const Context context(1, VIDITQ_PORTABLE);
  std::vector<float> expected(20), out(20);
  CHECK_EQUAL(layer.run(context.handle, layer.pack(VIDITQ_PORTABLE).get(), &expected), VIDITQ_OK);
  const Weights plain = weights::pack(layer.weight, false, 5, 6, VIDITQ_PORTABLE);
  CHECK_EQUAL(layer.run(context.handle, plain.get(), &out), VIDITQ_OK);
  CHECK_EQUAL(out == expected, true);
}

// Results of many megabytes are written past the caches where their rows are aligned.
TEST(large_results_do_not_depend_on_their_alignment) {
  Case layer(1051, 9, 1040, false, 7);
  layer.rows_per_gate = 1051;
  const int64_t count = layer.rows * layer.channels;
  const int64_t line = 16;
  std::vector<float> memory(count + 2 * line);
  const int64_t misaligned =
      static_cast<int64_t>(reinterpret_cast<uintptr_t>(memory.data()) / sizeof(float) % line);
  float* aligned = memory.data() + (line - misaligned) % line;
  for (const int isa : isas::tested()) {
    const Weights packed = layer.pack(isa);
    std::vector<float> first;
    for (const int threads : {1, 3}) {
      const Context context(threads, isa);
      for (const int64_t shift : {0, 1, 8}) {
        float* out = aligned + shift;
        out[count] = 77.0f;
        CHECK_EQUAL(layer.run_into(context.handle, packed.get(), out), VIDITQ_OK);
        CHECK_EQUAL(out[count], 77.0f);
        if (first.empty()) first.assign(out, out + count);
        CHECK_EQUAL(std::memcmp(out, first.data(), count * sizeof(float)), 0);
      }
    }
    int64_t wrong = 0;
    for (int64_t m = 0; m < layer.rows; m += 25) {
      for (int64_t n = 0; n < layer.channels; n++) {
        const double exact = layer.expected(m, n);
        wrong +=
            !(std::fabs(first[m * layer.channels + n] - exact) <= 2e-6 * (4.0 + std::fabs(exact)));
      }
    }
    CHECK_EQUAL(wrong, 0);
  }
}

TEST(bad_quantized_layers_are_refused) {
  const Case layer(2, 3, 4, false, 5);
  const Context context(1, VIDITQ_PORTABLE);
  const Weights packed = layer.pack(VIDITQ_PORTABLE);
  std::vector<float> out(8);
  CHECK_EQUAL(layer.run(context.handle, packed.get(), &out), VIDITQ_OK);
  CHECK_EQUAL(layer.run(nullptr, packed.get(), &out), VIDITQ_NULL_POINTER);
  CHECK_EQUAL(layer.run(context.handle, nullptr, &out), VIDITQ_NULL_POINTER);
  Case changed = layer;
  changed.inner = 2;
  CHECK_EQUAL(changed.run(context.handle, packed.get(), &out), VIDITQ_BAD_SIZE);
  changed = layer;
  changed.rows = 0;
  CHECK_EQUAL(changed.run(context.handle, packed.get(), &out), VIDITQ_BAD_SIZE);
  changed.rows = INT64_C(1) << 61;
  CHECK_EQUAL(changed.run(context.handle, packed.get(), &out), VIDITQ_OVERFLOW);
  changed = layer;
  changed.activation = VIDITQ_ACTIVATION_COUNT;
  CHECK_EQUAL(changed.run(context.handle, packed.get(), &out), VIDITQ_BAD_ARGUMENT);
  changed = layer;
  changed.rows_per_gate = 3;
  CHECK_EQUAL(changed.run(context.handle, packed.get(), &out), VIDITQ_BAD_SIZE);
  for (const int bits : {1, 9}) {
    viditq_tokens x = layer.tokens();
    x.bits = bits;
    CHECK_EQUAL(viditq_quantized_linear(context.handle, packed.get(), x, {}, out.data()),
                VIDITQ_BAD_FORMAT);
  }
  const auto call = [&](const uint8_t* codes, const float* residual, float* result) {
    viditq_tokens x = layer.tokens();
    x.codes = const_cast<uint8_t*>(codes);
    viditq_epilogue epilogue{};
    epilogue.residual = residual;
    return viditq_quantized_linear(context.handle, packed.get(), x, epilogue, result);
  };
  CHECK_EQUAL(call(layer.codes.data(), nullptr, out.data()), VIDITQ_OK);
  CHECK_EQUAL(call(nullptr, nullptr, out.data()), VIDITQ_NULL_POINTER);
  CHECK_EQUAL(call(layer.codes.data(), nullptr, nullptr), VIDITQ_NULL_POINTER);
  CHECK_EQUAL(call(layer.codes.data(), out.data(), out.data()), VIDITQ_OVERLAP);
  CHECK_EQUAL(call(layer.codes.data(), nullptr, const_cast<float*>(layer.scale.data()) - 7),
              VIDITQ_OVERLAP);
}

TEST(balanced_rows_are_quantized_as_if_divided_first) {
  std::mt19937 random(6);
  std::normal_distribution<float> normal;
  for (const int64_t columns : {1, 17, 257}) {
    const int64_t rows = 35;
    std::vector<float> x(rows * columns), balance(columns), divided(x.size());
    for (float& value : x) value = normal(random);
    for (float& value : balance) value = std::exp(normal(random));
    for (size_t i = 0; i < x.size(); i++) divided[i] = x[i] / balance[i % columns];
    operators::RowsOfCodes expected(rows, columns);
    CHECK_EQUAL(expected.quantize(Context(1, VIDITQ_PORTABLE).handle, divided, nullptr, 8, false),
                VIDITQ_OK);
    for (const int threads : {1, 2, 3}) {
      operators::on_every_isa(threads, [&](viditq_context* context) {
        operators::RowsOfCodes codes(rows, columns);
        CHECK_EQUAL(codes.quantize(context, x, balance.data(), 8, false), VIDITQ_OK);
        CHECK_EQUAL(codes == expected, true);
      });
    }
  }
}

TEST(quotients_that_are_not_finite_and_balances_that_overlap_are_refused) {
  const Context context(1, VIDITQ_PORTABLE);
  const std::vector<float> x = {1, 2};
  std::vector<float> balance = {1, 0};
  operators::RowsOfCodes out(1, 2);
  const auto call = [&](float* out_scale) {
    viditq_tokens tokens = out.tokens();
    tokens.scale = out_scale;
    return viditq_quantize_tokens(context.handle, x.data(), balance.data(), tokens);
  };
  CHECK_EQUAL(call(out.scale.data()), VIDITQ_NOT_FINITE);
  balance[1] = 4;
  CHECK_EQUAL(call(out.scale.data()), VIDITQ_OK);
  CHECK_EQUAL(call(balance.data()), VIDITQ_OVERLAP);
}

}  // namespace
