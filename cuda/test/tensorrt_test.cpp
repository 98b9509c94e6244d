// The plugins, called as TensorRT calls them, on host memory and emulated kernels. What they launch
// is held against the kernels' C interface, to the bit.
#include <deque>
#include <memory>
#include <string>

#include "attention_problem.h"
#include "linear_problem.h"
#include "nvinfer.h"
#include "token_oracles.h"
#include "token_problem.h"

extern "C" nvinfer1::IPluginCreatorInterface* const* getCreators(int32_t& count);
extern "C" void setLoggerFinder(nvinfer1::ILoggerFinder* finder);

namespace {
int tensorrt_version = 110200;
}
// The library asks for this to learn whose logger it is given.
extern "C" int32_t getInferLibVersion() noexcept { return tensorrt_version; }

namespace {

using namespace nvinfer1;

// ---- what TensorRT would bring

class FakeLogger : public ILogger {
 public:
  void log(Severity, const char* message) noexcept override { last = message; }
  std::string last;
};

class FakeFinder : public ILoggerFinder {
 public:
  ILogger* findLogger() override {
    asked++;
    return &logger;
  }
  FakeLogger logger;
  int asked = 0;
};

class FakeRecorder : public IErrorRecorder {
 public:
  int32_t getNbErrors() const noexcept override { return count; }
  ErrorCode getErrorCode(int32_t) const noexcept override { return code; }
  const char* getErrorDesc(int32_t) const noexcept override { return last.c_str(); }
  bool hasOverflowed() const noexcept override { return false; }
  void clear() noexcept override { count = 0; }
  bool reportError(ErrorCode error, const char* description) noexcept override {
    count++;
    code = error;
    last = description;
    return false;
  }
  int32_t incRefCount() noexcept override { return 1; }
  int32_t decRefCount() noexcept override { return 1; }
  int32_t count = 0;
  ErrorCode code = ErrorCode::kSUCCESS;
  std::string last;
};

class FakeContext : public IPluginResourceContext {
 public:
  IGpuAllocator* getGpuAllocator() const noexcept override { return nullptr; }
  IErrorRecorder* getErrorRecorder() const noexcept override { return recorder; }
  FakeRecorder* recorder = nullptr;
};

// An extent, -1 for one that is not known.
class FakeExtent : public IDimensionExpr {
 public:
  explicit FakeExtent(int64_t value) : implementation_(value) { mImpl = &implementation_; }
  int64_t value() const { return implementation_.value; }

 private:
  struct Implementation : apiv::VDimensionExpr {
    explicit Implementation(int64_t value) : value(value) {}
    bool isConstant() const override { return value >= 0; }
    int64_t getConstantValue() const override { return value; }
    bool isSizeTensor() const override { return false; }
    int64_t value;
  } implementation_;
};

class FakeBuilder : public IExprBuilder {
 public:
  FakeBuilder() { mImpl = &implementation_; }
  const IDimensionExpr* extent(int64_t value) { return implementation_.constant(value); }
  DimsExprs extents(std::initializer_list<int64_t> values) {
    DimsExprs all{0, {}};
    for (const int64_t value : values) all.d[all.nbDims++] = extent(value);
    return all;
  }

 private:
  struct Implementation : apiv::VExprBuilder {
    const IDimensionExpr* constant(int64_t value) override { return &made.emplace_back(value); }
    const IDimensionExpr* operation(DimensionOperation operation, const IDimensionExpr& first,
                                    const IDimensionExpr& second) override {
      const int64_t a = static_cast<const FakeExtent&>(first).value();
      const int64_t b = static_cast<const FakeExtent&>(second).value();
      if (a < 0 || b < 0) return constant(-1);
      CHECK_EQUAL(
          operation == DimensionOperation::kPROD || operation == DimensionOperation::kCEIL_DIV,
          true);
      return constant(operation == DimensionOperation::kPROD ? a * b : (a + b - 1) / b);
    }
    const IDimensionExpr* declareSizeTensor(int32_t, const IDimensionExpr&,
                                            const IDimensionExpr&) override {
      return nullptr;
    }
    std::deque<FakeExtent> made;
  } implementation_;
};

std::vector<int64_t> values_of(const DimsExprs& extents) {
  std::vector<int64_t> values;
  for (int i = 0; i < extents.nbDims; i++) {
    values.push_back(static_cast<const FakeExtent*>(extents.d[i])->value());
  }
  return values;
}

// ---- a plugin under test

struct IntegerField {
  const char* name;
  int32_t value;
};

// One operand of an execution.
struct Operand {
  std::vector<int64_t> extents;
  DataType type;
  const void* data;
};

class Plugin {
 public:
  // `real`: of the one field that is no integer, which is left out if it is negative.
  Plugin(const char* name, const std::vector<IntegerField>& integers, float real = -1,
         const char* real_name = "epsilon") {
    std::vector<PluginField> fields;
    for (const IntegerField& field : integers) {
      fields.emplace_back(field.name, &field.value, PluginFieldType::kINT32, 1);
    }
    if (real >= 0) fields.emplace_back(real_name, &real, PluginFieldType::kFLOAT32, 1);
    const PluginFieldCollection collection = {static_cast<int32_t>(fields.size()), fields.data()};
    plugin_.reset(creator(name)->createPlugin(name, &collection, TensorRTPhase::kBUILD));
    CHECK_EQUAL(plugin_ != nullptr, true);
  }
  explicit Plugin(IPluginV3* plugin) : plugin_(plugin) { CHECK_EQUAL(plugin != nullptr, true); }

