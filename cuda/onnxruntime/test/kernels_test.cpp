// The CPU's kernels behind nodes against the emulated ones, on every instruction set that runs
// here.
#include <cstdlib>
#include <string>

#include "attention_problem.h"
#include "engine.h"
#include "floats.h"
#include "linear_problem.h"
#include "node_kernels.h"
#include "report.h"

namespace {

using viditq::ort::NodeKernels;
using viditq::trt::GatedResidualOperands;
using viditq::trt::LinearOperands;
using viditq::trt::Refusal;

std::vector<std::string> instruction_sets() {
  std::vector<std::string> names;
  for (int isa = 0; isa < VIDITQ_ISA_COUNT; isa++) {
    if (viditq_isa_supported(isa) == 1) names.push_back(viditq_isa_name(isa));
  }
  return names;
}

// What body refuses; empty if it does not.
template <typename Body>
std::string refusal(Body body) {
  try {
    body();
    return "";
  } catch (const Refusal& e) {
    return e.what();
  }
}

template <typename T>
double value_of(T value) {
  return viditq::to_float(value);
}

// ---- quantizers

// Rows whose codes, grids or sums differ in any bit.
int differing_rows(const viditq_cuda_quantizer& in, const Tokens& a, const Tokens& b) {
  int different = 0;
  for (int row = 0; row < in.rows; row++) {
    bool same = a.scale[row] == b.scale[row] && a.zero_point[row] == b.zero_point[row] &&
                a.row_sum[row] == b.row_sum[row];
    for (int c = 0; c < in.columns; c++) same &= a.code(in, row, c) == b.code(in, row, c);
    different += !same;
  }
  return different;
}

struct Quantizer {
  int bits;
  int symmetric;
  int columns;
  bool balanced;
};

// By Sylvester's matrices, regular ones, and those that have an outer matrix.
std::vector<viditq_cuda_rotation> rotations() {
  static const Buffer<int8_t> matrix = paley(11);
  return {{4, 1, nullptr, 0},  {8, 1, nullptr, 0},         {64, 1, nullptr, 0},
          {64, 1, nullptr, 1}, {24, 12, matrix.data(), 0}, {12, 12, matrix.data(), 0}};
}

template <typename T>
void check_quantizers(NodeKernels& native, NodeKernels& emulated, const Quantizer& q) {
  constexpr int kSamples = 3;
  constexpr int kRows = 3 * 7;
  const Buffer<T> x = normal<T>(static_cast<unsigned>(q.columns + q.bits),
                                static_cast<size_t>(kRows * q.columns), 3.0f);
  const Buffer<float> balance = normal<float>(8, static_cast<size_t>(2 * q.columns), 0.1f, 1.0f);
  const Buffer<float> shift = normal<float>(9, static_cast<size_t>(kSamples * q.columns));
  const Buffer<float> scale = normal<float>(10, static_cast<size_t>(kSamples * q.columns));
  for (const int active : {-5, 0, 1, 7}) {
    const Buffer<int32_t> active_set(1, active);
    viditq_cuda_quantizer in = quantizer(x, kRows, q.columns, q.bits, q.symmetric != 0);
    if (q.balanced) {
      in.balance = balance.data();
      in.sets = 2;
      in.active_set = active_set.data();
    }
    const auto both = [&](auto quantize) {
      Tokens expected(kRows, q.columns);
      Tokens actual(kRows, q.columns);
      quantize(emulated, expected.view());
      quantize(native, actual.view());
      return differing_rows(in, actual, expected);
    };
    CHECK_EQUAL(both([&](NodeKernels& kernels, const viditq_cuda_tokens& out) {
                  kernels.quantize(in, out, nullptr);
                }),
                0);
    for (const viditq_cuda_rotation& rotation : rotations()) {
      if (q.columns % rotation.block != 0) continue;
      CHECK_EQUAL(both([&](NodeKernels& kernels, const viditq_cuda_tokens& out) {
                    kernels.hadamard_quantize(in, rotation, out, nullptr);
                  }),
                  0);
    }

    // Exponentials and sums round differently, so these are held to what they must be.
    viditq_cuda_quantizer chosen = in;  // the oracles do not clamp
    const Buffer<int32_t> clamped(1, active < 0 ? 0 : active > 1 ? 1 : active);
    if (q.balanced) chosen.active_set = clamped.data();
    Tokens tokens(kRows, q.columns);
    native.gelu_quantize(in, tokens.view(), nullptr);
    CHECK_EQUAL(wrong_tokens(chosen, tokens, values_of(chosen, gelu_oracle(chosen, x))), 0);
    native.norm_modulate_quantize(in, shift.data(), scale.data(), kSamples, 1e-5f, tokens.view(),
                                  nullptr);
    CHECK_EQUAL(
        wrong_tokens(chosen, tokens,
                     values_of(chosen, norm_oracle(chosen, x, shift, scale, kSamples, 1e-5))),
        0);
    if (!q.balanced) break;
  }
}

TEST(quantizers_give_what_the_emulated_kernels_give) {
  const auto emulated = viditq::ort::emulated_kernels();
  for (const std::string& isa : instruction_sets()) {
    const auto native = viditq::ort::native_kernels({isa});
    for (const Quantizer& q :
         {Quantizer{8, 0, 64, false}, Quantizer{8, 1, 33, true}, Quantizer{6, 0, 72, true},
          Quantizer{4, 1, 128, true}, Quantizer{2, 0, 1, false}}) {
      check_quantizers<float>(*native, *emulated, q);
      check_quantizers<__half>(*native, *emulated, q);
      check_quantizers<__nv_bfloat16>(*native, *emulated, q);
    }
  }
}

TEST(values_that_no_grid_holds_are_refused_by_both) {
  const auto native = viditq::ort::native_kernels({});
  const auto emulated = viditq::ort::emulated_kernels();
  for (const float bad : {kNaN, kInfinity, -kInfinity}) {
    Buffer<float> x = normal<float>(1, 3 * 40);
    x[40 + 17] = bad;
    const viditq_cuda_quantizer in = quantizer(x, 3, 40, 8, false);
    const Buffer<float> modulation(40, 0.5f);
    for (NodeKernels* kernels : {native.get(), emulated.get()}) {
      Tokens out(3, 40);
      CHECK_EQUAL(
          refusal([&] { kernels->quantize(in, out.view(), nullptr); }) == viditq::ort::kNotFinite,
          true);
      CHECK_EQUAL(refusal([&] {
                    kernels->hadamard_quantize(in, {8, 1, nullptr, 0}, out.view(), nullptr);
                  }) == viditq::ort::kNotFinite,
                  true);
      CHECK_EQUAL(refusal([&] { kernels->gelu_quantize(in, out.view(), nullptr); }) ==
                      viditq::ort::kNotFinite,
                  true);
      CHECK_EQUAL(refusal([&] {
                    kernels->norm_modulate_quantize(in, modulation.data(), modulation.data(), 1,
                                                    1e-6f, out.view(), nullptr);
                  }) == viditq::ort::kNotFinite,
                  true);
    }
  }
}

// ---- linear layers

template <typename T>
LinearOperands operands(LinearProblem& p, const viditq_cuda_epilogue& epilogue, Buffer<T>& out) {
  const viditq_cuda_tokens x = {p.x_codes.data(), p.x_scale.data(), p.x_zero_point.data(),
                                p.x_row_sum.data(), nullptr};
  const viditq_cuda_weights weights = {
      p.w_packed.data(), p.w_scale.data(), p.w_packed_zero_point.data(), p.w_centered_sum.data(),
      p.weight_bits,     p.sets,           p.active_set.data()};
  return {x,          p.x_symmetric, weights,    epilogue,     p.rows,
          p.channels, p.inner,       out.data(), type_of<T>(), VIDITQ_CUDA_FAST};
}

// Results that are not what the definition gives up to the rounding of T.
template <typename T>
void check_linear(NodeKernels& kernels, LinearProblem& p, bool kept) {
  const Buffer<T> gate = normal<T>(1, static_cast<size_t>(2 * p.channels));
  const Buffer<T> residual = normal<T>(2, static_cast<size_t>(p.rows * p.channels));
  if (kept) {
    Buffer<T> none(1);
    kernels.keep_weights(operands(p, {}, none).weights, p.channels, p.inner);
  }
  viditq_cuda_epilogue everything = {p.bias.data(), VIDITQ_CUDA_ACTIVATION_GELU_TANH, gate.data(),
                                     p.rows / 2, residual.data()};
  viditq_cuda_epilogue biased = {};
  biased.bias = p.bias.data();
  const double rounding = sizeof(T) == 4 ? 1e-5 : type_of<T>() == VIDITQ_CUDA_FLOAT16 ? 1e-3 : 8e-3;
  for (int set = 0; set < p.sets; set++) {
    p.active_set[0] = set;
    for (const viditq_cuda_epilogue& epilogue : {viditq_cuda_epilogue{}, biased, everything}) {
      Buffer<T> out(static_cast<size_t>(p.rows * p.channels));
      kernels.linear(operands(p, epilogue, out), nullptr);
      CHECK_EQUAL(wrong_outputs(p, epilogue, out, rounding), 0);
    }
  }
}

TEST(linear_layers_compute_their_definition) {
  for (const std::string& isa : instruction_sets()) {
    for (const int weight_bits : {4, 8}) {
      for (const bool is_signed : {false, true}) {
        LinearProblem p(6, 70, 72, weight_bits, is_signed, !is_signed, 3);
        const auto kernels = viditq::ort::native_kernels({isa});
        check_linear<float>(*kernels, p, false);
        check_linear<float>(*kernels, p, true);
        check_linear<__half>(*kernels, p, true);
        check_linear<__nv_bfloat16>(*kernels, p, true);
        LinearProblem odd(2, 33, 100, weight_bits, is_signed, is_signed, 1);
        check_linear<float>(*viditq::ort::native_kernels({isa}), odd, true);
        LinearProblem tiny(2, 1, 1, weight_bits, is_signed, is_signed, 2);
        check_linear<float>(*viditq::ort::native_kernels({isa}), tiny, true);
      }
    }
  }
}

// Scales of 1 leave the sums as they are, and float32 holds them.
TEST(sums_are_those_of_the_emulated_kernels_to_the_bit) {
  const auto emulated = viditq::ort::emulated_kernels();
  for (const std::string& isa : instruction_sets()) {
    for (const int weight_bits : {4, 8}) {
      for (const bool extreme : {false, true}) {
        LinearProblem p(5, 40, 200, weight_bits, false, false, 2, extreme);
        for (int row = 0; row < p.rows; row++) p.x_scale[row] = 1;
        for (size_t i = 0; i < p.w_scale.size(); i++) p.w_scale[i] = 1;
        Buffer<float> expected(static_cast<size_t>(p.rows * p.channels));
        Buffer<float> actual(static_cast<size_t>(p.rows * p.channels));
        emulated->linear(operands(p, {}, expected), nullptr);
        const auto native = viditq::ort::native_kernels({isa});
        native->linear(operands(p, {}, actual), nullptr);
        CHECK_EQUAL(differences(actual, expected), 0);
      }
    }
  }
}

TEST(sums_that_are_not_those_of_the_codes_are_refused) {
  const auto kernels = viditq::ort::native_kernels({});
  LinearProblem p(2, 9, 16, 8, false, false, 2);
  p.w_centered_sum[9 + 4] += 1;
  Buffer<float> out(2 * 9);
  const std::string sentence =
      refusal([&] { kernels->keep_weights(operands(p, {}, out).weights, p.channels, p.inner); });
  CHECK_EQUAL(sentence.find("for channel 4 of set 1;") != std::string::npos, true);
}

// ---- attention

template <typename T>
void check_attention(NodeKernels& kernels, const AttentionProblem<T>& problem) {
  const viditq_cuda_attention in = problem.operands();
  Buffer<unsigned char> workspace(static_cast<size_t>(kernels.attention_workspace(in)));
  Buffer<T> out(problem.results());
  kernels.attention({in, workspace.data(), out.data()}, nullptr);
  CHECK_EQUAL(wrong_results(problem, out), 0);
}

template <typename T>
void check_attention(NodeKernels& native, NodeKernels& emulated) {
  for (const bool biased : {false, true}) {
    AttentionProblem<T> problem({2, 3, 5, 131, 24, 24});
    if (biased) problem.add_bias(true, false, false, true);
    check_attention(native, problem);
    check_attention(emulated, problem);
  }
}

TEST(attention_computes_its_definition) {
  const auto emulated = viditq::ort::emulated_kernels();
  for (const std::string& isa : instruction_sets()) {
    const auto native = viditq::ort::native_kernels({isa});
    CHECK_EQUAL(native->attention_workspace(AttentionProblem<float>({1, 1, 1, 1, 8, 8}).operands()),
                0);
    check_attention<float>(*native, *emulated);
    check_attention<__half>(*native, *emulated);
    check_attention<__nv_bfloat16>(*native, *emulated);
  }
}

// ---- gated residuals, 16-bit values

template <typename T>
void check_gated_residual(NodeKernels& native, NodeKernels& emulated, int columns) {
  constexpr int kRows = 6;
  const auto size = static_cast<size_t>(kRows * columns);
  const Buffer<T> x = normal<T>(1, size);
  const Buffer<T> gate = normal<T>(2, size / 2);
  const Buffer<T> residual = normal<T>(3, size);
  Buffer<T> expected(size);
  Buffer<T> actual(size);
  GatedResidualOperands operands = {x.data(), gate.data(),     2,           residual.data(), kRows,
                                    columns,  expected.data(), type_of<T>()};
  emulated.gated_residual(operands, nullptr);
  operands.out = actual.data();
  native.gated_residual(operands, nullptr);
  CHECK_EQUAL(differences(actual, expected), 0);
}

TEST(gated_residuals_are_those_of_the_emulated_kernels_to_the_bit) {
  const auto native = viditq::ort::native_kernels({});
  const auto emulated = viditq::ort::emulated_kernels();
  for (const int columns : {1, 33, 64}) {
    check_gated_residual<float>(*native, *emulated, columns);
    check_gated_residual<__half>(*native, *emulated, columns);
    check_gated_residual<__nv_bfloat16>(*native, *emulated, columns);
  }
}

TEST(sixteen_bit_values_are_converted_as_cuda_does) {
  std::mt19937 random(3);
  std::vector<float> values;
  for (int i = 0; i < 200000; i++) {
    uint32_t bits = static_cast<uint32_t>(random());
    if (i % 2 == 0) bits = (bits & 0x8fffffffu) | 0x38000000u;  // where halfs are
    float value;
    std::memcpy(&value, &bits, sizeof value);
    values.push_back(value);
  }
  const std::vector<float> nasty = {0.0f,         -0.0f,     65504.0f,   65519.996f, 65520.0f,
                                    65536.0f,     0x1p-24f,  0x1p-25f,   0x1.8p-25f, 0x1p-14f,
                                    0x1.ffcp-15f, kInfinity, -kInfinity, kNaN,       -kNaN,
                                    2049.0f,      2051.0f};
  values.insert(values.end(), nasty.begin(), nasty.end());
  const auto count = static_cast<int64_t>(values.size());
  std::vector<uint16_t> narrow(values.size());
  std::vector<float> wide(values.size());
  int wrong = 0;
  viditq::ort::narrow(values.data(), VIDITQ_CUDA_FLOAT16, count, narrow.data());
  viditq::ort::widen(narrow.data(), VIDITQ_CUDA_FLOAT16, count, wide.data());
  for (size_t i = 0; i < values.size(); i++) {
    const __half expected = __float2half_rn(values[i]);
    const float back = __half2float(expected);
    wrong += narrow[i] != expected.bits;
    wrong += std::isnan(back) ? !std::isnan(wide[i]) : wide[i] != back;
  }
  viditq::ort::narrow(values.data(), VIDITQ_CUDA_BFLOAT16, count, narrow.data());
  viditq::ort::widen(narrow.data(), VIDITQ_CUDA_BFLOAT16, count, wide.data());
  for (size_t i = 0; i < values.size(); i++) {
    const __nv_bfloat16 expected = __float2bfloat16_rn(values[i]);
    const float back = __bfloat162float(expected);
    wrong += narrow[i] != expected.bits;
    wrong += std::isnan(back) ? !std::isnan(wide[i]) : wide[i] != back;
  }
  CHECK_EQUAL(wrong, 0);
}

// ---- the engine

TEST(nodes_of_an_instruction_set_share_an_engine) {
  const auto one = viditq::ort::Engine::of("portable", "");
  CHECK_EQUAL(viditq::ort::Engine::of("portable", "") == one, true);
  setenv("VIDITQ_ISA", "portable", 1);
  CHECK_EQUAL(viditq::ort::Engine::of("", "") == one, true);
  unsetenv("VIDITQ_ISA");
  setenv("VIDITQ_THREADS", "3", 1);
  const auto three = viditq::ort::Engine::of("portable", "");
  unsetenv("VIDITQ_THREADS");
  CHECK_EQUAL(viditq::ort::Engine::of("portable", "3") == three, true);
  CHECK_EQUAL(viditq::ort::Engine::of("portable", "4") == three, false);
}

TEST(settings_that_are_none_are_refused_with_a_sentence) {
  const auto refused = [](const std::string& isa, const char* part) {
    const std::string sentence = refusal([&] { viditq::ort::native_kernels({isa}); });
    CHECK_EQUAL(sentence.find(part) != std::string::npos, true);
  };
  const std::string threads = refusal([] { viditq::ort::native_kernels({"portable", "0"}); });
  CHECK_EQUAL(threads == "viditq.threads is 0; it must be a number from 1 to 1024.", true);
  refused("sse9", "the instruction set is sse9, which this machine does not run; choose one of: ");
  setenv("VIDITQ_ISA", "nothing", 1);
  refused("", "the instruction set is nothing, ");
  unsetenv("VIDITQ_ISA");
  for (const char* number : {"0", "-1", "many", "2x", "1000000"}) {
    setenv("VIDITQ_THREADS", number, 1);
    refused("portable", "it must be a number from 1 to 1024.");
  }
  unsetenv("VIDITQ_THREADS");
}

TEST(results_do_not_depend_on_the_number_of_threads) {
  std::vector<Buffer<float>> results;
  for (const char* threads : {"1", "3"}) {
    setenv("VIDITQ_THREADS", threads, 1);
    LinearProblem p(64, 70, 72, 8, false, false, 1);
    Buffer<float>& out = results.emplace_back(64 * 70);
    viditq::ort::native_kernels({})->linear(operands(p, {}, out), nullptr);
  }
  unsetenv("VIDITQ_THREADS");
  CHECK_EQUAL(differences(results[0], results[1]), 0);
}

TEST(memory_is_given_back_with_the_last_node) {
  const int64_t before = viditq_allocated_bytes();
  {
    const auto kernels = viditq::ort::native_kernels({});
    LinearProblem p(6, 70, 72, 4, false, true, 2);
    check_linear<__half>(*kernels, p, true);
    CHECK_EQUAL(viditq_allocated_bytes() > before, true);
  }
  CHECK_EQUAL(viditq_allocated_bytes(), before);
}

TEST(calls_without_memory_are_refused) {
  const auto kernels = viditq::ort::native_kernels({});
  const Buffer<__half> x = normal<__half>(1, 4 * 32);
  Tokens out(4, 32);
  const viditq_cuda_quantizer in = quantizer(x, 4, 32, 8, false);
  viditq_limit_allocated_bytes(viditq_allocated_bytes());
  const std::string sentence = refusal([&] { kernels->quantize(in, out.view(), nullptr); });
  viditq_limit_allocated_bytes(INT64_MAX);
  CHECK_EQUAL(sentence == "there is no memory for 512 bytes.", true);
  CHECK_EQUAL(refusal([&] { kernels->quantize(in, out.view(), nullptr); }).empty(), true);
}

}  // namespace
