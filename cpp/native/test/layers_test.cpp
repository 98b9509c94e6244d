// Linear layers and convolutions against their definitions.
#include <algorithm>
#include <cstring>

#include "dense/stored_floats.h"
#include "rows_of_codes.h"
#include "weights.h"

using operators::normal;

namespace {

double activated(int activation, double x) {
  switch (activation) {
    case VIDITQ_SILU:
      return x / (1.0 + std::exp(-x));
    case VIDITQ_GELU_TANH:
      return 0.5 * x * (1.0 + std::tanh(std::sqrt(2.0 / M_PI) * (x + 0.044715 * x * x * x)));
    case VIDITQ_GELU_ERF:
      return 0.5 * x * std::erfc(-x / std::sqrt(2.0));
    case VIDITQ_RELU:
      return std::fmax(x, 0.0);
    default:
      return x;
  }
}

struct Extents {
  int64_t rows, in, out;
};

const std::vector<Extents> kExtents = {
    {1, 1, 1}, {2, 257, 65}, {65, 33, 130}, {130, 64, 17}, {70, 40, 801}};

struct DenseLayer {
  viditq_dense* handle = nullptr;

  DenseLayer(const std::vector<float>& weight, int64_t out, int64_t in, int precision) {
    CHECK_EQUAL(viditq_prepare_dense(weight.data(), VIDITQ_FLOAT32, out, in, precision, 0, &handle),
                VIDITQ_OK);
  }
  ~DenseLayer() { viditq_free_dense(handle); }
  DenseLayer(const DenseLayer&) = delete;
  DenseLayer& operator=(const DenseLayer&) = delete;
};

// The nearest number of 8 significand bits, ties to even, by its definition; normal numbers only.
float rounded(float value) {
  if (value == 0.0f || !std::isfinite(value)) return value;
  int exponent;
  const double significand = std::frexp(static_cast<double>(value), &exponent);
  const double nearest = std::ldexp(std::nearbyint(std::ldexp(significand, 8)), exponent - 8);
  return std::fabs(nearest) >= 0x1p128 ? std::copysign(INFINITY, value)
                                       : static_cast<float>(nearest);
}

}  // namespace

TEST(activations_keep_their_stated_error) {
  std::vector<float> x;
  for (float v = -100.0f; v <= 100.0f; v += 0.0371f) x.push_back(v);
  for (const float v : {0.0f, -0.0f, 1e-40f, -1e-40f, 1e4f, -1e4f, 3e38f, -3e38f}) x.push_back(v);
  operators::on_every_isa(2, [&](viditq_context* context) {
    for (int activation = 0; activation < VIDITQ_ACTIVATION_COUNT; activation++) {
      std::vector<float> out(x.size());
      CHECK_EQUAL(viditq_activate(context, x.data(), x.size(), activation, out.data()), VIDITQ_OK);
      std::vector<double> expected;
      for (const float v : x) expected.push_back(activated(activation, v));
      CHECK_CLOSE(out, expected, 1e-6);
    }
  });
}

TEST(dense_layers_are_their_definition) {
  operators::on_every_isa(2, [](viditq_context* context) {
    for (const Extents& e : kExtents) {
      const auto x = normal(e.rows * e.in, 1);
      const auto weight = normal(e.out * e.in, 2);
      const auto bias = normal(e.out, 3);
      const auto gate = normal(e.out, 4);
      const auto residual = normal(e.rows * e.out, 5);
      viditq_dense* dense = nullptr;
      CHECK_EQUAL(
          viditq_prepare_dense(weight.data(), VIDITQ_FLOAT32, e.out, e.in, VIDITQ_FP32, 0, &dense),
          VIDITQ_OK);
      std::vector<float> out(e.rows * e.out, NAN);
      CHECK_EQUAL(
          viditq_dense_linear(context, dense, x.data(), e.rows, e.in,
                              {bias.data(), VIDITQ_GELU_TANH, gate.data(), e.rows, residual.data()},
                              out.data()),
          VIDITQ_OK);
      viditq_free_dense(dense);
      std::vector<double> expected;
      for (int64_t m = 0; m < e.rows; m++) {
        for (int64_t n = 0; n < e.out; n++) {
          double y = bias[n];
          for (int64_t k = 0; k < e.in; k++) {
            y += static_cast<double>(x[m * e.in + k]) * weight[n * e.in + k];
          }
          expected.push_back(residual[m * e.out + n] + gate[n] * activated(VIDITQ_GELU_TANH, y));
        }
      }
      CHECK_CLOSE(out, expected, 1e-5);
    }
  });
}