  static IPluginCreatorV3One* creator(const std::string& name) {
    int32_t count = 0;
    IPluginCreatorInterface* const* all = getCreators(count);
    for (int32_t i = 0; i < count; i++) {
      auto* found = static_cast<IPluginCreatorV3One*>(all[i]);
      if (found->getPluginName() == name) return found;
    }
    return nullptr;
  }

  IPluginV3* operator->() { return plugin_.get(); }
  IPluginV3OneBuild* build() {
    return static_cast<IPluginV3OneBuild*>(
        plugin_->getCapabilityInterface(PluginCapabilityType::kBUILD));
  }
  IPluginV3OneRuntime* runtime() {
    return static_cast<IPluginV3OneRuntime*>(
        plugin_->getCapabilityInterface(PluginCapabilityType::kRUNTIME));
  }

  // The path of an engine: fields written, read, attached to a context, told its shapes, run.
  int enqueue(const std::vector<Operand>& inputs, const std::vector<Operand>& outputs,
              FakeRecorder* recorder = nullptr, int tactic = 0) {
    const char* name =
        static_cast<IPluginV3OneCore*>(plugin_->getCapabilityInterface(PluginCapabilityType::kCORE))
            ->getPluginName();
    const PluginFieldCollection* fields = runtime()->getFieldsToSerialize();
    Plugin restored(creator(name)->createPlugin(name, fields, TensorRTPhase::kRUNTIME));
    FakeContext context;
    context.recorder = recorder;
    Plugin attached(restored.runtime()->attachToContext(&context));

    std::vector<PluginTensorDesc> in;
    std::vector<PluginTensorDesc> out;
    std::vector<const void*> in_data;
    std::vector<void*> out_data;
    for (const Operand& operand : inputs) {
      in.push_back(described(operand));
      in_data.push_back(operand.data);
    }
    for (const Operand& operand : outputs) {
      out.push_back(described(operand));
      out_data.push_back(const_cast<void*>(operand.data));
    }
    if (const int status = attached.runtime()->setTactic(tactic)) return status;
    if (const int status =
            attached.runtime()->onShapeChange(in.data(), static_cast<int32_t>(in.size()),
                                              out.data(), static_cast<int32_t>(out.size()))) {
      return status;
    }
    Buffer<unsigned char> workspace(workspace_bytes(inputs, outputs), 0xee);
    return attached.runtime()->enqueue(in.data(), out.data(), in_data.data(), out_data.data(),
                                       workspace.size() == 0 ? nullptr : workspace.data(), nullptr);
  }

  // What a builder asks for when these are the largest extents of a profile.
  size_t workspace_bytes(const std::vector<Operand>& inputs, const std::vector<Operand>& outputs) {
    const auto dynamic = [](const std::vector<Operand>& operands) {
      std::vector<DynamicPluginTensorDesc> all;
      for (const Operand& operand : operands) {
        const PluginTensorDesc desc = described(operand);
        all.push_back({desc, desc.dims, desc.dims, desc.dims});
      }
      return all;
    };
    const std::vector<DynamicPluginTensorDesc> in = dynamic(inputs);
    const std::vector<DynamicPluginTensorDesc> out = dynamic(outputs);
    return build()->getWorkspaceSize(in.data(), static_cast<int32_t>(in.size()), out.data(),
                                     static_cast<int32_t>(out.size()));
  }

  static PluginTensorDesc described(const Operand& operand) {
    PluginTensorDesc desc = {};
    for (const int64_t extent : operand.extents) desc.dims.d[desc.dims.nbDims++] = extent;
    desc.type = operand.type;
    desc.format = TensorFormat::kLINEAR;
    return desc;
  }

