// Attention in int8, emulated: the integers of the naive kernel against their definition, to the
// bit; results within the rounding of float32; the fast kernel against the naive one, to the bit.
#include "attention_codes.cuh"
#include "attention_problem.h"

namespace {

template <typename V>
std::vector<V> values_of(const Buffer<V>& buffer) {
  return std::vector<V>(buffer.data(), buffer.data() + buffer.size());
}

// The naive kernel's integers, which must be those of the definition. One sample with one head.
template <typename T>
void check_integers(const AttentionProblem<T>& problem) {
  const AttentionExtents& e = problem.extents;
  const ExpectedHead expected = problem.expected(0, 0);
  Buffer<int8_t> q(expected.q.size());
  Buffer<int8_t> k(expected.k.size());
  Buffer<int8_t> v(expected.v.size());
  Buffer<float> q_scale(expected.q_scale.size());
  Buffer<float> k_scale(expected.k_scale.size());
  Buffer<float> v_scale(expected.v_scale.size());
  Buffer<int32_t> scores(expected.scores.size());
  Buffer<int32_t> sums(expected.sums.size());
  Buffer<uint8_t> p(expected.p.size());
  Buffer<T> out(static_cast<size_t>(e.queries) * e.dv);
  CHECK_EQUAL(finished(viditq_cuda_attention_integers(
                  problem.operands(),
                  {q.data(), q_scale.data(), k.data(), k_scale.data(), scores.data(), p.data(),
                   v.data(), v_scale.data(), sums.data()},
                  out.data(), nullptr)),
              VIDITQ_CUDA_OK);
  CHECK_EQUAL(values_of(q) == expected.q, true);
  CHECK_EQUAL(values_of(k) == expected.k, true);
  CHECK_EQUAL(values_of(v) == expected.v, true);
  CHECK_EQUAL(values_of(q_scale) == expected.q_scale, true);
  CHECK_EQUAL(values_of(k_scale) == expected.k_scale, true);
  CHECK_EQUAL(values_of(v_scale) == expected.v_scale, true);
  CHECK_EQUAL(values_of(scores) == expected.scores, true);
  CHECK_EQUAL(values_of(p) == expected.p, true);
  CHECK_EQUAL(values_of(sums) == expected.sums, true);
  CHECK_EQUAL(wrong_results(problem, out), 0);
}

// Both kernels on all heads: the naive one within its bound, the fast one as the naive one.
template <typename T>
void check_kernels(const AttentionProblem<T>& problem) {
  const Buffer<T> naive = problem.run(VIDITQ_CUDA_NAIVE);
  CHECK_EQUAL(wrong_results(problem, naive), 0);
  CHECK_EQUAL(different_results(problem.run(VIDITQ_CUDA_FAST), naive), 0);
}

// Tiles as the fast kernel multiplies them, of the one head that there is.
template <typename T>
void check_tiles(const AttentionProblem<T>& problem) {
  const AttentionExtents& e = problem.extents;
  const ExpectedHead expected = problem.expected(0, 0);
  Buffer<unsigned char> memory = problem.workspace();
  Buffer<T> out(problem.results());
  CHECK_EQUAL(finished(problem.launch(out, memory, VIDITQ_CUDA_FAST)), VIDITQ_CUDA_OK);
  const viditq::AttentionTile tile(e.d, e.dv);
  int wrong = 0;
  for (int block = 0; block * 128 < e.keys; block++) {
    const unsigned char* at = memory.data() + static_cast<size_t>(block) * tile.bytes();
    const auto* key_scales = reinterpret_cast<const float*>(at + tile.key_scales_at());
    const auto* value_scales = reinterpret_cast<const float*>(at + tile.value_scales_at());
    const auto code_of = [](unsigned char byte) { return static_cast<int8_t>(byte); };
    for (int i = 0; i < 128; i++) {
      const int key = block * 128 + i;
      const bool present = key < e.keys;
      for (int c = 0; c < tile.head; c++) {
        const int wanted = present && c < e.d ? expected.k[key * e.d + c] : 0;
        wrong += code_of(at[viditq::key_offset(i, c, tile.head)]) != wanted;
      }
      wrong += key_scales[i] != (present ? expected.k_scale[key] : 0.0f);
      for (int c = 0; c < tile.values; c++) {
        const int value = block * 128 + viditq::key_at(i);
        const int wanted = value < e.keys && c < e.dv ? expected.v[value * e.dv + c] : 0;
        wrong += code_of(at[tile.values_at() + viditq::value_offset(c, i)]) != wanted;
      }
    }
    for (int c = 0; c < tile.values; c++) {
      wrong += value_scales[c] != (c < e.dv ? expected.v_scale[block * e.dv + c] : 0.0f);
    }
  }
  CHECK_EQUAL(wrong, 0);
}

constexpr AttentionExtents kHeads[] = {
    {1, 1, 1, 1, 1, 1},     {1, 1, 16, 16, 72, 72},  {1, 1, 9, 130, 64, 88},
    {1, 1, 70, 40, 88, 64}, {1, 1, 17, 300, 72, 72}, {1, 1, 5, 129, 25, 12},
    {1, 1, 3, 128, 5, 7},   {1, 1, 33, 257, 17, 33}, {1, 1, 7, 97, 128, 128}};

TEST(integers_are_their_definition) {
  int schedule = 0;
  for (const AttentionExtents& e : kHeads) {
    use_schedule(schedule++);
    AttentionProblem<float> problem(e);
    check_integers(problem);
    check_tiles(problem);
    check_kernels(problem);
    problem.add_bias(false, false, true, true);
    check_integers(problem);
    check_kernels(problem);
  }
  use_schedule(0);
}

TEST(sixteen_bit_floats) {
  const auto check = [](auto problem) {
    check_integers(problem);
    check_tiles(problem);
    check_kernels(problem);
    problem.add_bias(true, false, false, true);
    check_integers(problem);
    check_kernels(problem);
  };
  check(AttentionProblem<__half>({1, 1, 21, 150, 40, 72}));
  check(AttentionProblem<__nv_bfloat16>({1, 1, 21, 150, 72, 40}));
}

TEST(samples_heads_and_biases) {
  int schedule = 0;
  for (int bias = 0; bias < 16; bias += 3) {
    use_schedule(schedule++);
    AttentionProblem<float> problem({2, 3, 9, 37, 24, 24});
    problem.add_bias(bias & 1, bias & 2, bias & 4, bias & 8);
    check_kernels(problem);
  }
  use_schedule(0);
  check_kernels(AttentionProblem<float>({2, 1, 70, 20, 32, 32}));
  // Places of a picture attend to themselves in other frames.
  check_kernels(AttentionProblem<__half>({6, 2, 5, 5, 32, 32}));
}

TEST(every_schedule_gives_the_same) {
  AttentionProblem<float> problem({1, 1, 70, 270, 40, 40});
  problem.add_bias(true, false, false, true);
  const Buffer<float> naive = problem.run(VIDITQ_CUDA_NAIVE);
  under_every_schedule(
      [&] { CHECK_EQUAL(different_results(problem.run(VIDITQ_CUDA_FAST), naive), 0); });
}

TEST(heads_of_the_families) {
  for (const int d : {32, 64, 72, 88, 128}) {
    check_kernels(AttentionProblem<float>({1, 1, 5, 140, d, d}));
  }
}

TEST(grids_of_odd_values) {
  const AttentionExtents e = {1, 1, 9, 140, 20, 11};
  AttentionProblem<float> x(e);
  x.add_bias(true, true, true, true);
  const auto bias = [&](int query, int key) -> float& { return (*x.bias)[query * e.keys + key]; };
  for (int c = 0; c < e.d; c++) {
    x.q_at(0, 0, 0, c) = 0.0f;                                           // a row of zeros
    x.q_at(0, 1, 0, c) *= 1e-41f;                                        // denormals
    x.q_at(0, 3, 0, c) = static_cast<float>(c % 9 - 4) / 2.0f * 127.0f;  // ties
    x.q_at(0, 8, 0, c) = -3.0f;                                          // all equal
  }
  x.q_at(0, 2, 0, 3) = 500.0f;  // an outlier
  x.q_at(0, 3, 0, 0) = 127.0f * 127.0f;
  for (int s = 0; s < e.keys; s++) {
    x.v_at(0, s, 0, 4) = 0.0f;                  // a channel of zeros
    x.k_at(0, s, 0, 5) = 3.0f;                  // and one that is its mean
    bias(5, s) = -3.4028235e38f;                // all masked
    bias(6, s) = s < 128 ? -1e4f : bias(6, s);  // a block is masked
    bias(8, s) = s == 77 ? 0.0f : -kInfinity;   // all but one
  }
  for (int s = 0; s < e.keys; s += 3) bias(4, s) = -3.4028235e38f;
  bias(7, 2) = -kInfinity;
  check_integers(x);
  check_tiles(x);
  check_kernels(x);
}

TEST(keys_that_are_all_the_same) {
  AttentionProblem<float> x({1, 1, 5, 130, 16, 16});
  for (size_t i = 0; i < x.k.size(); i++) x.k[i] = static_cast<float>(i % 16) - 3.3f;
  check_integers(x);
  check_kernels(x);
}

TEST(what_is_not_finite_spreads_as_it_must) {
  const AttentionExtents e = {1, 2, 18, 150, 17, 9};
  const auto check = [&](AttentionProblem<float>& x) {
    check_kernels(x);
    const Buffer<float> out = x.run(VIDITQ_CUDA_FAST);
    int nans = 0;
    for (size_t i = 0; i < out.size(); i++) nans += std::isnan(out[i]);
    return nans;
  };
  for (const float bad : {kNaN, kInfinity, -kInfinity}) {
    AttentionProblem<float> query(e);
    query.q_at(0, 13, 1, 3) = bad;
    CHECK_EQUAL(check(query), e.dv);
    AttentionProblem<float> key(e);
    key.k_at(0, 140, 0, 2) = bad;
    CHECK_EQUAL(check(key), e.queries * e.dv);
    AttentionProblem<float> value(e);
    value.v_at(0, 140, 0, 4) = bad;
    CHECK_EQUAL(check(value), e.queries);
  }
  AttentionProblem<float> biased(e);
  biased.add_bias(true, true, true, true);
  (*biased.bias)[(static_cast<size_t>(1) * e.queries + 13) * e.keys + 140] = kNaN;
  CHECK_EQUAL(check(biased), e.dv);
}

// Finite keys whose difference to their mean is not.
TEST(keys_beyond_float32) {
  AttentionProblem<float> x({1, 1, 3, 4, 8, 8});
  for (int s = 0; s < 4; s++) x.k_at(0, s, 0, 1) = s == 0 ? 3.4e38f : -3.4e38f;
  check_kernels(x);
}

TEST(wide_heads_go_to_the_naive_kernel) {
  const AttentionProblem<float> wide({1, 1, 3, 20, 129, 5});
  CHECK_EQUAL(viditq_cuda_attention_workspace(wide.operands()), 0);
  Buffer<float> out(wide.results());
  CHECK_EQUAL(finished(viditq_cuda_attention_int8(wide.operands(), nullptr, out.data(),
                                                  VIDITQ_CUDA_FAST, nullptr)),
              VIDITQ_CUDA_OK);
  CHECK_EQUAL(wrong_results(wide, out), 0);
  check_integers(AttentionProblem<float>({1, 1, 2, 5, VIDITQ_CUDA_ATTENTION_MAX_HEAD, 3}));
}

TEST(the_workspace_grows_with_what_may_grow) {
  AttentionProblem<float> problem({2, 3, 4, 128, 72, 72});
  viditq_cuda_attention in = problem.operands();
  const int64_t bytes = viditq_cuda_attention_workspace(in);
  CHECK_EQUAL(bytes > 2 * 3 * 128 * (72 + 72), true);
  in.keys = 129;
  CHECK_EQUAL(viditq_cuda_attention_workspace(in) > bytes, true);
  in.keys = 127;
  CHECK_EQUAL(viditq_cuda_attention_workspace(in), bytes);
  in.batch = 4;
  CHECK_EQUAL(viditq_cuda_attention_workspace(in), 2 * bytes);
}

TEST(bad_arguments_are_refused) {
  AttentionProblem<float> problem({2, 3, 4, 5, 8, 8});
  problem.add_bias(true, true, true, true);
  const viditq_cuda_attention good = problem.operands();
  Buffer<float> out(problem.results());
  Buffer<unsigned char> memory = problem.workspace();
  const auto status = [&](const viditq_cuda_attention& in, int kernel = VIDITQ_CUDA_FAST) {
    return finished(viditq_cuda_attention_int8(in, memory.data(), out.data(), kernel, nullptr));
  };
  CHECK_EQUAL(status(good), VIDITQ_CUDA_OK);
  CHECK_EQUAL(status(good, VIDITQ_CUDA_HOPPER), VIDITQ_CUDA_BAD_FORMAT);
  for (int field = 0; field < 6; field++) {
    for (const int32_t extent : {0, -1, 0x7fffffff}) {
      viditq_cuda_attention in = good;
      in.bias = nullptr;
      int32_t* const fields[] = {&in.batch, &in.queries, &in.keys, &in.heads, &in.d, &in.dv};
      *fields[field] = extent;
      if (extent > 0 && field < 4) {
        // Large, but fine by itself; too many blocks with another.
        in.queries = in.keys = in.heads = in.batch = 0x7fffffff;
      }
      CHECK_EQUAL(status(in), VIDITQ_CUDA_BAD_SIZE);
      CHECK_EQUAL(viditq_cuda_attention_workspace(in), 0);
    }
  }
  for (int axis = 0; axis < 4; axis++) {
    for (const int32_t extent : {0, 7, -1}) {
      viditq_cuda_attention in = good;
      in.bias_extents[axis] = extent;
      CHECK_EQUAL(status(in), VIDITQ_CUDA_BAD_SIZE);
    }
  }
  viditq_cuda_attention in = good;
  in.type = 3;
  CHECK_EQUAL(status(in), VIDITQ_CUDA_BAD_FORMAT);
  in = good;
  in.k = nullptr;
  CHECK_EQUAL(status(in), VIDITQ_CUDA_NULL_POINTER);
  in = good;
  in.v = problem.v.data() + 1;
  CHECK_EQUAL(status(in), VIDITQ_CUDA_MISALIGNED);
  const auto with_memory = [&](void* workspace, int kernel) {
    return finished(viditq_cuda_attention_int8(good, workspace, out.data(), kernel, nullptr));
  };
  CHECK_EQUAL(with_memory(nullptr, VIDITQ_CUDA_FAST), VIDITQ_CUDA_NULL_POINTER);
  CHECK_EQUAL(with_memory(nullptr, VIDITQ_CUDA_NAIVE), VIDITQ_CUDA_OK);
  CHECK_EQUAL(with_memory(memory.data() + 4, VIDITQ_CUDA_FAST), VIDITQ_CUDA_MISALIGNED);
  CHECK_EQUAL(viditq_cuda_attention_integers(good, {}, out.data(), nullptr), VIDITQ_CUDA_BAD_SIZE);
  const AttentionProblem<float> one({1, 1, 4, 5, 8, 8});
  CHECK_EQUAL(viditq_cuda_attention_integers(one.operands(), {}, out.data(), nullptr),
              VIDITQ_CUDA_NULL_POINTER);
}

}  // namespace