TEST(bfloat16_layers_multiply_rounded_operands) {
  operators::on_every_isa(2, [](viditq_context* context) {
    if (!viditq_precision_supported(VIDITQ_BF16)) {
      viditq_dense* dense = nullptr;
      const float one = 1.0f;
      CHECK_EQUAL(viditq_prepare_dense(&one, VIDITQ_FLOAT32, 1, 1, VIDITQ_BF16, 0, &dense),
                  VIDITQ_BAD_ISA);
      return;
    }
    for (const Extents& e : kExtents) {
      const auto x = normal(e.rows * e.in, 1);
      const auto weight = normal(e.out * e.in, 2);
      const auto bias = normal(e.out, 3);
      const auto residual = normal(e.rows * e.out, 5);
      const DenseLayer dense(weight, e.out, e.in, VIDITQ_BF16);
      std::vector<float> out(e.rows * e.out, NAN);
      CHECK_EQUAL(viditq_dense_linear(
                      context, dense.handle, x.data(), e.rows, e.in,
                      {bias.data(), VIDITQ_NO_ACTIVATION, nullptr, 0, residual.data()}, out.data()),
                  VIDITQ_OK);
      std::vector<double> expected;
      for (int64_t m = 0; m < e.rows; m++) {
        for (int64_t n = 0; n < e.out; n++) {
          double y = 0.0;
          double exact = 0.0;
          double magnitude = 0.0;
          for (int64_t k = 0; k < e.in; k++) {
            const float a = x[m * e.in + k];
            const float b = weight[n * e.in + k];
            y += static_cast<double>(rounded(a)) * rounded(b);
            exact += static_cast<double>(a) * b;
            magnitude += std::fabs(static_cast<double>(a) * b);
          }
          // Two roundings by half a unit of 2^-8 each.
          CHECK_EQUAL(std::fabs(y - exact) <= (0x1p-8 + 0x1p-18) * magnitude, true);
          expected.push_back(y + bias[n] + residual[m * e.out + n]);
        }
      }
      CHECK_CLOSE(out, expected, 1e-5);
    }
  });
}

TEST(rows_of_dense_layers_do_not_depend_on_how_many_there_are) {
  operators::on_every_isa(2, [](viditq_context* context) {
    for (const int precision : {VIDITQ_FP32, VIDITQ_BF16}) {
      if (!viditq_precision_supported(precision)) continue;
      for (const Extents& e : std::vector<Extents>{
               {257, 1, 1}, {258, 48, 130}, {257, 1152, 65}, {300, 2049, 8}, {513, 4608, 9}}) {
        const auto x = normal(e.rows * e.in, 1);
        const DenseLayer dense(normal(e.out * e.in, 2), e.out, e.in, precision);
        std::vector<float> together(e.rows * e.out);
        CHECK_EQUAL(
            viditq_dense_linear(context, dense.handle, x.data(), e.rows, e.in, {}, together.data()),
            VIDITQ_OK);
        for (const int64_t rows : {1, 2, 3, 17, 255, 256, 257}) {
          const int64_t first = e.rows - rows;
          std::vector<float> apart(rows * e.out, NAN);
          CHECK_EQUAL(viditq_dense_linear(context, dense.handle, &x[first * e.in], rows, e.in, {},
                                          apart.data()),
                      VIDITQ_OK);
          CHECK_EQUAL(std::memcmp(apart.data(), &together[first * e.out], apart.size() * 4), 0);
        }
      }
    }
  });
}

