#include "cases.h"

#include <utility>

#include "attention_problem.h"
#include "linear_problem.h"

namespace enqueue {
namespace {

using nvinfer1::DataType;

constexpr int kSamples = 3;

template <typename T>
constexpr DataType data_type() {
  return type_of<T>() == VIDITQ_CUDA_FLOAT32   ? DataType::kFLOAT
         : type_of<T>() == VIDITQ_CUDA_FLOAT16 ? DataType::kHALF
                                               : DataType::kBF16;
}

template <typename T>
const char* type_name() {
  return type_of<T>() == VIDITQ_CUDA_FLOAT32   ? "fp32"
         : type_of<T>() == VIDITQ_CUDA_FLOAT16 ? "fp16"
                                               : "bf16";
}

template <typename T>
std::vector<char> bytes_of(const Buffer<T>& buffer) {
  const char* bytes = reinterpret_cast<const char*>(buffer.data());
  return std::vector<char>(bytes, bytes + buffer.size() * sizeof(T));
}

template <typename T>
Buffer<T> buffer_of(const std::vector<char>& bytes) {
  Buffer<T> buffer(bytes.size() / sizeof(T));
  std::memcpy(static_cast<void*>(buffer.data()), bytes.data(), bytes.size());
  return buffer;
}

// Adds an input and one of its contents; both contents have the same inputs in the same order.
template <typename T>
void add_input(Case& to, int which, std::vector<int64_t> extents, DataType type,
               const Buffer<T>& contents) {
  if (which == 0) to.inputs.push_back({std::move(extents), type});
  to.contents[which].push_back(bytes_of(contents));
}

// ---- quantizers

// Operands of a quantizer.
template <typename T>
struct Activations {
  Buffer<T> x;
  Buffer<float> balance;
  Buffer<int32_t> active_set;
  Buffer<float> shift;
  Buffer<float> scale;

