// The kernels that produce token codes, emulated: plain quantization against its definition, to the
// bit; the fused ones against theirs in float64.
#include <functional>

#include "token_oracles.h"

namespace {

// ---- plain quantization, exactly -------------------------------------------------------------

template <typename T>
void check_exact(const Buffer<T>& x, int rows, int columns) {
  for (const int bits : {2, 4, 6, 8}) {
    for (const bool symmetric : {false, true}) {
      std::vector<ExpectedRow> expected;
      for (int row = 0; row < rows; row++) {
        std::vector<float> values;
        for (int c = 0; c < columns; c++) values.push_back(viditq::to_float(x[row * columns + c]));
        expected.emplace_back(values, bits, symmetric);
      }
      const viditq_cuda_quantizer in = quantizer(x, rows, columns, bits, symmetric);
      for (const int kernel : {VIDITQ_CUDA_NAIVE, VIDITQ_CUDA_FAST}) {
        Tokens got(rows, columns);
        CHECK_EQUAL(finished(viditq_cuda_quantize(in, got.view(), kernel, nullptr)),
                    VIDITQ_CUDA_OK);
        CHECK_EQUAL(got.not_finite[0], 0);
        CHECK_EQUAL(differing_tokens(in, got, expected), 0);
      }
    }
  }
}

TEST(floats_over_odd_shapes) {
  for (const int rows : {1, 3, 9}) {
    for (const int columns : {1, 2, 31, 32, 36, 257, 1152}) {
      Buffer<float> x = normal<float>(19, static_cast<size_t>(rows) * columns);
      x[x.size() / 3] *= 100.0f;
      check_exact(x, rows, columns);
    }
  }
}

TEST(sixteen_bit_floats_over_odd_shapes) {
  for (const int columns : {1, 7, 8, 33, 264, 1152}) {
    check_exact(normal<__half>(3, 5 * columns, 40.0f), 5, columns);
    check_exact(normal<__nv_bfloat16>(4, 5 * columns, 1e-3f), 5, columns);
  }
}

TEST(halves_of_every_finite_bit_pattern) {
  std::vector<__half> x;
  for (int bits = 0; bits < 0x10000; bits++) {
    if ((bits & 0x7c00) != 0x7c00) x.push_back(half_of(static_cast<uint16_t>(bits)));
  }
  // 63488 = 62 * 1024 patterns, sorted by magnitude within a sign: rows from denormal to 65504.
  check_exact(Buffer<__half>(x), 62, 1024);
}

TEST(nasty_rows) {
  const std::vector<float> x = {
      0,       0,        0,      0,       // dead
      -0.0f,   0,        -0.0f,  0,       //
      1,       1,        1,      1,       // constant
      -3,      -3,       -3,     -3,      //
      1e4f,    1e-3f,    -1e-3f, 0,       // outlier
      1e-45f,  -1e-45f,  0,      1e-38f,  // denormal
      1e-6f,   -1e-7f,   1e-8f,  3e-5f,   // scale below 1e-6
      127.5f,  -127.5f,  0.5f,   1.5f,    // ties
      255,     254.5f,   0.5f,   2.5f,    //
      1.7e38f, -1.7e38f, 1,      -1,      // range at the end of float32
  };
  check_exact(Buffer<float>(x), 10, 4);
}

TEST(not_finite_rows_raise_the_flag) {
  for (const float bad : {kNaN, kInfinity, -kInfinity}) {
    for (const int position : {0, 40, 99}) {
      Buffer<float> x(100, 1.0f);
      x[position] = bad;
      for (const int kernel : {VIDITQ_CUDA_NAIVE, VIDITQ_CUDA_FAST}) {
        Tokens got(2, 50);
        finished(viditq_cuda_quantize(quantizer(x, 2, 50, 8, false), got.view(), kernel, nullptr));
        CHECK_EQUAL(got.not_finite[0], 1);
      }
    }
  }
  Buffer<float> wide(4, 3e38f);
  wide[1] = -3e38f;
  Tokens got(1, 4);
  finished(
      viditq_cuda_quantize(quantizer(wide, 1, 4, 8, false), got.view(), VIDITQ_CUDA_FAST, nullptr));
  CHECK_EQUAL(got.not_finite[0], 1);
}

TEST(rows_too_long_for_shared_memory) {
  check_exact(normal<float>(5, VIDITQ_CUDA_MAX_INNER), 1, VIDITQ_CUDA_MAX_INNER);
}

// ---- fused kernels, within the rounding of float32 ---------------------------------------------

using Launch = std::function<int(viditq_cuda_quantizer, viditq_cuda_tokens, int kernel)>;

void check_fused(viditq_cuda_quantizer in, const Launch& launch, const Oracle& oracle) {
  const std::vector<double> values = values_of(in, oracle);
  const auto check_kernel = [&](int kernel) {
    Tokens got(in.rows, in.columns);
    CHECK_EQUAL(finished(launch(in, got.view(), kernel)), VIDITQ_CUDA_OK);
    CHECK_EQUAL(got.not_finite[0], 0);
    CHECK_EQUAL(wrong_tokens(in, got, values), 0);
  };
  check_kernel(VIDITQ_CUDA_NAIVE);
  under_every_schedule([&] { check_kernel(VIDITQ_CUDA_FAST); });
}

// Calls body for inputs of each type, odd and even widths, formats, with and without balancing.
template <typename T, typename Body>
void for_inputs(std::initializer_list<int> all_columns, Body body) {
  constexpr int kRows = 6;
  Buffer<int32_t> active_set(1, 1);
  for (const int columns : all_columns) {
    const Buffer<T> x = normal<T>(7, static_cast<size_t>(kRows) * columns, 2.0f, 0.5f);
    Buffer<float> balance = normal<float>(8, 2 * static_cast<size_t>(columns));
    for (size_t i = 0; i < balance.size(); i++) balance[i] = 0.1f + std::fabs(balance[i]);
    for (const bool symmetric : {false, true}) {
      viditq_cuda_quantizer in = quantizer(x, kRows, columns, symmetric ? 6 : 8, symmetric);
      body(in, x);
      in.balance = balance.data();
      in.sets = 2;
      in.active_set = active_set.data();
      body(in, x);
    }
  }
}

template <typename T>
void check_balanced() {
  for_inputs<T>({1, 40, 67}, [](viditq_cuda_quantizer in, const Buffer<T>& x) {
    check_fused(
        in,
        [](viditq_cuda_quantizer q, viditq_cuda_tokens out, int kernel) {
          return viditq_cuda_quantize(q, out, kernel, nullptr);
        },
        balanced_oracle(in, x));
  });
}

template <typename T>
void check_gelu() {
  for_inputs<T>({1, 40, 67, 1152}, [](viditq_cuda_quantizer in, const Buffer<T>& x) {
    check_fused(
        in,
        [](viditq_cuda_quantizer q, viditq_cuda_tokens out, int kernel) {
          return viditq_cuda_gelu_quantize(q, out, kernel, nullptr);
        },
        gelu_oracle(in, x));
  });
}

template <typename T>
void check_norm() {
  for_inputs<T>({3, 40, 67, 1152}, [](viditq_cuda_quantizer in, const Buffer<T>& x) {
    const int samples = 3;
    const Buffer<float> shift = normal<float>(21, static_cast<size_t>(samples) * in.columns);
    const Buffer<float> scale = normal<float>(22, static_cast<size_t>(samples) * in.columns);
    const float epsilon = 1e-6f;
    check_fused(
        in,
        [&](viditq_cuda_quantizer q, viditq_cuda_tokens out, int kernel) {
          return viditq_cuda_norm_modulate_quantize(q, shift.data(), scale.data(), samples, epsilon,
                                                    out, kernel, nullptr);
        },
        norm_oracle(in, x, shift, scale, samples, epsilon));
  });
}

// Codes of both kernels, to the bit; the naive one reads a whole block for each value, which takes
// too long for large ones here.
template <typename T>
void check_rotation(const viditq_cuda_rotation& rotation, std::initializer_list<int> all_columns) {
  for_inputs<T>(all_columns, [&](viditq_cuda_quantizer in, const Buffer<T>& x) {
    const std::vector<ExpectedRow> expected = rotated_rows(in, x, rotation);
    const auto check_kernel = [&](int kernel) {
      Tokens got(in.rows, in.columns);
      CHECK_EQUAL(
          finished(viditq_cuda_hadamard_quantize(in, rotation, got.view(), kernel, nullptr)),
          VIDITQ_CUDA_OK);
      CHECK_EQUAL(got.not_finite[0], 0);
      CHECK_EQUAL(differing_tokens(in, got, expected), 0);
    };
    if (rotation.block <= 256) check_kernel(VIDITQ_CUDA_NAIVE);
    under_every_schedule([&] { check_kernel(VIDITQ_CUDA_FAST); });
  });
}

TEST(balanced_values) {
  check_balanced<float>();
  check_balanced<__half>();
  check_balanced<__nv_bfloat16>();
}

TEST(gelu) {
  check_gelu<float>();
  check_gelu<__half>();
}

TEST(norm_and_modulation) {
  check_norm<float>();
  check_norm<__half>();
  check_norm<__nv_bfloat16>();
}

TEST(rotation_by_sylvesters_matrices) {
  for (const int block : {2, 4, 16, 128})
    check_rotation<float>({block, 1, nullptr, 0}, {3 * block});
  check_rotation<float>({512, 1, nullptr, 0}, {512, 1024});
  check_rotation<float>({8, 1, nullptr, 0}, {168});
  check_rotation<__half>({64, 1, nullptr, 0}, {192});
  check_rotation<__nv_bfloat16>({2, 1, nullptr, 0}, {6});
}

TEST(rotation_by_regular_matrices) {
  for (const int block : {4, 16, 64}) check_rotation<float>({block, 1, nullptr, 1}, {3 * block});
  for (const int block : {256, 1024, 4096}) check_rotation<float>({block, 1, nullptr, 1}, {block});
  check_rotation<__half>({256, 1, nullptr, 1}, {768});
  check_rotation<__nv_bfloat16>({16, 1, nullptr, 1}, {144});
}

TEST(rotation_by_an_outer_matrix) {
  const Buffer<int8_t> order_12 = paley(11);
  const Buffer<int8_t> order_20 = paley(19);
  for (const int inner : {1, 2, 8, 32}) {
    check_rotation<float>({12 * inner, 12, order_12.data(), 0}, {12 * inner, 36 * inner});
  }
  check_rotation<float>({12 * 256, 12, order_12.data(), 0}, {12 * 256});
  check_rotation<__half>({20 * 16, 20, order_20.data(), 0}, {320});
  check_rotation<__nv_bfloat16>({20 * 4, 20, order_20.data(), 0}, {240});
}

// As the blocks are orthogonal, the lengths of rows stay.
TEST(rotations_of_the_tests_are_rotations) {
  const Buffer<int8_t> matrix = paley(11);
  for (const viditq_cuda_rotation& rotation :
       {viditq_cuda_rotation{32, 1, nullptr, 0}, viditq_cuda_rotation{64, 1, nullptr, 1},
        viditq_cuda_rotation{96, 12, matrix.data(), 0}}) {
    for (int column = 0; column < rotation.block; column++) {
      std::vector<float> unit(rotation.block);
      unit[column] = 1.0f;
      rotate(unit, rotation);
      for (int other = 0; other < column; other++) {
        std::vector<float> before(rotation.block);
        before[other] = 1.0f;
        rotate(before, rotation);
        double product = 0;
        for (int i = 0; i < rotation.block; i++) product += unit[i] * before[i];
        CHECK_EQUAL(std::fabs(product) < 1e-6, true);
      }
    }
  }
}

TEST(rows_that_cannot_be_rotated_in_shared_memory) {
  check_rotation<float>({4, 1, nullptr, 0}, {25600});
  const Buffer<int8_t> matrix = paley(11);
  check_rotation<float>({12, 12, matrix.data(), 0}, {12696});
}

TEST(gated_residual) {
  for (const int channels : {1, 5, 8, 64}) {
    const int rows = 6;
    const size_t size = static_cast<size_t>(rows) * channels;
    const Buffer<__half> x = normal<__half>(1, size);
    const Buffer<__half> gate = normal<__half>(2, 2 * static_cast<size_t>(channels));
    const Buffer<__half> residual = normal<__half>(3, size);
    Buffer<__half> out(size);
    CHECK_EQUAL(
        finished(viditq_cuda_gated_residual(x.data(), gate.data(), 3, residual.data(), rows,
                                            channels, out.data(), VIDITQ_CUDA_FLOAT16, nullptr)),
        VIDITQ_CUDA_OK);
    for (int row = 0; row < rows; row++) {
      for (int c = 0; c < channels; c++) {
        const int i = row * channels + c;
        const float expected =
            viditq::to_float(residual[i]) +
            viditq::to_float(gate[row / 3 * channels + c]) * viditq::to_float(x[i]);
        CHECK_EQUAL(bits_of(out[i]), bits_of(__float2half_rn(expected)));
      }
    }
  }
}

TEST(bad_arguments_are_refused) {
  Buffer<float> x(64, 1.0f);
  Tokens out(4, 16);
  const auto status = [&](viditq_cuda_quantizer in) {
    return finished(viditq_cuda_quantize(in, out.view(), VIDITQ_CUDA_FAST, nullptr));
  };
  viditq_cuda_quantizer in = quantizer(x, 4, 16, 8, false);
  CHECK_EQUAL(status(in), VIDITQ_CUDA_OK);
  in.bits = 9;
  CHECK_EQUAL(status(in), VIDITQ_CUDA_BAD_FORMAT);
  in.bits = 8;
  in.type = 3;
  CHECK_EQUAL(status(in), VIDITQ_CUDA_BAD_FORMAT);
  in.type = 0;
  in.rows = 0;
  CHECK_EQUAL(status(in), VIDITQ_CUDA_BAD_SIZE);
  in.rows = 4;
  in.x = nullptr;
  CHECK_EQUAL(status(in), VIDITQ_CUDA_NULL_POINTER);
  in.x = x.data() + 1;
  CHECK_EQUAL(status(in), VIDITQ_CUDA_MISALIGNED);
  in.x = x.data();
  const Buffer<int8_t> matrix = paley(11);
  const auto rotated = [&](const viditq_cuda_rotation& rotation, int columns) {
    in.columns = columns;
    const int result =
        viditq_cuda_hadamard_quantize(in, rotation, out.view(), VIDITQ_CUDA_FAST, nullptr);
    in.columns = 16;
    return result;
  };
  for (const int block : {-4, 0, 1, 12, 32, 256}) {
    CHECK_EQUAL(rotated({block, 1, nullptr, 0}, 16), VIDITQ_CUDA_BAD_SIZE);
  }
  for (const int base : {-12, 0, 2, 6, 16}) {
    CHECK_EQUAL(rotated({12, base, matrix.data(), 0}, 12), VIDITQ_CUDA_BAD_SIZE);
  }
  CHECK_EQUAL(rotated({36, 12, matrix.data(), 0}, 36), VIDITQ_CUDA_BAD_SIZE);
  CHECK_EQUAL(rotated({8, 1, nullptr, 1}, 16), VIDITQ_CUDA_BAD_SIZE);
  CHECK_EQUAL(rotated({12, 12, matrix.data(), 1}, 12), VIDITQ_CUDA_BAD_SIZE);
  CHECK_EQUAL(rotated({12, 12, nullptr, 0}, 12), VIDITQ_CUDA_NULL_POINTER);
  CHECK_EQUAL(rotated({12, 12, matrix.data() + 4, 0}, 12), VIDITQ_CUDA_MISALIGNED);
  CHECK_EQUAL(viditq_cuda_norm_modulate_quantize(in, x.data(), x.data(), 3, 1e-6f, out.view(),
                                                 VIDITQ_CUDA_FAST, nullptr),
              VIDITQ_CUDA_BAD_SIZE);
}

}  // namespace