TEST(bfloat16_rounds_to_nearest_even_and_keeps_nan_and_infinity) {
  if (!viditq_precision_supported(VIDITQ_BF16)) return;
  const std::vector<float> values = {1.0f,
                                     1.0f + 0x1p-8f,
                                     1.0f + 3 * 0x1p-8f,
                                     -1.0f - 0x1p-8f,
                                     1.0f + 0x1p-8f + 0x1p-23f,
                                     0.0f,
                                     3.3e38f,
                                     3.4e38f,
                                     -3.4e38f,
                                     INFINITY,
                                     1e-30f};
  operators::on_every_isa(1, [&](viditq_context* context) {
    // One input channel of weight 1: the layer answers with what it made of the input, and of the
    // weight where that is the value.
    const int64_t count = static_cast<int64_t>(values.size());
    const DenseLayer one({1.0f}, 1, 1, VIDITQ_BF16);
    const DenseLayer all(values, count, 1, VIDITQ_BF16);
    std::vector<float> inputs(count), weights(count);
    CHECK_EQUAL(
        viditq_dense_linear(context, one.handle, values.data(), count, 1, {}, inputs.data()),
        VIDITQ_OK);
    const float unit = 1.0f;
    CHECK_EQUAL(viditq_dense_linear(context, all.handle, &unit, 1, 1, {}, weights.data()),
                VIDITQ_OK);
    for (int64_t i = 0; i < count; i++) {
      CHECK_EQUAL(inputs[i], rounded(values[i]));
      CHECK_EQUAL(weights[i], rounded(values[i]));
    }

    // NaN with its payload in the lowest bits stays NaN, in its own row only.
    auto x = normal(3 * 5, 1);
    const uint32_t bits = 0x7f800001;
    std::memcpy(&x[1 * 5 + 4], &bits, sizeof(bits));
    x[2 * 5] = INFINITY;
    const DenseLayer dense(normal(7 * 5, 2), 7, 5, VIDITQ_BF16);
    std::vector<float> out(3 * 7);
    CHECK_EQUAL(viditq_dense_linear(context, dense.handle, x.data(), 3, 5, {}, out.data()),
                VIDITQ_OK);
    for (int64_t n = 0; n < 7; n++) {
      CHECK_EQUAL(std::isfinite(out[n]), true);
      CHECK_EQUAL(std::isnan(out[7 + n]), true);
      CHECK_EQUAL(std::isinf(out[14 + n]), true);
    }
  });
}

TEST(dense_layers_read_every_stored_type) {
  // 1, -2, the largest and the smallest subnormal number, and 0, in both formats.
  const std::vector<uint16_t> halves = {0x3c00, 0xc000, 0x7bff, 0x0001, 0x8000};
  const std::vector<float> half_values = {1.0f, -2.0f, 65504.0f, 0x1p-24f, -0.0f};
  const std::vector<uint16_t> brains = {0x3f80, 0xc000, 0x4780, 0x0001, 0x8000};
  const std::vector<float> brain_values = {1.0f, -2.0f, 65536.0f, 0x1p-133f, -0.0f};
  const auto check = [&](const std::vector<uint16_t>& stored, int type,
                         const std::vector<float>& values) {
    operators::on_every_isa(2, [&](viditq_context* context) {
      for (const int compact : {0, 1}) {
        viditq_dense* dense = nullptr;
        CHECK_EQUAL(viditq_prepare_dense(stored.data(), type, 5, 1, VIDITQ_FP32, compact, &dense),
                    VIDITQ_OK);
        const float one = 1.0f;
        std::vector<float> out(5);
        CHECK_EQUAL(viditq_dense_linear(context, dense, &one, 1, 1, {}, out.data()), VIDITQ_OK);
        viditq_free_dense(dense);
        CHECK_CLOSE(out, std::vector<double>(values.begin(), values.end()), 0.0);
      }
    });
  };
  check(halves, VIDITQ_FLOAT16, half_values);
  check(brains, VIDITQ_BFLOAT16, brain_values);
}

