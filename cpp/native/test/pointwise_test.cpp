// Norms, arithmetic, moves and memory.
#include <algorithm>

#include "operators.h"

using operators::normal;

namespace {

std::vector<double> layer_norm(const std::vector<float>& x, int64_t channels, double eps) {
  std::vector<double> out;
  for (size_t row = 0; row < x.size(); row += channels) {
    double mean = 0.0, variance = 0.0;
    for (int64_t c = 0; c < channels; c++) mean += x[row + c] / static_cast<double>(channels);
    for (int64_t c = 0; c < channels; c++) {
      variance += (x[row + c] - mean) * (x[row + c] - mean) / static_cast<double>(channels);
    }
    for (int64_t c = 0; c < channels; c++) {
      out.push_back((x[row + c] - mean) / std::sqrt(variance + eps));
    }
  }
  return out;
}

}  // namespace

TEST(layer_norm_keeps_digits) {
  operators::on_every_isa(2, [](viditq_context* context) {
    for (const int64_t channels : {1, 5, 64, 257, 1152}) {
      auto x = normal(7 * channels, 1);
      for (int64_t c = 0; c < channels; c++) x[c] = 12345.678f;              // a constant row
      for (int64_t c = 0; c < channels; c++) x[channels + c] += 30000.0f;    // a large mean
      x[2 * channels] = 1e4f;                                                // an outlier
      for (int64_t c = 0; c < channels; c++) x[3 * channels + c] *= 1e-40f;  // subnormal
      std::vector<float> out(x.size());
      CHECK_EQUAL(
          viditq_layer_norm(context, x.data(), 7, channels, nullptr, nullptr, 1e-6f, out.data()),
          VIDITQ_OK);
      CHECK_CLOSE(out, layer_norm(x, channels, 1e-6f), 1e-5);
    }
  });
}

TEST(combine_broadcasts_both_ways) {
  operators::Context context(2, VIDITQ_PORTABLE);
  const auto a = normal(3 * 1 * 5, 1);  // [3, 1, 5]
  const auto b = normal(4 * 1, 2);      // [4, 1]
  std::vector<float> out(60);
  CHECK_EQUAL(viditq_combine(context.handle, VIDITQ_MULTIPLY, {a.data(), 15, {5, 0, 1}},
                             {b.data(), 4, {0, 1, 0}}, {{3, 4, 5}, 3}, out.data()),
              VIDITQ_OK);
  std::vector<double> expected;
  for (int i = 0; i < 60; i++) expected.push_back(a[i / 20 * 5 + i % 5] * b[i / 5 % 4]);
  CHECK_CLOSE(out, expected, 0.0);
}

TEST(steps_may_not_leave_an_operand) {
  operators::Context context(1, VIDITQ_PORTABLE);
  const std::vector<float> x(6);
  std::vector<float> out(6);
  const auto gather = [&](const std::vector<int64_t>& steps, const std::vector<int64_t>& dims) {
    viditq_strided strided{x.data(), 6, {}};
    viditq_shape shape{{}, static_cast<int32_t>(dims.size())};
    const size_t held = std::min<size_t>(dims.size(), VIDITQ_MAX_RANK);
    std::copy_n(steps.begin(), held, strided.steps);
    std::copy_n(dims.begin(), held, shape.dims);
    return viditq_gather(context.handle, strided, shape, out.data());
  };
  CHECK_EQUAL(gather({1, 3}, {3, 2}), VIDITQ_OK);
  CHECK_EQUAL(gather({2, 3}, {3, 2}), VIDITQ_BAD_SIZE);
  CHECK_EQUAL(gather({-1, 3}, {3, 2}), VIDITQ_BAD_SIZE);
  CHECK_EQUAL(gather({1, 1}, {0, 2}), VIDITQ_BAD_SIZE);
  CHECK_EQUAL(gather({INT64_MAX, 1}, {3, 2}), VIDITQ_OVERFLOW);
  CHECK_EQUAL(gather({0, 0, 0}, {INT64_MAX, INT64_MAX, 2}), VIDITQ_OVERFLOW);
  CHECK_EQUAL(gather(std::vector<int64_t>(9, 0), std::vector<int64_t>(9, 1)), VIDITQ_BAD_SIZE);
  const viditq_shape negative{{}, -1};
  CHECK_EQUAL(viditq_gather(context.handle, {x.data(), 6, {}}, negative, out.data()),
              VIDITQ_BAD_SIZE);
}

