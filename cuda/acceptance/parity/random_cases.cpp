// Shapes, formats and values drawn at random, nasty ones among them, against the definitions.
#include <algorithm>
#include <random>

#include "attention_problem.h"
#include "cases.h"
#include "rows.h"

namespace parity {
namespace {

class Dice {
 public:
  explicit Dice(unsigned seed) : random_(seed) {}
  int between(int low, int high) {
    return low + static_cast<int>(random_() % static_cast<unsigned>(high - low + 1));
  }
  bool chance(int one_in) { return between(1, one_in) == 1; }
  // Small extents more often than large ones, since that is where edges are.
  int extent(int largest) { return between(1, chance(2) ? std::min(largest, 40) : largest); }
  unsigned seed() { return random_(); }

 private:
  std::mt19937 random_;
};

std::string shape(std::initializer_list<int> extents) {
  std::string text = "random ";
  for (const int extent : extents) {
    text += (text.back() == ' ' ? "" : "x") + std::to_string(extent);
  }
  return text;
}

// Normal values with rows among them that are dead, constant, tiny, denormal, full of ties, or that
// hold an outlier. Magnitudes up to 1e4 stay finite in every type.
template <typename T>
Buffer<T> nasty_values(Dice& dice, int rows, int columns) {
  Buffer<T> x = normal<T>(dice.seed(), static_cast<size_t>(rows) * columns, 2.0f, 0.5f);
  for (int row = 0; row < rows; row++) {
    T* values = x.data() + static_cast<size_t>(row) * columns;
    const int kind = dice.between(0, 11);
    for (int c = 0; c < columns && kind < 6; c++) {
      const float v = viditq::to_float(values[c]);
      const float changed = kind == 0   ? 0.0f
                            : kind == 1 ? -3.0f
                            : kind == 2 ? v * 1e-7f
                            : kind == 3 ? v * 1e-40f
                            : kind == 4 ? static_cast<float>(c % 256) - 127.5f
                                        : (c == columns / 2 ? 1e4f : v);
      values[c] = viditq::from_float<T>(changed);
    }
  }
  return x;
}

template <typename T>
void random_quantize(Dice& dice, int largest, Report& report) {
  const int rows = dice.extent(largest / 4 + 1);
  const int columns = dice.extent(4 * largest);
  const int bits = dice.between(2, 8);
  const bool symmetric = dice.chance(2);
  const Buffer<T> x = nasty_values<T>(dice, rows, columns);
  const viditq_cuda_quantizer in = quantizer(x, rows, columns, bits, symmetric);
  std::vector<int32_t> codes;
  std::vector<int32_t> zero_point;
  std::vector<float> scale;
  for (int row = 0; row < rows; row++) {
    std::vector<float> values;
    for (int c = 0; c < columns; c++) {
      values.push_back(viditq::to_float(x[static_cast<size_t>(row) * columns + c]));
    }
    const ExpectedRow want(values, bits, symmetric);
    codes.insert(codes.end(), want.codes.begin(), want.codes.end());
    zero_point.push_back(want.zero_point);
    scale.push_back(want.scale);
  }
  on_row_kernels(shape({rows, columns, bits}), "quantize", in, plain_quantize, report,
                 [&](const Codes& got) {
                   report.equal("codes", got.codes, codes);
                   report.equal("zero points", got.zero_point, zero_point);
                   report.same("steps", got.scale, scale);
                   report.equal("sums of codes", got.row_sum, sums_of_rows(codes, scale.size()));
                 });
}

// The fused kernels: each judged by its oracle.
struct FusedCase {
  std::string source;
  const char* function;
  viditq_cuda_quantizer in;
  RowLaunch launch;
  Oracle oracle;
};

void run_fused(const FusedCase& fused, Report& report) {
  const std::vector<double> values = values_of(fused.in, fused.oracle);
  for (const KernelName& kernel : kRowKernels) {
    next_schedule();
    report.begin(fused.source, std::string(fused.function) + " " + kernel.name);
    Tokens tokens(fused.in.rows, fused.in.columns);
    if (!launched(fused.launch(fused.in, tokens.view(), kernel.kernel), report)) continue;
    report.counted("codes and grids", wrong_tokens(fused.in, tokens, values), values.size());
  }
}

template <typename T>
void random_fused(Dice& dice, int largest, Report& report) {
  const int samples = dice.between(1, 3);
  const int rows = samples * dice.extent(largest / 12 + 1);
  const int columns = 1 + dice.extent(2 * largest);
  const Buffer<T> x = normal<T>(dice.seed(), static_cast<size_t>(rows) * columns, 2.0f, 0.5f);
  const int sets = dice.between(1, 3);
  Buffer<float> balance = normal<float>(dice.seed(), static_cast<size_t>(sets) * columns);
  for (size_t i = 0; i < balance.size(); i++) balance[i] = 0.1f + std::fabs(balance[i]);
  const Buffer<int32_t> active_set(1, dice.between(0, sets - 1));
  const size_t modulations = static_cast<size_t>(samples) * columns;
  const Buffer<float> shift = normal<float>(dice.seed(), modulations);
  const Buffer<float> scale = normal<float>(dice.seed(), modulations);

  viditq_cuda_quantizer in = quantizer(x, rows, columns, dice.chance(3) ? 6 : 8, dice.chance(2));
  if (!dice.chance(3)) {
    in.balance = balance.data();
    in.sets = sets;
    in.active_set = active_set.data();
  }
  const std::string source = shape({rows, columns, in.bits});
  const auto norm = [&](viditq_cuda_quantizer q, viditq_cuda_tokens out, int kernel) {
    return viditq_cuda_norm_modulate_quantize(q, shift.data(), scale.data(), samples, 1e-6f, out,
                                              kernel, nullptr);
  };
  const auto gelu = [](viditq_cuda_quantizer q, viditq_cuda_tokens out, int kernel) {
    return viditq_cuda_gelu_quantize(q, out, kernel, nullptr);
  };
  run_fused({source, "quantize", in, plain_quantize, balanced_oracle(in, x)}, report);
  run_fused({source, "gelu_quantize", in, gelu, gelu_oracle(in, x)}, report);
  run_fused(
      {source, "norm_modulate_quantize", in, norm, norm_oracle(in, x, shift, scale, samples, 1e-6)},
      report);
}

// A rotation of blocks of up to 4 * largest columns: of Sylvester's matrices, regular ones, and
// those that have an outer matrix.
template <typename T>
void random_rotation(Dice& dice, int largest, Report& report) {
  static const Buffer<int8_t> matrices[] = {paley(11), paley(19), paley(43)};
  static const int orders[] = {12, 20, 44};
  viditq_cuda_rotation rotation = {1, 1, nullptr, 0};
  const int kind = dice.between(0, 2);
  const int matrix = dice.between(0, 2);
  if (kind == 1) rotation.regular = 1;
  if (kind == 2) {
    rotation.block = rotation.base = orders[matrix];
    rotation.matrix = matrices[matrix].data();
  }
  const int factor = kind == 1 ? 4 : 2;
  for (int doublings = dice.between(kind == 2 ? 0 : 1, 9);
       doublings > 0 && (rotation.block == 1 || rotation.block * factor <= 4 * largest);
       doublings--) {
    rotation.block *= factor;
  }
  const int columns = rotation.block * dice.between(1, std::max(1, largest / rotation.block));
  const int rows = dice.extent(largest / 24 + 1);
  const Buffer<T> x = nasty_values<T>(dice, rows, columns);
  Buffer<float> balance = normal<float>(dice.seed(), static_cast<size_t>(columns));
  for (size_t i = 0; i < balance.size(); i++) {
    balance[i] = (dice.chance(2) ? 1.0f : -1.0f) * (0.1f + std::fabs(balance[i]));
  }
  viditq_cuda_quantizer in = quantizer(x, rows, columns, dice.between(2, 8), dice.chance(2));
  if (dice.chance(2)) in.balance = balance.data();
  const std::vector<ExpectedRow> expected = rotated_rows(in, x, rotation);
  for (const KernelName& kernel : kRowKernels) {
    next_schedule();
    report.begin(shape({rows, columns, in.bits}) +
                     (rotation.regular != 0 ? " regular" : " Hadamard") + " blocks of " +
                     std::to_string(rotation.block),
                 std::string("hadamard_quantize ") + kernel.name);
    Tokens tokens(rows, columns);
    if (!launched(
            viditq_cuda_hadamard_quantize(in, rotation, tokens.view(), kernel.kernel, nullptr),
            report)) {
      continue;
    }
    report.counted("codes and grids", differing_tokens(in, tokens, expected), x.size());
  }
}

// What rounding a result to T adds.
template <typename T>
double rounding() {
  return sizeof(T) == 4 ? 2e-6 : std::is_same<T, __half>::value ? 1e-3 : 8e-3;
}

template <typename T>
void random_linear(Dice& dice, int largest, Report& report) {
  const int samples = dice.between(1, 3);
  const int rows = samples * dice.extent(largest / 3 + 1);
  const int channels = dice.extent(largest);
  const int inner = dice.extent(2 * largest);
  const int bits = dice.chance(2) ? 4 : 8;
  const bool weights_signed = dice.chance(2);
  const bool x_symmetric = dice.chance(2);
  const int sets = dice.between(1, 3);
  LinearProblem problem(rows, channels, inner, bits, weights_signed, x_symmetric, sets,
                        dice.chance(8));
  problem.active_set[0] = dice.between(0, sets - 1);
  const Buffer<T> gate = normal<T>(dice.seed(), static_cast<size_t>(samples) * channels);
  const Buffer<T> residual = normal<T>(dice.seed(), static_cast<size_t>(rows) * channels);
  viditq_cuda_epilogue epilogue = {};
  if (dice.chance(2)) epilogue.bias = problem.bias.data();
  if (dice.chance(2)) epilogue.activation = VIDITQ_CUDA_ACTIVATION_GELU_TANH;
  if (dice.chance(2)) {
    epilogue.gate = gate.data();
    epilogue.rows_per_gate = rows / samples;
    epilogue.residual = residual.data();
  }
  std::vector<KernelName> kernels = linear_kernels();
  kernels.push_back({VIDITQ_CUDA_FAST, "fast"});
  Buffer<T> naive(static_cast<size_t>(rows) * channels);
  for (const KernelName& kernel : kernels) {
    next_schedule();
    report.begin(shape({rows, channels, inner}),
                 "linear w" + std::to_string(bits) + "a8 " + kernel.name);
    Buffer<T> out(naive.size(), viditq::from_float<T>(-77.0f));
    if (!launched(problem.launch(epilogue, kernel.kernel, out), report)) continue;
    if (kernel.kernel == VIDITQ_CUDA_NAIVE) {
      report.counted("output", wrong_outputs(problem, epilogue, out, rounding<T>()), out.size());
      for (size_t i = 0; i < out.size(); i++) naive[i] = out[i];
    } else {
      report.counted("output, as the naive kernel's", differences(out, naive), out.size());
    }
  }
}

template <typename T>
void random_residual(Dice& dice, int largest, Report& report) {
  const int samples = dice.between(1, 3);
  const int rows = samples * dice.extent(largest / 3 + 1);
  const int channels = dice.extent(2 * largest);
  const size_t size = static_cast<size_t>(rows) * channels;
  const Buffer<T> x = normal<T>(dice.seed(), size);
  const Buffer<T> gate = normal<T>(dice.seed(), static_cast<size_t>(samples) * channels);
  const Buffer<T> residual = normal<T>(dice.seed(), size);
  Buffer<T> out(size, viditq::from_float<T>(-77.0f));
  next_schedule();
  report.begin(shape({rows, channels}), "gated_residual");
  if (!launched(viditq_cuda_gated_residual(x.data(), gate.data(), rows / samples, residual.data(),
                                           rows, channels, out.data(), type_of<T>(), nullptr),
                report)) {
    return;
  }
  std::vector<float> actual;
  std::vector<float> expected;
  for (size_t i = 0; i < size; i++) {
    const size_t sample = i / static_cast<size_t>(channels) / static_cast<size_t>(rows / samples);
    const float product =
        viditq::to_float(gate[sample * channels + i % channels]) * viditq::to_float(x[i]);
    actual.push_back(viditq::to_float(out[i]));
    expected.push_back(
        viditq::to_float(viditq::from_float<T>(viditq::to_float(residual[i]) + product)));
  }
  report.same("output", actual, expected);
}

// Of q, k and v like those of random_quantize; any bias.
template <typename T>
void random_attention(Dice& dice, int largest, Report& report) {
  const int d = dice.extent(std::min(largest, 140));
  AttentionProblem<T> problem({dice.between(1, 2), dice.between(1, 2), dice.extent(largest / 6 + 1),
                               dice.extent(2 * largest), d, dice.chance(2) ? d : dice.extent(90)},
                              dice.seed() % 1000000);
  const AttentionExtents& e = problem.extents;
  const auto make_nasty = [&](Buffer<T>& values, int columns) {
    const Buffer<T> nasty =
        nasty_values<T>(dice, static_cast<int>(values.size()) / columns, columns);
    for (size_t i = 0; i < values.size(); i++) values[i] = nasty[i];
  };
  if (dice.chance(3)) make_nasty(problem.q, e.d);
  if (dice.chance(3)) make_nasty(problem.k, e.d);
  if (dice.chance(3)) make_nasty(problem.v, e.dv);
  if (dice.chance(2)) {
    problem.add_bias(dice.chance(2), dice.chance(2), dice.chance(2), dice.chance(2));
    for (size_t i = 0; i < problem.bias->size(); i++) {
      if (dice.chance(3)) (*problem.bias)[i] = viditq::from_float<T>(-1e4f);
    }
  }
  Buffer<T> naive(problem.results());
  for (const KernelName& kernel : kRowKernels) {
    next_schedule();
    report.begin(shape({e.batch, e.heads, e.queries, e.keys, e.d, e.dv}),
                 std::string("attention_int8 ") + kernel.name);
    Buffer<T> out(naive.size(), viditq::from_float<T>(-77.0f));
    Buffer<unsigned char> memory = problem.workspace();
    if (!launched(problem.launch(out, memory, kernel.kernel), report)) continue;
    if (kernel.kernel == VIDITQ_CUDA_NAIVE) {
      report.counted("output", wrong_results(problem, out), out.size());
      for (size_t i = 0; i < out.size(); i++) naive[i] = out[i];
    } else {
      report.counted("output, as the naive kernel's", different_results(out, naive), out.size());
    }
  }
}

template <typename T>
void random_case(Dice& dice, int largest, Report& report) {
  random_quantize<T>(dice, largest, report);
  random_fused<T>(dice, largest, report);
  random_rotation<T>(dice, largest, report);
  random_linear<T>(dice, largest, report);
  random_residual<T>(dice, largest, report);
  random_attention<T>(dice, largest, report);
}

}  // namespace

void run_random(int count, int largest, unsigned seed, Report& report) {
  Dice dice(seed);
  for (int i = 0; i < count; i++) {
    random_case<float>(dice, largest, report);
    random_case<__half>(dice, largest, report);
    random_case<__nv_bfloat16>(dice, largest, report);
  }
  use_schedule(0);
}

}  // namespace parity