TEST(compact_layers_compute_the_same_in_half_the_memory) {
  for (const int type : {VIDITQ_FLOAT16, VIDITQ_BFLOAT16}) {
    operators::on_every_isa(3, [&](viditq_context* context) {
      std::vector<Extents> all = kExtents;
      all.push_back({3, 1152, 256});  // fits the layouts without padding
      for (const Extents& e : all) {
        std::vector<uint16_t> stored(e.out * e.in);
        std::vector<float> weight(stored.size());
        for (size_t i = 0; i < stored.size(); i++) {
          // Of either type: signs, and exponents from 2^-8 to 2^-1.
          const auto noise = static_cast<uint32_t>(i * 2654435761u >> 8);
          stored[i] = static_cast<uint16_t>(type == VIDITQ_FLOAT16
                                                ? (noise & 0x83ff) | (7 + noise / 1024 % 8) << 10
                                                : (noise & 0x807f) | (119 + noise / 128 % 8) << 7);
          viditq::to_float32(&stored[i], type, 1, &weight[i]);
        }
        const auto x = normal(e.rows * e.in, 1);
        const auto bias = normal(e.out, 2);
        const auto gate = normal(e.out, 3);
        std::vector<float> expected(e.rows * e.out), out(expected.size());
        const auto run = [&](const void* from, int from_type, int compact, std::vector<float>* y) {
          const int64_t before = viditq_allocated_bytes();
          viditq_dense* dense = nullptr;
          CHECK_EQUAL(
              viditq_prepare_dense(from, from_type, e.out, e.in, VIDITQ_FP32, compact, &dense),
              VIDITQ_OK);
          const int64_t taken = viditq_allocated_bytes() - before;
          CHECK_EQUAL(
              viditq_dense_linear(context, dense, x.data(), e.rows, e.in,
                                  {bias.data(), VIDITQ_NO_ACTIVATION, gate.data(), e.rows, nullptr},
                                  y->data()),
              VIDITQ_OK);
          viditq_free_dense(dense);
          return taken;
        };
        const int64_t whole = run(weight.data(), VIDITQ_FLOAT32, 1, &expected);
        const int64_t half = run(stored.data(), type, 1, &out);
        if (e.in == 1152) CHECK_EQUAL(half * 10 < whole * 6, true);
        CHECK_CLOSE(out, std::vector<double>(expected.begin(), expected.end()), 1e-4);
      }
    });
  }
}

TEST(quantized_layers_are_their_definition) {
  operators::on_every_isa(3, [](viditq_context* context) {
    for (const Extents& e : kExtents) {
      const auto x = normal(e.rows * e.in, 1);
      std::vector<uint8_t> weight(e.out * e.in);
      for (size_t i = 0; i < weight.size(); i++) weight[i] = static_cast<uint8_t>(i * 37 % 256);
      const auto bias = normal(e.out, 3);
      std::vector<float> weight_scale(e.out, 0.01f);
      std::vector<int32_t> weight_zero_point(e.out);
      for (int64_t n = 0; n < e.out; n++) weight_zero_point[n] = static_cast<int32_t>(n % 256);
      operators::RowsOfCodes input(e.rows, e.in);
      CHECK_EQUAL(input.quantize(context, x, nullptr, 8, false), VIDITQ_OK);
      input.zero_point[0] = 2000000000;  // as the published small scale rule makes them
      const weights::Packed packed = weights::pack(weight, false, e.out, e.in, VIDITQ_PORTABLE,
                                                   weight_scale.data(), weight_zero_point.data());
      std::vector<float> out(e.rows * e.out, NAN);
      CHECK_EQUAL(
          viditq_quantized_linear(context, packed.get(), input.tokens(),
                                  {bias.data(), VIDITQ_SILU, nullptr, 0, nullptr}, out.data()),
          VIDITQ_OK);
      std::vector<double> expected;
      for (int64_t m = 0; m < e.rows; m++) {
        for (int64_t n = 0; n < e.out; n++) {
          double sum = 0.0;
          for (int64_t k = 0; k < e.in; k++) {
            sum += (static_cast<double>(input.codes[m * e.in + k]) - input.zero_point[m]) *
                   (weight[n * e.in + k] - weight_zero_point[n]);
          }
          expected.push_back(
              activated(VIDITQ_SILU, sum * input.scale[m] * weight_scale[n] + bias[n]));
        }
      }
      CHECK_CLOSE(out, expected, 1e-5);
    }
  });
}