TEST(every_operator_refuses_null_overlap_and_bad_extents) {
  operators::Context owner(1, VIDITQ_PORTABLE);
  viditq_context* context = owner.handle;
  std::vector<float> x(64, 1.0f), out(256);
  const float* in = x.data();
  float* to = out.data();
  float* same = x.data();
  const int32_t index = 9;
  CHECK_EQUAL(viditq_layer_norm(nullptr, in, 2, 2, nullptr, nullptr, 0, to), VIDITQ_NULL_POINTER);
  CHECK_EQUAL(viditq_layer_norm(context, in, 2, 2, nullptr, nullptr, 0, same), VIDITQ_OVERLAP);
  CHECK_EQUAL(viditq_layer_norm(context, in, 0, 2, nullptr, nullptr, 0, to), VIDITQ_BAD_SIZE);
  CHECK_EQUAL(viditq_layer_norm_modulate(context, {in, 3, 1, 2, in, 2, in, 1, 0}, to),
              VIDITQ_BAD_SIZE);
  CHECK_EQUAL(viditq_layer_norm_modulate(context, {in, 3, 1, 2, nullptr, 1, in, 1, 0}, to),
              VIDITQ_NULL_POINTER);
  CHECK_EQUAL(viditq_rms_norm(context, in, 2, 2, nullptr, 0, to), VIDITQ_NULL_POINTER);
  CHECK_EQUAL(viditq_group_norm(context, {in, 1, 6, 2, 4, in, in, 0}, to), VIDITQ_BAD_SIZE);
  CHECK_EQUAL(viditq_activate(context, in, 8, VIDITQ_ACTIVATION_COUNT, to), VIDITQ_BAD_ARGUMENT);
  CHECK_EQUAL(viditq_activate(context, in, 8, -1, to), VIDITQ_BAD_ARGUMENT);
  CHECK_EQUAL(viditq_scale(context, in, -1, 2, to), VIDITQ_BAD_SIZE);
  CHECK_EQUAL(viditq_scale(context, in, INT64_MAX, 2, to), VIDITQ_OVERFLOW);
  CHECK_EQUAL(viditq_copy_runs(context, in, 1, 2, 2, to, 2), VIDITQ_BAD_SIZE);
  CHECK_EQUAL(viditq_copy_runs(context, in, 2, 2, 2, to, 1), VIDITQ_BAD_SIZE);
  CHECK_EQUAL(viditq_copy_runs(context, in, 2, 2, 2, same, 2), VIDITQ_OVERLAP);
  CHECK_EQUAL(viditq_upsample(context, in, 1, INT64_MAX / 8, 4, to), VIDITQ_OVERFLOW);
  CHECK_EQUAL(viditq_embed(context, in, 9, 2, &index, 1, to), VIDITQ_BAD_ARGUMENT);
  CHECK_EQUAL(viditq_timestep_embedding(context, in, 1, 1, 0, 0, to), VIDITQ_BAD_SIZE);
  CHECK_EQUAL(viditq_timestep_embedding(context, in, 1, 8, 0, 4, to), VIDITQ_BAD_SIZE);
  CHECK_EQUAL(viditq_rotary(context, {in, 1, 1, 1, 3, in, in}, to), VIDITQ_BAD_SIZE);
  viditq_context* none = nullptr;
  CHECK_EQUAL(viditq_open(0, VIDITQ_PORTABLE, &none), VIDITQ_BAD_SIZE);
  CHECK_EQUAL(viditq_open(1, VIDITQ_ISA_COUNT, &none), VIDITQ_BAD_ISA);
  CHECK_EQUAL(viditq_open(1, VIDITQ_PORTABLE, nullptr), VIDITQ_NULL_POINTER);
}

TEST(memory_is_counted) {
  const int64_t before = viditq_allocated_bytes();
  void* memory = viditq_allocate(1000);
  CHECK_EQUAL(reinterpret_cast<uintptr_t>(memory) % 64, uintptr_t{0});
  CHECK_EQUAL(viditq_allocated_bytes() >= before + 1000, true);
  viditq_free(memory);
  CHECK_EQUAL(viditq_allocated_bytes(), before);
  CHECK_EQUAL(viditq_allocate(0) == nullptr, true);
  viditq_free(nullptr);
}
