// The quantized linear layers, emulated: the naive kernel against the definition, the fast ones
// against the naive one, to the bit.
#include "linear_problem.h"

namespace {

struct Extents {
  int rows, channels, inner;
};

constexpr Extents kExtents[] = {{1, 1, 1},     {3, 5, 16},    {17, 31, 33},  {64, 64, 64},
                                {65, 33, 100}, {2, 130, 257}, {130, 70, 65}, {129, 129, 448}};

// The naive kernel against the definition.
template <typename T>
void check_definition(LinearProblem& problem, const viditq_cuda_epilogue& epilogue, double rtol) {
  const Buffer<T> out = problem.run<T>(epilogue, VIDITQ_CUDA_NAIVE);
  CHECK_EQUAL(wrong_outputs(problem, epilogue, out, rtol), 0);
}

template <typename T>
void check_tiles(LinearProblem& problem, const viditq_cuda_epilogue& epilogue) {
  const Buffer<T> expected = problem.run<T>(epilogue, VIDITQ_CUDA_NAIVE);
  for (const KernelName& kernel : linear_kernels()) {
    CHECK_EQUAL(differences(problem.run<T>(epilogue, kernel.kernel), expected), 0);
  }
}

void check_extents(int weight_bits) {
  int schedule = 0;
  for (const Extents extents : kExtents) {
    for (const bool x_symmetric : {false, true}) {
      // Every extent under another schedule; each schedule in full below.
      use_schedule(schedule++);
      LinearProblem problem(extents.rows, extents.channels, extents.inner, weight_bits,
                            schedule % 3 == 0, x_symmetric);
      viditq_cuda_epilogue epilogue = {};
      epilogue.bias = problem.bias.data();
      check_definition<float>(problem, epilogue, 1e-6);
      check_tiles<float>(problem, epilogue);
    }
  }
  use_schedule(0);
}

TEST(w8a8_over_odd_shapes) { check_extents(8); }
TEST(w4a8_over_odd_shapes) { check_extents(4); }

TEST(every_schedule_gives_the_same) {
  for (const int bits : {4, 8}) {
    LinearProblem problem(70, 90, 350, bits, false, false);
    under_every_schedule([&] { check_tiles<float>(problem, {}); });
  }
}

TEST(sums_up_to_the_end_of_int32) {
  for (const bool symmetric : {false, true}) {
    // Unsigned: 255 * 255 * 32768 < 2^31; the packed weights are signed and the correction wraps.
    LinearProblem problem(2, 9, VIDITQ_CUDA_MAX_INNER, 8, symmetric, symmetric, 1, true);
    check_definition<float>(problem, {}, 1e-6);
    const Buffer<float> expected = problem.run<float>({}, VIDITQ_CUDA_NAIVE);
    CHECK_EQUAL(differences(problem.run<float>({}, VIDITQ_CUDA_TILE_64X64), expected), 0);
  }
}

template <typename T>
void check_epilogues(double rtol) {
  for (const int bits : {4, 8}) {
    LinearProblem problem(36, 45, 80, bits, false, false, 3);
    const Buffer<T> gate = normal<T>(11, 3 * 45);
    const Buffer<T> residual = normal<T>(12, 36 * 45);
    for (const bool with_bias : {false, true}) {
      for (const bool with_gelu : {false, true}) {
        for (const bool with_residual : {false, true}) {
          viditq_cuda_epilogue epilogue = {};
          epilogue.bias = with_bias ? problem.bias.data() : nullptr;
          epilogue.activation = with_gelu ? VIDITQ_CUDA_ACTIVATION_GELU_TANH : 0;
          epilogue.gate = with_residual ? gate.data() : nullptr;
          epilogue.rows_per_gate = 12;
          epilogue.residual = with_residual ? residual.data() : nullptr;
          check_definition<T>(problem, epilogue, rtol);
          check_tiles<T>(problem, epilogue);
        }
      }
    }
  }
}

TEST(epilogues_and_weight_sets) {
  check_epilogues<float>(2e-6);
  check_epilogues<__half>(1e-3);
  check_epilogues<__nv_bfloat16>(8e-3);
}

TEST(weight_sets_beyond_the_last_are_clamped) {
  LinearProblem problem(3, 4, 20, 8, false, false, 2);
  problem.active_set[0] = 1;
  const Buffer<float> last = problem.run<float>({}, VIDITQ_CUDA_TILE_64X64);
  problem.active_set[0] = 9;
  CHECK_EQUAL(differences(problem.run<float>({}, VIDITQ_CUDA_TILE_64X64), last), 0);
  problem.active_set[0] = 0;
  const Buffer<float> first = problem.run<float>({}, VIDITQ_CUDA_TILE_64X64);
  CHECK_EQUAL(differences(first, last) > 0, true);
  problem.active_set[0] = -1;
  CHECK_EQUAL(differences(problem.run<float>({}, VIDITQ_CUDA_TILE_64X64), first), 0);
}

TEST(codes_beyond_the_storage_are_refused) {
  const uint8_t codes[] = {3, 16};
  uint8_t packed[16384];
  int32_t zero_point = 0;
  int32_t sum = 0;
  CHECK_EQUAL(viditq_cuda_pack_weights(codes, 0, 1, 2, 4, packed, &zero_point, &sum),
              VIDITQ_CUDA_BAD_FORMAT);
  CHECK_EQUAL(viditq_cuda_pack_weights(codes, 0, 1, 2, 6, packed, &zero_point, &sum),
              VIDITQ_CUDA_BAD_FORMAT);
  CHECK_EQUAL(viditq_cuda_pack_weights(codes, 0, 0, 2, 8, packed, &zero_point, &sum),
              VIDITQ_CUDA_BAD_SIZE);
  CHECK_EQUAL(viditq_cuda_packed_bytes(1, VIDITQ_CUDA_MAX_INNER + 1, 8), 0);
}

TEST(any_zero_point_is_packed) {
  const uint8_t codes[] = {255};
  uint8_t packed[VIDITQ_CUDA_CODE_ROW];
  int32_t zero_point = INT32_MIN;
  int32_t sum = 0;
  CHECK_EQUAL(viditq_cuda_pack_weights(codes, 0, 1, 1, 8, packed, &zero_point, &sum),
              VIDITQ_CUDA_OK);
  CHECK_EQUAL(zero_point, INT32_MAX - 127);
  CHECK_EQUAL(sum, INT32_MIN + 255);
}

TEST(more_channels_than_a_grid_counts_are_refused) {
  LinearProblem problem(1, 1, 1, 8, false, false);
  problem.channels = 65535 * 64 + 1;
  Buffer<float> out(1);
  CHECK_EQUAL(problem.launch({}, VIDITQ_CUDA_FAST, out), VIDITQ_CUDA_BAD_SIZE);
}

}  // namespace