 private:
  std::unique_ptr<IPluginV3> plugin_;
};

template <typename T>
constexpr DataType data_type() {
  return type_of<T>() == VIDITQ_CUDA_FLOAT32   ? DataType::kFLOAT
         : type_of<T>() == VIDITQ_CUDA_FLOAT16 ? DataType::kHALF
                                               : DataType::kBF16;
}

bool contains(const std::string& text, const char* part) {
  return text.find(part) != std::string::npos;
}

// ---- quantizers

std::vector<Operand> operands(const Tokens& out, int64_t samples, int64_t tokens, int columns) {
  return {{{samples, tokens, viditq::code_row(1, columns)}, DataType::kINT8, out.codes.data()},
          {{samples, tokens}, DataType::kFLOAT, out.scale.data()},
          {{samples, tokens}, DataType::kINT32, out.zero_point.data()},
          {{samples, tokens}, DataType::kINT32, out.row_sum.data()}};
}

int differences(const Tokens& a, const Tokens& b) {
  return differences(a.codes, b.codes) + differences(a.scale, b.scale) +
         differences(a.zero_point, b.zero_point) + differences(a.row_sum, b.row_sum);
}

constexpr int kSamples = 3;
constexpr int kTokens = 5;
constexpr int kRows = kSamples * kTokens;

template <typename T>
void check_quantizers(int columns, int bits, int symmetric) {
  const Buffer<T> x = normal<T>(7, static_cast<size_t>(kRows * columns));
  Buffer<float> balance = normal<float>(8, static_cast<size_t>(2 * columns), 0.1f, 1.0f);
  const Buffer<int32_t> active_set(1, 1);
  const Buffer<float> shift = normal<float>(9, static_cast<size_t>(kSamples * columns));
  const Buffer<float> scale = normal<float>(10, static_cast<size_t>(kSamples * columns));
  const Operand x_operand = {{kSamples, kTokens, columns}, data_type<T>(), x.data()};

  for (const bool balanced : {false, true}) {
    const viditq_cuda_quantizer in = {x.data(),
                                      type_of<T>(),
                                      kRows,
                                      columns,
                                      bits,
                                      symmetric,
                                      balanced ? balance.data() : nullptr,
                                      balanced ? 2 : 1,
                                      balanced ? active_set.data() : nullptr};
    std::vector<Operand> balance_operands;
    if (balanced) {
      balance_operands = {{{2, columns}, DataType::kFLOAT, balance.data()},
                          {{1}, DataType::kINT32, active_set.data()}};
    }
    const std::vector<IntegerField> fields = {{"bits", bits},
                                              {"symmetric", symmetric},
                                              {"has_balance", balanced},
                                              {"has_active_set", balanced}};
    const auto check = [&](const char* name, std::vector<IntegerField> own, float epsilon,
                           std::vector<Operand> inputs, auto launch) {
      Tokens expected(kRows, columns);
      CHECK_EQUAL(launch(expected.view()), VIDITQ_CUDA_OK);
      own.insert(own.end(), fields.begin(), fields.end());
      inputs.insert(inputs.end(), balance_operands.begin(), balance_operands.end());
      Tokens actual(kRows, columns);
      CHECK_EQUAL(
          Plugin(name, own, epsilon).enqueue(inputs, operands(actual, kSamples, kTokens, columns)),
          0);
      CHECK_EQUAL(differences(actual, expected), 0);
    };
    check("ViditqQuantize", {}, -1, {x_operand}, [&](viditq_cuda_tokens out) {
      return viditq_cuda_quantize(in, out, VIDITQ_CUDA_FAST, nullptr);
    });
    check("ViditqGeluQuantize", {}, -1, {x_operand}, [&](viditq_cuda_tokens out) {
      return viditq_cuda_gelu_quantize(in, out, VIDITQ_CUDA_FAST, nullptr);
    });
    const auto check_rotation = [&](std::vector<IntegerField> own, std::vector<Operand> inputs,
                                    const viditq_cuda_rotation& rotation) {
      if (columns % rotation.block != 0) return;
      own.push_back({"block", rotation.block});
      check("ViditqHadamardQuantize", own, -1, inputs, [&](viditq_cuda_tokens out) {
        return viditq_cuda_hadamard_quantize(in, rotation, out, VIDITQ_CUDA_FAST, nullptr);
      });
    };
    const Buffer<int8_t> matrix = paley(11);
    check_rotation({}, {x_operand}, {8, 1, nullptr, 0});
    check_rotation({{"regular", 1}}, {x_operand}, {4, 1, nullptr, 1});
    check_rotation({{"has_matrix", 1}}, {x_operand, {{12, 12}, DataType::kINT8, matrix.data()}},
                   {24, 12, matrix.data(), 0});
    check("ViditqNormModulateQuantize", {}, 1e-5f,
          {x_operand,
           {{kSamples, 1, columns}, DataType::kFLOAT, shift.data()},
           {{kSamples, 1, columns}, DataType::kFLOAT, scale.data()}},
          [&](viditq_cuda_tokens out) {
            return viditq_cuda_norm_modulate_quantize(in, shift.data(), scale.data(), kSamples,
                                                      1e-5f, out, VIDITQ_CUDA_FAST, nullptr);
          });
  }
}

TEST(quantizers_give_what_the_kernels_give) {
  for (const int columns : {33, 72}) {
    check_quantizers<float>(columns, 8, 0);
    check_quantizers<__half>(columns, 8, 1);
    check_quantizers<__nv_bfloat16>(columns, 6, 0);
  }
}

// ---- linear layers

std::vector<Operand> linear_operands(const LinearProblem& p) {
  const int64_t tokens = p.rows / 2;
  return {{{2, tokens, viditq::code_row(1, p.inner)}, DataType::kINT8, p.x_codes.data()},
          {{2, tokens}, DataType::kFLOAT, p.x_scale.data()},
          {{2, tokens}, DataType::kINT32, p.x_zero_point.data()},
          {{2, tokens}, DataType::kINT32, p.x_row_sum.data()},
          {{p.sets, static_cast<int64_t>(p.w_packed.size()) / p.sets},
           DataType::kINT8,
           p.w_packed.data()},
          {{p.sets, p.channels}, DataType::kFLOAT, p.w_scale.data()},
          {{p.sets, p.channels}, DataType::kINT32, p.w_packed_zero_point.data()},
          {{p.sets, p.channels}, DataType::kINT32, p.w_centered_sum.data()}};
}

std::vector<IntegerField> linear_fields(const LinearProblem& p, int output_type) {
  return {{"channels", p.channels},
          {"inner", p.inner},
          {"weight_bits", p.weight_bits},
          {"x_symmetric", p.x_symmetric},
          {"output_type", output_type}};
}

template <typename T>
void check_linear(int weight_bits, bool x_symmetric) {
  LinearProblem problem(20, 70, 72, weight_bits, false, x_symmetric, 3);
  problem.active_set[0] = 1;
  const Buffer<T> gate = normal<T>(1, 2 * 70);
  const Buffer<T> residual = normal<T>(2, 20 * 70);
  for (const bool everything : {false, true}) {
    viditq_cuda_epilogue epilogue = {};
    std::vector<Operand> inputs = linear_operands(problem);
    std::vector<IntegerField> fields = linear_fields(problem, type_of<T>());
    // Always here, since the problem's own run chooses by it.
    fields.push_back({"has_active_set", 1});
    inputs.push_back({{}, DataType::kINT32, problem.active_set.data()});
    if (everything) {
      epilogue = {problem.bias.data(), VIDITQ_CUDA_ACTIVATION_GELU_TANH, gate.data(), 10,
                  residual.data()};
      for (const char* flag : {"has_bias", "has_gate", "has_residual"}) fields.push_back({flag, 1});
      fields.push_back({"activation", VIDITQ_CUDA_ACTIVATION_GELU_TANH});
      inputs.push_back({{70}, DataType::kFLOAT, problem.bias.data()});
      inputs.push_back({{2, 1, 70}, data_type<T>(), gate.data()});
      inputs.push_back({{2, 10, 70}, data_type<T>(), residual.data()});
    }
    const Buffer<T> expected = problem.run<T>(epilogue, VIDITQ_CUDA_NAIVE);
    Plugin plugin("ViditqQuantizedLinear", fields);

    std::vector<int32_t> tactics(static_cast<size_t>(plugin.build()->getNbTactics()));
    CHECK_EQUAL(
        plugin.build()->getValidTactics(tactics.data(), static_cast<int32_t>(tactics.size())), 0);
    CHECK_EQUAL(tactics.size() + 1, linear_kernels().size());  // no naive one
    tactics.push_back(0);
    for (const int32_t tactic : tactics) {
      Buffer<T> actual(expected.size());
      CHECK_EQUAL(
          plugin.enqueue(inputs, {{{2, 10, 70}, data_type<T>(), actual.data()}}, nullptr, tactic),
          0);
      CHECK_EQUAL(differences(actual, expected), 0);
    }
  }
}

TEST(linear_layers_give_what_the_kernels_give_with_every_tactic) {
  for (const int weight_bits : {4, 8}) {
    check_linear<float>(weight_bits, false);
    check_linear<__half>(weight_bits, true);
    check_linear<__nv_bfloat16>(weight_bits, false);
  }
}

TEST(the_device_side_index_chooses_the_weight_set) {
  LinearProblem problem(4, 9, 16, 8, false, false, 2);
  std::vector<IntegerField> fields = linear_fields(problem, VIDITQ_CUDA_FLOAT32);
  fields.push_back({"has_active_set", 1});
  Plugin plugin("ViditqQuantizedLinear", fields);
  std::vector<Operand> inputs = linear_operands(problem);
  inputs.push_back({{1}, DataType::kINT32, problem.active_set.data()});
  std::vector<Buffer<float>> results;
  for (const int set : {0, 1}) {
    problem.active_set[0] = set;
    Buffer<float> y(4 * 9);
    CHECK_EQUAL(plugin.enqueue(inputs, {{{2, 2, 9}, DataType::kFLOAT, y.data()}}), 0);
    CHECK_EQUAL(differences(y, problem.run<float>({}, VIDITQ_CUDA_NAIVE)), 0);
    results.push_back(y);
  }
  CHECK_EQUAL(differences(results[0], results[1]) > 0, true);
}

TEST(gated_residuals_give_what_the_kernel_gives) {
  const Buffer<__half> x = normal<__half>(1, kRows * 24);
  const Buffer<__half> gate = normal<__half>(2, kSamples * 24);
  const Buffer<__half> residual = normal<__half>(3, kRows * 24);
  Buffer<__half> expected(kRows * 24);
  CHECK_EQUAL(viditq_cuda_gated_residual(x.data(), gate.data(), kTokens, residual.data(), kRows, 24,
                                         expected.data(), VIDITQ_CUDA_FLOAT16, nullptr),
              VIDITQ_CUDA_OK);
  Buffer<__half> actual(kRows * 24);
  CHECK_EQUAL(Plugin("ViditqGatedResidual", {})
                  .enqueue({{{kSamples, kTokens, 24}, DataType::kHALF, x.data()},
                            {{kSamples, 24}, DataType::kHALF, gate.data()},
                            {{kSamples, kTokens, 24}, DataType::kHALF, residual.data()}},
                           {{{kSamples, kTokens, 24}, DataType::kHALF, actual.data()}}),
              0);
  CHECK_EQUAL(differences(actual, expected), 0);
}

// ---- attention

std::vector<IntegerField> attention_fields(int heads, bool biased) {
  return {{"heads", heads}, {"has_bias", biased}};
}

template <typename T>
std::vector<Operand> attention_operands(const AttentionProblem<T>& p) {
  const AttentionExtents& e = p.extents;
  const auto operand = [&](int tokens, const Buffer<T>& data) {
    return Operand{{e.batch, tokens, e.heads * e.d}, data_type<T>(), data.data()};
  };
  std::vector<Operand> all = {operand(e.queries, p.q), operand(e.keys, p.k), operand(e.keys, p.v)};
  if (p.bias != nullptr) {
    all.push_back({{p.bias_extents.begin(), p.bias_extents.end()}, data_type<T>(), p.bias->data()});
  }
  return all;
}

template <typename T>
void check_attention(const AttentionExtents& e, bool biased) {
  AttentionProblem<T> problem(e);
  if (biased) problem.add_bias(true, false, false, true);
  const Buffer<T> expected = problem.run(VIDITQ_CUDA_FAST);
  Buffer<T> actual(expected.size());
  Plugin plugin("ViditqAttention", attention_fields(e.heads, biased), problem.scale, "scale");
  CHECK_EQUAL(
      plugin.enqueue(attention_operands(problem),
                     {{{e.batch, e.queries, e.heads * e.d}, data_type<T>(), actual.data()}}),
      0);
  CHECK_EQUAL(differences(actual, expected), 0);
}

TEST(attention_gives_what_the_kernel_gives) {
  for (const bool biased : {false, true}) {
    check_attention<float>({2, 3, 5, 130, 24, 24}, biased);
    check_attention<__half>({1, 2, 9, 20, 72, 72}, biased);
    check_attention<__nv_bfloat16>({2, 1, 3, 7, 130, 130}, biased);  // without a workspace
  }
}

TEST(attention_asks_for_the_workspace_of_the_largest_extents) {
  const AttentionProblem<float> problem({2, 3, 5, 130, 24, 24});
  Plugin plugin("ViditqAttention", attention_fields(3, false), 1.0f, "scale");
  const std::vector<Operand> outputs = {{{2, 5, 72}, DataType::kFLOAT, nullptr}};
  std::vector<Operand> inputs = attention_operands(problem);
  CHECK_EQUAL(static_cast<int64_t>(plugin.workspace_bytes(inputs, outputs)),
              viditq_cuda_attention_workspace(problem.operands()));
  inputs[0].extents = {2, int64_t{1} << 40, 72};
  CHECK_EQUAL(plugin.workspace_bytes(inputs, outputs), 0u);
  inputs[0].extents = {2, 5};
  CHECK_EQUAL(plugin.workspace_bytes(inputs, outputs), 0u);
  CHECK_EQUAL(Plugin("ViditqGatedResidual", {}).workspace_bytes(inputs, outputs), 0u);
}

TEST(extents_of_attention_are_checked) {
  FakeFinder finder;
  setLoggerFinder(&finder);
  const auto refused = [&](int heads, const std::vector<std::vector<int64_t>>& shapes,
                           const char* message) {
    Plugin plugin("ViditqAttention", attention_fields(heads, shapes.size() == 4), 0.5f, "scale");
    std::vector<PluginTensorDesc> in;
    for (const std::vector<int64_t>& shape : shapes) {
      in.push_back(Plugin::described({shape, DataType::kFLOAT, nullptr}));
    }
    PluginTensorDesc out = {};
    CHECK_EQUAL(
        plugin.runtime()->onShapeChange(in.data(), static_cast<int32_t>(in.size()), &out, 1), 1);
    CHECK_EQUAL(contains(finder.logger.last, message), true);
  };
  refused(3, {{5, 72}, {5, 72}, {5, 72}}, "q has the extents [5, 72]; it must have 3 to 3");
  refused(5, {{2, 5, 72}, {2, 7, 72}, {2, 7, 72}},
          "q has 72 channels, which are not 5 heads of 1 to 1024.");
  refused(1, {{2, 5, 1025}, {2, 7, 1025}, {2, 7, 1025}}, "q has 1025 channels");
  refused(1, {{2, 5, 0}, {2, 7, 0}, {2, 7, 0}}, "q has 0 channels");
  refused(3, {{2, 5, 72}, {1, 7, 72}, {1, 7, 72}}, "k has the extents [1, 7, 72]");
  refused(3, {{2, 5, 72}, {2, 7, 72}, {2, 8, 72}}, "v has the extents [2, 8, 72]");
  refused(3, {{2, 5, 72}, {2, 0, 72}, {2, 0, 72}}, "k has no tokens to attend to.");
  refused(3, {{2, 5, 72}, {2, 7, 72}, {2, 7, 72}, {2, 2, 1, 7}},
          "bias has the extents [2, 2, 1, 7]; the fields and the other inputs ask for "
          "[2, 3, 1, 7].");
  refused(3, {{2, 5, 72}, {2, 7, 72}, {2, 7, 72}, {2, 7}}, "bias has the extents [2, 7]");
  setLoggerFinder(nullptr);
}

// ---- shapes and types

TEST(output_extents_follow_the_input) {
  FakeBuilder builder;
  Plugin plugin("ViditqQuantize", {});
  for (const int64_t columns : {72, 80}) {
    const DimsExprs x = builder.extents({2, -1, columns});
    DimsExprs outputs[4];
    CHECK_EQUAL(plugin.build()->getOutputShapes(&x, 1, nullptr, 0, outputs, 4, builder), 0);
    CHECK_EQUAL(values_of(outputs[0]) == (std::vector<int64_t>{2, -1, 80}), true);
    for (int i = 1; i < 4; i++) {
      CHECK_EQUAL(values_of(outputs[i]) == (std::vector<int64_t>{2, -1}), true);
    }
  }
  DataType types[4];
  const DataType half = DataType::kHALF;
  CHECK_EQUAL(plugin.build()->getOutputDataTypes(types, 4, &half, 1), 0);
  CHECK_EQUAL(types[0] == DataType::kINT8 && types[1] == DataType::kFLOAT &&
                  types[2] == DataType::kINT32 && types[3] == DataType::kINT32,
              true);
}

// Asks as TensorRT does, operand by operand, the earlier ones being as given.
bool supports(Plugin& plugin, const std::vector<DataType>& types, int outputs,
              TensorFormat format = TensorFormat::kLINEAR) {
  std::vector<DynamicPluginTensorDesc> descs(types.size());
  for (size_t i = 0; i < types.size(); i++) {
    descs[i] = {};
    descs[i].desc.type = types[i];
    descs[i].desc.format = format;
    if (!plugin.build()->supportsFormatCombination(static_cast<int32_t>(i), descs.data(),
                                                   static_cast<int32_t>(types.size()) - outputs,
                                                   outputs)) {
      return false;
    }
  }
  return true;
}

TEST(formats_are_linear_and_types_are_those_of_the_operands) {
  const DataType f = DataType::kFLOAT;
  const DataType h = DataType::kHALF;
  const DataType b = DataType::kBF16;
  const DataType c = DataType::kINT8;
  const DataType i = DataType::kINT32;
  Plugin quantize("ViditqQuantize", {{"has_balance", 1}});
  for (const DataType x : {f, h, b}) CHECK_EQUAL(supports(quantize, {x, f, c, f, i, i}, 4), true);
  CHECK_EQUAL(supports(quantize, {i, f, c, f, i, i}, 4), false);
  CHECK_EQUAL(supports(quantize, {h, h, c, f, i, i}, 4), false);
  CHECK_EQUAL(supports(quantize, {h, f, c, h, i, i}, 4), false);
  CHECK_EQUAL(supports(quantize, {h, f, c, f, i, i}, 4, static_cast<TensorFormat>(1)), false);

  Plugin linear(
      "ViditqQuantizedLinear",
      {{"channels", 8}, {"inner", 8}, {"output_type", VIDITQ_CUDA_BFLOAT16}, {"has_residual", 1}});
  CHECK_EQUAL(supports(linear, {c, f, i, i, c, f, i, i, b, b}, 1), true);
  CHECK_EQUAL(supports(linear, {c, f, i, i, c, f, i, i, h, b}, 1), false);
  CHECK_EQUAL(supports(linear, {c, f, i, i, c, f, i, i, b, h}, 1), false);

  Plugin residual("ViditqGatedResidual", {});
  CHECK_EQUAL(supports(residual, {h, h, h, h}, 1), true);
  CHECK_EQUAL(supports(residual, {h, f, h, h}, 1), false);
}

// ---- what goes wrong

struct BadShape {
  size_t input;
  std::vector<int64_t> extents;
  const char* message;
};

TEST(extents_that_do_not_fit_are_refused_with_a_sentence) {
  FakeFinder finder;
  setLoggerFinder(&finder);
  LinearProblem problem(20, 70, 72, 8, false, false, 3);
  std::vector<Operand> good = linear_operands(problem);
  good.push_back({{1}, DataType::kINT32, nullptr});
  good.push_back({{70}, DataType::kFLOAT, nullptr});
  good.push_back({{2, 1, 70}, DataType::kFLOAT, nullptr});
  good.push_back({{2, 10, 70}, DataType::kFLOAT, nullptr});
  std::vector<IntegerField> fields = linear_fields(problem, VIDITQ_CUDA_FLOAT32);
  for (const char* flag : {"has_active_set", "has_bias", "has_gate", "has_residual"}) {
    fields.push_back({flag, 1});
  }
  Plugin plugin("ViditqQuantizedLinear", fields);
  const std::vector<BadShape> bad = {
      {0, {80}, "codes has the extents [80]; it must have 2 to 8 dimensions."},
      {0, {2, 10, 72}, "codes has the extents [2, 10, 72]; the last must be 80."},
      {1,
       {2, 11},
       "x_scale has the extents [2, 11] and codes has the extents [2, 10, 80]; x_scale "
       "must have all of these but the last."},
      {3, {2, 10, 1}, "x_row_sum has the extents [2, 10, 1]"},
      {4,
       {3, 5600 - 16},
       "w_codes has the extents [3, 5584]; the fields and the other inputs ask "
       "for [?, 5600]."},
      {5,
       {2, 70},
       "w_scale has the extents [2, 70]; the fields and the other inputs ask for "
       "[3, 70]."},
      {7, {3, 71}, "w_centered_sum has the extents [3, 71]"},
      {8, {3}, "active_set has the extents [3]; it must be one value."},
      {9, {71}, "bias has the extents [71]"},
      {10,
       {3, 70},
       "gate has the extents [3, 70] and codes has the extents [2, 10, 80]; 20 rows do "
       "not divide into 3 samples."},
      {11,
       {20, 70},
       "residual has the extents [20, 70] and the result has the extents "
       "[2, 10, 70]; they must agree."}};
  for (const BadShape& shape : bad) {
    std::vector<Operand> inputs = good;
    inputs[shape.input].extents = shape.extents;
    FakeBuilder builder;
    std::vector<DimsExprs> expressions;
    std::vector<PluginTensorDesc> concrete;
    for (const Operand& input : inputs) {
      concrete.push_back(Plugin::described(input));
      DimsExprs& all = expressions.emplace_back();
      all.nbDims = 0;
      for (const int64_t extent : input.extents) all.d[all.nbDims++] = builder.extent(extent);
    }
    const auto count = static_cast<int32_t>(inputs.size());
    DimsExprs output;
    CHECK_EQUAL(
        plugin.build()->getOutputShapes(expressions.data(), count, nullptr, 0, &output, 1, builder),
        1);
    CHECK_EQUAL(contains(finder.logger.last, shape.message), true);
    finder.logger.last.clear();
    PluginTensorDesc out = Plugin::described({{2, 10, 70}, DataType::kFLOAT, nullptr});
    CHECK_EQUAL(plugin.runtime()->onShapeChange(concrete.data(), count, &out, 1), 1);
    CHECK_EQUAL(contains(finder.logger.last, shape.message), true);
  }
  setLoggerFinder(nullptr);
}

TEST(extents_of_quantizers_are_checked) {
  FakeFinder finder;
  setLoggerFinder(&finder);
  const auto refused = [&](Plugin plugin, const std::vector<std::vector<int64_t>>& shapes,
                           const char* message) {
    std::vector<PluginTensorDesc> in;
    for (const std::vector<int64_t>& shape : shapes) {
      in.push_back(Plugin::described({shape, DataType::kFLOAT, nullptr}));
    }
    PluginTensorDesc out[4] = {};
    CHECK_EQUAL(plugin.runtime()->onShapeChange(in.data(), static_cast<int32_t>(in.size()), out, 4),
                1);
    CHECK_EQUAL(contains(finder.logger.last, message), true);
  };
  refused(Plugin("ViditqQuantize", {}), {{2, 32769}}, "x has 32769 channels");
  refused(Plugin("ViditqQuantize", {}), {{2, 0}}, "x has 0 channels; codes are for 1 to 32768.");
  refused(Plugin("ViditqQuantize", {{"has_balance", 1}}), {{2, 8}, {1, 9}},
          "balance has the extents [1, 9]");
  refused(Plugin("ViditqHadamardQuantize", {{"block", 16}}), {{2, 40}},
          "x has 40 channels, which do not divide into blocks of 16.");
  const auto with_matrix = [](int block) {
    return Plugin("ViditqHadamardQuantize", {{"block", block}, {"has_matrix", 1}});
  };
  refused(with_matrix(48), {{2, 48}, {12, 16}},
          "matrix has the extents [12, 16]; the fields and the other inputs ask for [12, 12].");
  refused(with_matrix(48), {{2, 48}, {144}}, "matrix has the extents [144]");
  refused(with_matrix(48), {{2, 48}, {20, 20}},
          "matrix is of order 20, of which blocks of 48 are not a power of two times.");
  refused(with_matrix(36), {{2, 36}, {12, 12}},
          "matrix is of order 12, of which blocks of 36 are not a power of two times.");
  refused(with_matrix(48), {{2, 48}, {0, 0}}, "matrix is of order 0");
  refused(Plugin("ViditqNormModulateQuantize", {}), {{2, 3, 8}, {4, 8}, {4, 8}},
          "6 rows do not divide into 4 samples.");
  refused(Plugin("ViditqNormModulateQuantize", {}), {{2, 3, 8}, {2, 8}, {1, 8}},
          "scale has the extents [1, 8] and shift has the extents [2, 8]; they must agree.");
  refused(Plugin("ViditqQuantize", {}), {{2, 8}, {2, 8}},
          "2 inputs are connected; the fields ask for 1.");
  setLoggerFinder(nullptr);
}

TEST(failed_launches_reach_the_error_recorder) {
  LinearProblem problem(4, 9, 16, 8, false, false, 1);
  Plugin plugin("ViditqQuantizedLinear", linear_fields(problem, VIDITQ_CUDA_FLOAT32));
  Buffer<float> y(4 * 9, -77.0f);
  const std::vector<Operand> outputs = {{{2, 2, 9}, DataType::kFLOAT, y.data()}};
  FakeRecorder recorder;

  std::vector<Operand> inputs = linear_operands(problem);
  inputs[0].data = problem.x_codes.data() + 1;
  CHECK_EQUAL(plugin.enqueue(inputs, outputs, &recorder), 1);
  CHECK_EQUAL(contains(recorder.last,
                       "ViditqQuantizedLinear: the kernel did not start: a buffer "
                       "does not start at a multiple of 16 bytes."),
              true);
  CHECK_EQUAL(recorder.code == ErrorCode::kFAILED_EXECUTION, true);

  inputs = linear_operands(problem);
  inputs[5].data = nullptr;
  CHECK_EQUAL(plugin.enqueue(inputs, outputs, &recorder), 1);
  CHECK_EQUAL(contains(recorder.last, "a buffer is null"), true);

  inputs = linear_operands(problem);
  CHECK_EQUAL(plugin.enqueue(inputs, outputs, &recorder, 77), 1);
  CHECK_EQUAL(contains(recorder.last, "tactic 77 does not run on this device."), true);
  CHECK_EQUAL(recorder.count, 3);
  for (size_t i = 0; i < y.size(); i++) CHECK_EQUAL(y[i], -77.0f);
}

TEST(tensors_without_elements_need_no_launch) {
  Plugin plugin("ViditqQuantize", {});
  const DataType i = DataType::kINT32;
  CHECK_EQUAL(plugin.enqueue({{{2, 0, 8}, DataType::kFLOAT, nullptr}},
                             {{{2, 0, 16}, DataType::kINT8, nullptr},
                              {{2, 0}, DataType::kFLOAT, nullptr},
                              {{2, 0}, i, nullptr},
                              {{2, 0}, i, nullptr}}),
              0);
}

TEST(loggers_are_called_only_if_their_layout_is_known) {
  FakeFinder finder;
  const int32_t nine = 9;
  const PluginField bits("bits", &nine, PluginFieldType::kINT32, 1);
  const PluginFieldCollection fields = {1, &bits};
  for (const int version : {101500, 120000, 110200}) {
    tensorrt_version = version;
    setLoggerFinder(&finder);
    IPluginV3* plugin = Plugin::creator("ViditqQuantize")
                            ->createPlugin("ViditqQuantize", &fields, TensorRTPhase::kBUILD);
    CHECK_EQUAL(plugin == nullptr, true);
    CHECK_EQUAL(finder.asked, version == 110200 ? 1 : 0);
  }
  CHECK_EQUAL(contains(finder.logger.last, "ViditqQuantize: field bits is 9; it must be 2 to 8."),
              true);
  setLoggerFinder(nullptr);
}

TEST(broken_lists_of_fields_are_refused) {
  const int32_t eight = 8;
  const PluginField nameless(nullptr, &eight, PluginFieldType::kINT32, 1);
  const PluginField dataless("bits", nullptr, PluginFieldType::kINT32, 1);
  for (const PluginFieldCollection& fields :
       {PluginFieldCollection{1, &nameless}, PluginFieldCollection{1, &dataless},
        PluginFieldCollection{1, nullptr}, PluginFieldCollection{-1, &dataless}}) {
    IPluginV3* plugin = Plugin::creator("ViditqQuantize")
                            ->createPlugin("ViditqQuantize", &fields, TensorRTPhase::kBUILD);
    CHECK_EQUAL(plugin == nullptr, true);
  }
}

// A few values that are often wrong, else anything.
int64_t odd_extent(std::mt19937& random) {
  constexpr int64_t kOdd[] = {-2, -1, 0, 1, 2, 8, 16, INT32_MAX, int64_t{1} << 40, INT64_MAX};
  return kOdd[random() % (sizeof kOdd / sizeof kOdd[0])];
}

TEST(random_fields_extents_and_types_are_survived) {
  FakeFinder finder;
  setLoggerFinder(&finder);
  std::mt19937 random(4);
  int32_t count = 0;
  IPluginCreatorInterface* const* creators = getCreators(count);
  int made = 0;
  int accepted = 0;
  for (int round = 0; round < 20000; round++) {
    auto* creator =
        static_cast<IPluginCreatorV3One*>(creators[random() % static_cast<unsigned>(count)]);
    const PluginFieldCollection* names = creator->getFieldNames();
    int32_t values[16];
    std::vector<PluginField> fields;
    for (int32_t i = 0; i < names->nbFields; i++) {
      constexpr int32_t kValues[] = {0, 1, 4, 8, 64, -1, INT32_MIN, 0x7fc00000};
      values[i] = kValues[random() % (random() % 8 == 0 ? 8 : 5)];
      PluginField field(names->fields[i].name, &values[i], names->fields[i].type, 1);
      if (random() % 64 == 0) field.type = static_cast<PluginFieldType>(random() % 16);
      if (random() % 64 == 0) field.length = static_cast<int32_t>(random() % 4) - 1;
      if (random() % 4 != 0) fields.push_back(field);
    }
    const PluginFieldCollection collection = {static_cast<int32_t>(fields.size()), fields.data()};
    std::unique_ptr<IPluginV3> plugin(
        creator->createPlugin(creator->getPluginName(), &collection, TensorRTPhase::kBUILD));
    if (plugin == nullptr) continue;
    made++;

    const auto operands = static_cast<int32_t>(random() % 16);
    std::vector<PluginTensorDesc> in(16);
    for (PluginTensorDesc& desc : in) {
      desc = {};
      desc.dims.nbDims = random() % 16 == 0 ? static_cast<int32_t>(random() % 20) - 4
                                            : static_cast<int32_t>(random() % 4);
      for (int64_t& extent : desc.dims.d) extent = odd_extent(random);
      desc.type = static_cast<DataType>(random() % 12);
    }
    std::vector<DynamicPluginTensorDesc> combination(16);
    for (size_t i = 0; i < combination.size(); i++) combination[i] = {in[i], {}, {}, {}};
    auto* build = static_cast<IPluginV3OneBuild*>(
        plugin->getCapabilityInterface(PluginCapabilityType::kBUILD));
    auto* runtime = static_cast<IPluginV3OneRuntime*>(
        plugin->getCapabilityInterface(PluginCapabilityType::kRUNTIME));
    const int32_t outputs = build->getNbOutputs();
    accepted += runtime->onShapeChange(in.data(), operands, nullptr, outputs) == 0;
    build->configurePlugin(combination.data(), operands, nullptr, outputs);
    build->supportsFormatCombination(static_cast<int32_t>(random() % 20) - 2, combination.data(),
                                     operands, outputs);
    for (size_t i = 0; i < combination.size(); i++) combination[i].max = in[i].dims;
    build->getWorkspaceSize(combination.data(), operands, nullptr, outputs);
    DataType types[16];
    for (size_t i = 0; i < 16; i++) types[i] = in[i].type;
    DataType output_types[4];
    build->getOutputDataTypes(output_types, outputs, types, operands);
  }
  setLoggerFinder(nullptr);
  // Neither all refused nor all taken.
  CHECK_EQUAL(made > 1000 && made < 19000, true);
  CHECK_EQUAL(accepted > 0 && accepted < made / 2, true);
}

TEST(engines_with_the_same_fields_share_their_timings) {
  Plugin a("ViditqQuantize", {{"bits", 6}});
  Plugin b("ViditqQuantize", {{"bits", 6}, {"symmetric", 0}});
  Plugin c("ViditqQuantize", {{"bits", 8}});
  CHECK_EQUAL(std::string(a.build()->getTimingCacheID()) == b.build()->getTimingCacheID(), true);
  CHECK_EQUAL(std::string(a.build()->getTimingCacheID()) == c.build()->getTimingCacheID(), false);
}

}  // namespace