  Activations(int which, int rows, int columns)
      : x(normal<T>(11 + which, static_cast<size_t>(rows) * columns, 2.0f, 0.5f)),
        balance(normal<float>(21, 2 * static_cast<size_t>(columns))),
        active_set(1, 1 - which),
        shift(normal<float>(31 + which, static_cast<size_t>(kSamples) * columns)),
        scale(normal<float>(41 + which, static_cast<size_t>(kSamples) * columns)) {
    for (size_t i = 0; i < balance.size(); i++) balance[i] = 0.1f + std::fabs(balance[i]);
  }
};

// One of the quantizing plugins: its own fields and inputs, its kernel, and its definition.
template <typename T>
struct Quantizer {
  const char* plugin;
  PluginFields fields;
  bool modulated;
  std::function<int(const Activations<T>&, viditq_cuda_quantizer, viditq_cuda_tokens)> launch;
  // How many codes and grids are not as they are defined.
  std::function<int(const Activations<T>&, const viditq_cuda_quantizer&, const Tokens&)> wrong;
  bool has_matrix = false;
};

const Buffer<int8_t>& order_12() {
  static const Buffer<int8_t> matrix = paley(11);
  return matrix;
}

// One of each kind that fits the channels, of the largest blocks.
std::vector<viditq_cuda_rotation> rotations(int columns) {
  std::vector<viditq_cuda_rotation> all;
  const int power = columns & -columns;
  if (power >= 2) all.push_back({power, 1, nullptr, 0});
  int regular = 1;
  while (power % (4 * regular) == 0) regular *= 4;
  if (regular > 1) all.push_back({regular, 1, nullptr, 1});
  if (columns % 12 == 0) all.push_back({3 * power, 12, order_12().data(), 0});
  return all;
}

template <typename T>
std::vector<Quantizer<T>> quantizers(int columns) {
  constexpr float kEpsilon = 1e-6f;
  using A = const Activations<T>&;
  std::vector<Quantizer<T>> all = {
      {"ViditqQuantize",
       {},
       false,
       [](A, viditq_cuda_quantizer in, viditq_cuda_tokens out) {
         return viditq_cuda_quantize(in, out, VIDITQ_CUDA_FAST, nullptr);
       },
       [](A a, const viditq_cuda_quantizer& in, const Tokens& got) {
         return wrong_tokens(in, got, values_of(in, balanced_oracle(in, a.x)));
       }},
      {"ViditqGeluQuantize",
       {},
       false,
       [](A, viditq_cuda_quantizer in, viditq_cuda_tokens out) {
         return viditq_cuda_gelu_quantize(in, out, VIDITQ_CUDA_FAST, nullptr);
       },
       [](A a, const viditq_cuda_quantizer& in, const Tokens& got) {
         return wrong_tokens(in, got, values_of(in, gelu_oracle(in, a.x)));
       }},
      {"ViditqNormModulateQuantize",
       {{}, {{"epsilon", kEpsilon}}},
       true,
       [](A a, viditq_cuda_quantizer in, viditq_cuda_tokens out) {
         return viditq_cuda_norm_modulate_quantize(in, a.shift.data(), a.scale.data(), kSamples,
                                                   kEpsilon, out, VIDITQ_CUDA_FAST, nullptr);
       },
       [](A a, const viditq_cuda_quantizer& in, const Tokens& got) {
         return wrong_tokens(
             in, got, values_of(in, norm_oracle(in, a.x, a.shift, a.scale, kSamples, kEpsilon)));
       }}};
  for (const viditq_cuda_rotation& rotation : rotations(columns)) {
    all.push_back({"ViditqHadamardQuantize",
                   {{{"block", rotation.block},
                     {"regular", rotation.regular},
                     {"has_matrix", rotation.base > 1}},
                    {}},
                   false,
                   [rotation](A, viditq_cuda_quantizer in, viditq_cuda_tokens out) {
                     return viditq_cuda_hadamard_quantize(in, rotation, out, VIDITQ_CUDA_FAST,
                                                          nullptr);
                   },
                   [rotation](A a, const viditq_cuda_quantizer& in, const Tokens& got) {
                     return differing_tokens(in, got, rotated_rows(in, a.x, rotation));
                   },
                   rotation.base > 1});
  }
  return all;
}

// What a plugin gave, as the tests hold it.
Tokens tokens_of(const Contents& outputs, int rows, int columns) {
  Tokens tokens(rows, columns);
  std::memcpy(tokens.codes.data(), outputs[0].data(), outputs[0].size());
  std::memcpy(tokens.scale.data(), outputs[1].data(), outputs[1].size());
  std::memcpy(tokens.zero_point.data(), outputs[2].data(), outputs[2].size());
  std::memcpy(tokens.row_sum.data(), outputs[3].data(), outputs[3].size());
  return tokens;
}

// Codes, what pads their rows aside, and grids that differ in any bit.
int different_tokens(const viditq_cuda_quantizer& in, const Tokens& a, const Tokens& b) {
  int different = differences(a.scale, b.scale) + differences(a.zero_point, b.zero_point) +
                  differences(a.row_sum, b.row_sum);
  for (int row = 0; row < in.rows; row++) {
    for (int c = 0; c < in.columns; c++) different += a.code(in, row, c) != b.code(in, row, c);
  }
  return different;
}

template <typename T>
void add_quantizers(std::vector<Case>& cases, int tokens, int columns, int bits, bool symmetric,
                    bool balanced) {
  const int rows = kSamples * tokens;
  for (const Quantizer<T>& quantizer : quantizers<T>(columns)) {
    Case added;
    added.plugin = quantizer.plugin;
    added.source = std::string(type_name<T>()) + " " + std::to_string(rows) + "x" +
                   std::to_string(columns) + " to " + std::to_string(bits) +
                   (symmetric ? " bits, symmetric" : " bits") + (balanced ? ", balanced" : "");
    added.fields = quantizer.fields;
    added.fields.integers.push_back({"bits", bits});
    added.fields.integers.push_back({"symmetric", symmetric});
    added.fields.integers.push_back({"has_balance", balanced});
    added.fields.integers.push_back({"has_active_set", balanced});
    for (const int which : {0, 1}) {
      const Activations<T> a(which, rows, columns);
      add_input(added, which, {kSamples, tokens, columns}, data_type<T>(), a.x);
      if (quantizer.has_matrix) add_input(added, which, {12, 12}, DataType::kINT8, order_12());
      if (quantizer.modulated) {
        add_input(added, which, {kSamples, 1, columns}, DataType::kFLOAT, a.shift);
        add_input(added, which, {kSamples, 1, columns}, DataType::kFLOAT, a.scale);
      }
      if (balanced) {
        add_input(added, which, {2, columns}, DataType::kFLOAT, a.balance);
        add_input(added, which, {1}, DataType::kINT32, a.active_set);
      }
    }
    added.outputs = {{{kSamples, tokens, viditq::code_row(1, columns)}, DataType::kINT8},
                     {{kSamples, tokens}, DataType::kFLOAT},
                     {{kSamples, tokens}, DataType::kINT32},
                     {{kSamples, tokens}, DataType::kINT32}};
    added.judge = [=](int which, const Contents& outputs, parity::Report& report) {
      const Activations<T> a(which, rows, columns);
      viditq_cuda_quantizer in = {a.x.data(), type_of<T>(), rows, columns, bits,
                                  symmetric,  nullptr,      1,    nullptr};
      if (balanced) {
        in.balance = a.balance.data();
        in.sets = 2;
        in.active_set = a.active_set.data();
      }
      const Tokens got = tokens_of(outputs, rows, columns);
      Tokens expected(rows, columns);
      if (finished(quantizer.launch(a, in, expected.view())) != VIDITQ_CUDA_OK) {
        return report.failed("the kernel, called by itself, failed");
      }
      const size_t elements = got.codes.size() + 3 * static_cast<size_t>(rows);
      report.counted("codes and grids, as the kernel's", different_tokens(in, got, expected),
                     elements);
      report.counted("codes and grids, by definition", quantizer.wrong(a, in, got), elements);
    };
    cases.push_back(std::move(added));
  }
}

// ---- linear layers

constexpr int kSets = 3;

// A layer with what stands behind it.
template <typename T>
struct Layer {
  LinearProblem problem;
  Buffer<T> gate;
  Buffer<T> residual;