TEST(quantize_names_what_is_not_finite) {
  operators::Context context(2, VIDITQ_PORTABLE);
  auto x = normal(64 * 5, 1);
  x[300] = INFINITY;
  operators::RowsOfCodes out(64, 5);
  CHECK_EQUAL(out.quantize(context.handle, x, nullptr, 8, false), VIDITQ_NOT_FINITE);
}

TEST(convolutions_are_their_definition) {
  const int64_t batch = 2, in = 3, out_channels = 5;
  const int64_t extents[3] = {3, 9, 40}, kernel[3] = {2, 3, 3}, stride[3] = {1, 2, 1};
  const int64_t before[3] = {0, 1, 2}, after[3] = {1, 0, 1};
  const int64_t result[3] = {3, 4, 41};
  const auto x = normal(batch * in * 3 * 9 * 40, 1);
  const auto weight = normal(out_channels * in * 2 * 3 * 3, 2);
  const auto bias = normal(out_channels, 3);
  std::vector<double> expected;
  for (int64_t b = 0; b < batch; b++) {
    for (int64_t o = 0; o < out_channels; o++) {
      for (int64_t i = 0; i < result[0] * result[1] * result[2]; i++) {
        const int64_t at[3] = {i / (4 * 41), i / 41 % 4, i % 41};
        double y = bias[o];
        for (int64_t c = 0; c < in; c++) {
          for (int64_t k = 0; k < 18; k++) {
            const int64_t t = at[0] * stride[0] - before[0] + k / 9;
            const int64_t h = at[1] * stride[1] - before[1] + k / 3 % 3;
            const int64_t w = at[2] * stride[2] - before[2] + k % 3;
            if (t < 0 || t >= 3 || h < 0 || h >= 9 || w < 0 || w >= 40) continue;
            y += static_cast<double>(x[(((b * in + c) * 3 + t) * 9 + h) * 40 + w]) *
                 weight[(o * in + c) * 18 + k];
          }
        }
        expected.push_back(y);
      }
    }
  }
  operators::on_every_isa(2, [&](viditq_context* context) {
    viditq_convolution* convolution = nullptr;
    CHECK_EQUAL(viditq_prepare_convolution(weight.data(), VIDITQ_FLOAT32, out_channels, in, kernel,
                                           &convolution),
                VIDITQ_OK);
    std::vector<float> out(expected.size(), NAN);
    viditq_convolution_operands operands{};
    operands.x = x.data();
    operands.batch = batch;
    operands.in = in;
    std::copy(extents, extents + 3, operands.extents);
    std::copy(stride, stride + 3, operands.stride);
    std::copy(before, before + 3, operands.before);
    std::copy(after, after + 3, operands.after);
    operands.bias = bias.data();
    CHECK_EQUAL(viditq_convolve(context, convolution, operands, out.data()), VIDITQ_OK);
    CHECK_CLOSE(out, expected, 1e-5);
    operands.in = in + 1;
    CHECK_EQUAL(viditq_convolve(context, convolution, operands, out.data()), VIDITQ_BAD_SIZE);
    operands.in = in;
    operands.extents[0] = 1;
    operands.after[0] = 0;
    CHECK_EQUAL(viditq_convolve(context, convolution, operands, out.data()), VIDITQ_BAD_SIZE);
    viditq_free_convolution(convolution);
  });
}