  Layer(int which, int tokens, int channels, int inner, int weight_bits, bool x_symmetric)
      : problem(kSamples * tokens, channels, inner, weight_bits, false, x_symmetric, kSets),
        gate(normal<T>(51 + which, static_cast<size_t>(kSamples) * channels)),
        residual(normal<T>(61 + which, static_cast<size_t>(kSamples) * tokens * channels)) {
    problem.active_set[0] = which == 0 ? kSets - 1 : 0;
    for (int row = 0; row < problem.rows; row++) {
      problem.x_scale[row] *= static_cast<float>(1 + which);
    }
  }
};

template <typename T>
void add_linear(std::vector<Case>& cases, int tokens, int channels, int inner, int weight_bits,
                bool x_symmetric, bool everything) {
  Case added;
  added.plugin = "ViditqQuantizedLinear";
  added.source = "w" + std::to_string(weight_bits) + "a8 " + type_name<T>() + " " +
                 std::to_string(kSamples * tokens) + "x" + std::to_string(channels) + "x" +
                 std::to_string(inner) + (everything ? ", fused" : "");
  added.fields.integers = {{"channels", channels},        {"inner", inner},
                           {"weight_bits", weight_bits},  {"x_symmetric", x_symmetric},
                           {"output_type", type_of<T>()}, {"has_active_set", 1}};
  if (everything) {
    for (const char* flag : {"has_bias", "has_gate", "has_residual"}) {
      added.fields.integers.push_back({flag, 1});
    }
    added.fields.integers.push_back({"activation", VIDITQ_CUDA_ACTIVATION_GELU_TANH});
  }
  for (const int which : {0, 1}) {
    const Layer<T> layer(which, tokens, channels, inner, weight_bits, x_symmetric);
    const LinearProblem& p = layer.problem;
    const std::vector<int64_t> rows = {kSamples, tokens};
    const std::vector<int64_t> per_channel = {kSets, channels};
    add_input(added, which, {kSamples, tokens, viditq::code_row(1, inner)}, DataType::kINT8,
              p.x_codes);
    add_input(added, which, rows, DataType::kFLOAT, p.x_scale);
    add_input(added, which, rows, DataType::kINT32, p.x_zero_point);
    add_input(added, which, rows, DataType::kINT32, p.x_row_sum);
    add_input(added, which, {kSets, static_cast<int64_t>(p.w_packed.size()) / kSets},
              DataType::kINT8, p.w_packed);
    add_input(added, which, per_channel, DataType::kFLOAT, p.w_scale);
    add_input(added, which, per_channel, DataType::kINT32, p.w_packed_zero_point);
    add_input(added, which, per_channel, DataType::kINT32, p.w_centered_sum);
    add_input(added, which, {1}, DataType::kINT32, p.active_set);
    if (everything) {
      add_input(added, which, {channels}, DataType::kFLOAT, p.bias);
      add_input(added, which, {kSamples, 1, channels}, data_type<T>(), layer.gate);
      add_input(added, which, {kSamples, tokens, channels}, data_type<T>(), layer.residual);
    }
  }
  added.outputs = {{{kSamples, tokens, channels}, data_type<T>()}};
  added.judge = [=](int which, const Contents& outputs, parity::Report& report) {
    Layer<T> layer(which, tokens, channels, inner, weight_bits, x_symmetric);
    viditq_cuda_epilogue epilogue = {};
    if (everything) {
      epilogue = {layer.problem.bias.data(), VIDITQ_CUDA_ACTIVATION_GELU_TANH, layer.gate.data(),
                  tokens, layer.residual.data()};
    }
    Buffer<T> expected(outputs[0].size() / sizeof(T));
    if (finished(layer.problem.launch(epilogue, VIDITQ_CUDA_NAIVE, expected)) != VIDITQ_CUDA_OK) {
      return report.failed("the naive kernel, called by itself, failed");
    }
    report.counted("output, as the naive kernel's", differences(buffer_of<T>(outputs[0]), expected),
                   expected.size());
  };
  cases.push_back(std::move(added));
}

// ---- gated residuals

template <typename T>
void add_gated_residual(std::vector<Case>& cases, int tokens, int columns) {
  const size_t size = static_cast<size_t>(kSamples) * tokens * columns;
  // x, gate and residual
  const auto operands = [=](int which) {
    return std::vector<Buffer<T>>{normal<T>(71 + which, size),
                                  normal<T>(81 + which, static_cast<size_t>(kSamples) * columns),
                                  normal<T>(91 + which, size)};
  };
  Case added;
  added.plugin = "ViditqGatedResidual";
  added.source = std::string(type_name<T>()) + " " + std::to_string(kSamples * tokens) + "x" +
                 std::to_string(columns);
  for (const int which : {0, 1}) {
    const std::vector<Buffer<T>> all = operands(which);
    add_input(added, which, {kSamples, tokens, columns}, data_type<T>(), all[0]);
    add_input(added, which, {kSamples, columns}, data_type<T>(), all[1]);
    add_input(added, which, {kSamples, tokens, columns}, data_type<T>(), all[2]);
  }
  added.outputs = {{{kSamples, tokens, columns}, data_type<T>()}};
  added.judge = [=](int which, const Contents& outputs, parity::Report& report) {
    const std::vector<Buffer<T>> all = operands(which);
    Buffer<T> expected(size);
    for (size_t i = 0; i < size; i++) {
      const size_t sample = i / static_cast<size_t>(columns) / static_cast<size_t>(tokens);
      const float product =
          viditq::to_float(all[1][sample * columns + i % columns]) * viditq::to_float(all[0][i]);
      expected[i] = viditq::from_float<T>(viditq::to_float(all[2][i]) + product);
    }
    report.counted("output, by definition", differences(buffer_of<T>(outputs[0]), expected), size);
  };
  cases.push_back(std::move(added));
}

// ---- attention

template <typename T>
AttentionProblem<T> attention_problem(int which, int tokens, int width, bool biased) {
  // Heads that the tensor cores take, and more keys than a block of them has.
  int heads = 2;
  while (width % heads != 0 || width / heads > 128) heads++;
  const int d = width / heads;
  AttentionProblem<T> problem({kSamples, heads, tokens, 128 + tokens, d, d},
                              static_cast<unsigned>(101 + which));
  if (biased) problem.add_bias(true, false, false, true);
  return problem;
}

template <typename T>
void add_attention(std::vector<Case>& cases, int tokens, int width, bool biased) {
  Case added;
  added.plugin = "ViditqAttention";
  for (const int which : {0, 1}) {
    const AttentionProblem<T> problem = attention_problem<T>(which, tokens, width, biased);
    const AttentionExtents& e = problem.extents;
    if (which == 0) {
      added.source = std::string(type_name<T>()) + " " + std::to_string(kSamples) + "x" +
                     std::to_string(e.queries) + "x" + std::to_string(e.keys) + ", " +
                     std::to_string(e.heads) + " heads of " + std::to_string(e.d) +
                     (biased ? ", biased" : "");
      added.fields = {{{"heads", e.heads}, {"has_bias", biased}}, {{"scale", problem.scale}}};
      added.outputs = {{{e.batch, e.queries, width}, data_type<T>()}};
    }
    add_input(added, which, {e.batch, e.queries, width}, data_type<T>(), problem.q);
    add_input(added, which, {e.batch, e.keys, width}, data_type<T>(), problem.k);
    add_input(added, which, {e.batch, e.keys, width}, data_type<T>(), problem.v);
    if (biased) {
      add_input(added, which, {e.batch, 1, 1, e.keys}, data_type<T>(), *problem.bias);
    }
  }
  added.judge = [=](int which, const Contents& outputs, parity::Report& report) {
    const AttentionProblem<T> problem = attention_problem<T>(which, tokens, width, biased);
    const Buffer<T> actual = buffer_of<T>(outputs[0]);
    Buffer<T> expected(problem.results());
    Buffer<unsigned char> workspace = problem.workspace();
    if (finished(problem.launch(expected, workspace, VIDITQ_CUDA_NAIVE)) != VIDITQ_CUDA_OK) {
      return report.failed("the naive kernel, called by itself, failed");
    }
    report.counted("output, as the naive kernel's", differences(actual, expected), expected.size());
    report.counted("output, by definition", wrong_results(problem, actual), expected.size());
  };
  cases.push_back(std::move(added));
}

template <typename T>
void add_all(std::vector<Case>& cases, int tokens, int width) {
  // A row of codes that is padded, and one that is not.
  for (const int columns : {width + 1, width}) {
    add_quantizers<T>(cases, tokens, columns, 8, columns == width, true);
  }
  add_quantizers<T>(cases, tokens, width, 6, false, false);
  for (const int weight_bits : {4, 8}) {
    add_linear<T>(cases, tokens, width - 2, width, weight_bits, weight_bits == 4, true);
    add_linear<T>(cases, tokens, width, width + 1, weight_bits, weight_bits == 8, false);
  }
  add_gated_residual<T>(cases, tokens, width);
  for (const bool biased : {false, true}) add_attention<T>(cases, tokens, width, biased);
}

}  // namespace

std::vector<Case> cases(int tokens, int width) {
  std::vector<Case> all;
  add_all<float>(all, tokens, width);
  add_all<__half>(all, tokens, width);
  add_all<__nv_bfloat16>(all, tokens, width);
  return all;
}

}  // namespace enqueue