TEST(layers_do_not_depend_on_threads) {
  const Extents e{300, 96, 800};
  const auto x = normal(e.rows * e.in, 1);
  const auto weight = normal(e.out * e.in, 2);
  for (int precision = 0; precision < VIDITQ_PRECISION_COUNT; precision++) {
    if (!viditq_precision_supported(precision)) continue;
    std::vector<float> expected;
    for (int threads = 1; threads <= 3; threads++) {
      operators::Context context(threads, VIDITQ_PORTABLE);
      const DenseLayer dense(weight, e.out, e.in, precision);
      std::vector<float> out(e.rows * e.out);
      CHECK_EQUAL(viditq_dense_linear(context.handle, dense.handle, x.data(), e.rows, e.in,
                                      {nullptr, VIDITQ_SILU, nullptr, 0, nullptr}, out.data()),
                  VIDITQ_OK);
      if (threads == 1) expected = out;
      CHECK_EQUAL(out == expected, true);
    }
  }
}

TEST(layers_refuse_bad_operands) {
  operators::Context context(1, VIDITQ_PORTABLE);
  const auto weight = normal(6, 1);
  viditq_dense* dense = nullptr;
  const auto prepare = [&](const float* from, int type, int64_t out, int precision) {
    return viditq_prepare_dense(from, type, out, 3, precision, 0, &dense);
  };
  CHECK_EQUAL(prepare(nullptr, VIDITQ_FLOAT32, 2, VIDITQ_FP32), VIDITQ_NULL_POINTER);
  CHECK_EQUAL(prepare(weight.data(), 7, 2, VIDITQ_FP32), VIDITQ_BAD_ARGUMENT);
  CHECK_EQUAL(prepare(weight.data(), VIDITQ_FLOAT32, 2, -1), VIDITQ_BAD_ARGUMENT);
  CHECK_EQUAL(prepare(weight.data(), VIDITQ_FLOAT32, 2, VIDITQ_PRECISION_COUNT),
              VIDITQ_BAD_ARGUMENT);
  CHECK_EQUAL(prepare(weight.data(), VIDITQ_FLOAT32, 0, VIDITQ_FP32), VIDITQ_BAD_SIZE);
  CHECK_EQUAL(prepare(weight.data(), VIDITQ_FLOAT32, INT64_MAX, VIDITQ_FP32), VIDITQ_OVERFLOW);
  CHECK_EQUAL(dense == nullptr, true);
  CHECK_EQUAL(prepare(weight.data(), VIDITQ_FLOAT32, 2, VIDITQ_FP32), VIDITQ_OK);
  std::vector<float> x(12), out(8);
  const auto apply = [&](const float* from, int64_t rows, int64_t in, int activation,
                         const float* gate, int64_t rows_per_gate, float* to) {
    return viditq_dense_linear(context.handle, dense, from, rows, in,
                               {nullptr, activation, gate, rows_per_gate, nullptr}, to);
  };
  CHECK_EQUAL(apply(x.data(), 4, 3, 0, nullptr, 0, out.data()), VIDITQ_OK);
  CHECK_EQUAL(apply(x.data(), 4, 2, 0, nullptr, 0, out.data()), VIDITQ_BAD_SIZE);
  CHECK_EQUAL(apply(x.data(), 0, 3, 0, nullptr, 0, out.data()), VIDITQ_BAD_SIZE);
  CHECK_EQUAL(apply(x.data(), 4, 3, 5, nullptr, 0, out.data()), VIDITQ_BAD_ARGUMENT);
  CHECK_EQUAL(apply(x.data(), 4, 3, 0, weight.data(), 3, out.data()), VIDITQ_BAD_SIZE);
  CHECK_EQUAL(apply(nullptr, 4, 3, 0, nullptr, 0, out.data()), VIDITQ_NULL_POINTER);
  CHECK_EQUAL(apply(x.data(), 4, 3, 0, nullptr, 0, x.data()), VIDITQ_OVERLAP);
  viditq_free_dense(dense);
}
