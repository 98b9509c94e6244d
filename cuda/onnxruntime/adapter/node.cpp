#include "node.h"

#include <atomic>
#include <cstdlib>
#include <cstring>
#include <limits>

#include "viditq_cuda.h"

namespace viditq::ort {
namespace {

using nvinfer1::DataType;
using nvinfer1::Dims;
using nvinfer1::PluginField;
using nvinfer1::PluginFieldType;
using trt::Element;
using trt::Fields;
using trt::FieldSpec;
using trt::Operation;
using trt::Output;

// ---- fields

// The attributes of a node as the fields that TensorRT's parser makes of them.
class GivenFields {
 public:
  GivenFields(const std::vector<FieldSpec>& specs, const Attributes& attributes) {
    require_text(attributes, "plugin_version", "1");
    require_text(attributes, "plugin_namespace", kDomain);
    integers_.reserve(specs.size());
    reals_.reserve(specs.size());
    for (const FieldSpec& spec : specs) add(spec, attributes);
  }

  nvinfer1::PluginFieldCollection collection() const {
    return {static_cast<int32_t>(fields_.size()), fields_.data()};
  }

 private:
  static void require_text(const Attributes& attributes, const char* name, const char* wanted) {
    std::string value;
    if (!attributes.text(name, &value) || value == wanted) return;
    throw Refusal(std::string("attribute ") + name + " is " + value + "; this library has " +
                  wanted + ".");
  }

  void add(const FieldSpec& spec, const Attributes& attributes) {
    std::vector<int64_t> integers;
    std::vector<float> reals;
    std::string text;
    if (attributes.integers(spec.name, &integers)) {
      std::vector<int32_t>& narrow = integers_.emplace_back();
      for (const int64_t value : integers) narrow.push_back(narrowed(spec, value));
      add(spec, narrow.data(), PluginFieldType::kINT32, narrow.size());
    } else if (attributes.reals(spec.name, &reals)) {
      reals_.push_back(std::move(reals));
      add(spec, reals_.back().data(), PluginFieldType::kFLOAT32, reals_.back().size());
    } else if (attributes.text(spec.name, &text)) {
      // What it holds does not matter: no field is a text.
      add(spec, nullptr, PluginFieldType::kCHAR, text.size());
    }
  }

  void add(const FieldSpec& spec, const void* data, PluginFieldType type, size_t length) {
    fields_.emplace_back(spec.name, data, type, static_cast<int32_t>(length));
  }

  static int32_t narrowed(const FieldSpec& spec, int64_t value) {
    if (value >= std::numeric_limits<int32_t>::min() &&
        value <= std::numeric_limits<int32_t>::max()) {
      return static_cast<int32_t>(value);
    }
    throw Refusal(std::string("field ") + spec.name + " is " + std::to_string(value) +
                  ", which is no INT32.");
  }

  // Filled up to what was reserved: the fields point into them.
  std::vector<std::vector<int32_t>> integers_;
  std::vector<std::vector<float>> reals_;
  std::vector<PluginField> fields_;
};

std::unique_ptr<const Operation> operation_of(const trt::PluginKind& kind,
                                              const Attributes& attributes) {
  const GivenFields given(kind.fields, attributes);
  const nvinfer1::PluginFieldCollection collection = given.collection();
  return kind.make(Fields(kind.fields, &collection));
}

// ---- extents and memory

Dims output_extents(const Dims& first_input, const Output& output) {
  Dims extents = first_input;
  const int last = extents.nbDims - 1;
  switch (output.last) {
    case Output::Last::kSame:
      break;
    case Output::Last::kCodeRow:
      if (extents.d[last] >= 0) {
        extents.d[last] = (extents.d[last] + VIDITQ_CUDA_CODE_ROW - 1) / VIDITQ_CUDA_CODE_ROW *
                          VIDITQ_CUDA_CODE_ROW;
      }
      break;
    case Output::Last::kDropped:
      extents.nbDims--;
      break;
    case Output::Last::kFixed:
      extents.d[last] = output.fixed;
      break;
  }
  return extents;
}

size_t element_bytes(DataType type) {
  switch (type) {
    case DataType::kINT8:
      return 1;
    case DataType::kHALF:
    case DataType::kBF16:
      return 2;
    default:
      return 4;
  }
}

// A name for an unknown extent that has none, without which ONNX Runtime takes neither the shape
// nor the type of a value. No two extents get the same.
std::string new_symbol() {
  static std::atomic<uint64_t> count{0};
  return "viditq.extent." + std::to_string(++count);
}

bool is_aligned(const void* data, size_t alignment) {
  return reinterpret_cast<uintptr_t>(data) % alignment == 0;
}

// Memory for operands whose own is not aligned as the kernels want it, such as a caller's array or
// a tensor inside a mapped file.
class AlignedCopies {
 public:
  void* allocate(size_t bytes) {
    void* memory = std::aligned_alloc(kAlignment, (bytes + kAlignment - 1) & ~(kAlignment - 1));
    if (memory == nullptr) throw std::bad_alloc();
    owned_.emplace_back(memory, std::free);
    return memory;
  }

 private:
  static constexpr size_t kAlignment = 64;
  std::vector<std::unique_ptr<void, void (*)(void*)>> owned_;
};

}  // namespace

// ---- a node

Node::Node(const Api& api, const trt::PluginKind& kind, const KernelInfo* info,
           std::unique_ptr<NodeKernels> kernels)
    : api_(api),
      kind_(kind.name),
      kernels_(std::move(kernels)),
      operation_(operation_of(kind, KernelAttributes(api.functions(), info))) {
  operation_->require_counts(static_cast<int64_t>(api_.input_count(info)),
                             static_cast<int64_t>(api_.output_count(info)));
  check_types(info);
  keep_constants(info);
}

void Node::check_types(const KernelInfo* info) {
  DataType types[trt::kMostInputs] = {};
  Dims extents[trt::kMostInputs];
  bool known = true;
  const size_t count = operation_->inputs().size();
  for (size_t i = 0; i < count; i++) {
    const trt::Input& input = operation_->inputs()[i];
    const Description description = api_.input(info, i, input.name);
    types[i] = description.type;
    extents[i] = description.extents;
    // No dimensions are those of a scalar, or not known.
    known &= extents[i].nbDims > 0 || std::strcmp(input.name, "active_set") == 0;
  }
  activation_ = operation_->require_types(types);
  for (size_t i = 0; i < operation_->outputs().size(); i++) {
    const Output& output = operation_->outputs()[i];
    if (api_.output(info, i, output.name).type != trt::type_of(output.element, activation_)) {
      throw Refusal(std::string("output ") + output.name +
                    " is declared with another element type than the node gives it.");
    }
  }
  if (known) operation_->check(extents);
}

void Node::keep_constants(const KernelInfo* info) {
  Dims extents[trt::kMostInputs] = {};
  const void* inputs[trt::kMostInputs] = {};
  for (size_t i = 0; i < operation_->inputs().size(); i++) {
    const char* name = operation_->inputs()[i].name;
    if (const Value* value = api_.constant(info, i)) {
      extents[i] = api_.describe(value, name).extents;
      inputs[i] = api_.data(value);
    }
  }
  operation_->keep_constants(
      {kernels_.get(), extents, activation_, inputs, nullptr, 0, nullptr, nullptr});
}

void Node::compute(KernelContext* context) const {
  Dims extents[trt::kMostInputs];
  const Value* values[trt::kMostInputs];
  const size_t count = operation_->inputs().size();
  for (size_t i = 0; i < count; i++) {
    const char* name = operation_->inputs()[i].name;
    values[i] = api_.input(context, i, name);
    extents[i] = api_.describe(values[i], name).extents;
  }
  operation_->check(extents);

  struct Result {
    void* own;
    void* computed;
    size_t bytes;
  };
  AlignedCopies copies;
  const void* inputs[trt::kMostInputs];
  void* outputs[trt::kMostInputs];
  std::vector<Result> results;
  for (size_t i = 0; i < operation_->outputs().size(); i++) {
    const Output& output = operation_->outputs()[i];
    const Dims output_dims = output_extents(extents[0], output);
    const DataType type = trt::type_of(output.element, activation_);
    void* own = api_.data(api_.output(context, i, output_dims));
    const size_t bytes = static_cast<size_t>(trt::all_elements(output_dims)) * element_bytes(type);
    outputs[i] = own;
    if (!is_aligned(own, kernels_->alignment(type))) {
      outputs[i] = copies.allocate(bytes);
      results.push_back({own, outputs[i], bytes});
    }
  }
  if (trt::all_elements(extents[0]) == 0) return;  // nothing to compute

  for (size_t i = 0; i < count; i++) {
    const DataType type = trt::type_of(operation_->inputs()[i].element, activation_);
    inputs[i] = api_.data(values[i]);
    if (!is_aligned(inputs[i], kernels_->alignment(type))) {
      const size_t bytes = static_cast<size_t>(trt::all_elements(extents[i])) * element_bytes(type);
      inputs[i] = std::memcpy(copies.allocate(bytes), inputs[i], bytes);
    }
  }
  const int64_t workspace_bytes = operation_->workspace_bytes(*kernels_, extents);
  void* workspace =
      workspace_bytes == 0 ? nullptr : copies.allocate(static_cast<size_t>(workspace_bytes));
  operation_->run({kernels_.get(), extents, activation_, inputs, outputs, 0, nullptr, workspace});
  for (const Result& result : results) std::memcpy(result.own, result.computed, result.bytes);
}

// ---- kinds of nodes

NodeKind::NodeKind(const Api& api, trt::PluginKind kind, const Settings& settings,
                   std::vector<ElementType> output_types, bool inputs_have_one_type)
    : CustomOperator{},
      api_(api),
      kind_(std::move(kind)),
      settings_(settings),
      output_types_(std::move(output_types)),
      inputs_have_one_type_(inputs_have_one_type) {
  version = kVersion;
  name = [](const CustomOperator* op) { return of(op).kind_.name; };
  execution_provider = [](const CustomOperator*) -> const char* { return nullptr; };
  input_count = [](const CustomOperator*) -> size_t { return 1; };
  input_type = [](const CustomOperator*, size_t) { return ElementType::kUndefined; };
  input_characteristic = [](const CustomOperator*, size_t) { return Characteristic::kVariadic; };
  input_memory = [](const CustomOperator*, size_t) -> int32_t { return 0; };
  fewest_inputs = [](const CustomOperator*) { return 1; };
  this->inputs_have_one_type = [](const CustomOperator* op) -> int {
    return of(op).inputs_have_one_type_;
  };
  output_count = [](const CustomOperator* op) { return of(op).output_types_.size(); };
  output_type = [](const CustomOperator* op, size_t index) { return of(op).output_types_[index]; };
  output_characteristic = [](const CustomOperator*, size_t) { return Characteristic::kRequired; };
  fewest_outputs = [](const CustomOperator*) { return 1; };
  outputs_have_one_type = [](const CustomOperator*) { return 1; };

  create = [](const CustomOperator* op, const Functions*, const KernelInfo* info, void** kernel) {
    const NodeKind& kind = of(op);
    *kernel = nullptr;
    return kind.api_.guarded(kind.kind_.name, [&] { kind.create_node(info, kernel); });
  };
  compute = [](void* kernel, KernelContext* context) {
    const Node& node = *static_cast<const Node*>(kernel);
    return node.api().guarded(node.kind(), [&] { node.compute(context); });
  };
  destroy = [](void* kernel) { delete static_cast<Node*>(kernel); };
  infer_shapes = [](const CustomOperator* op, ShapeContext* context) -> Status* {
    const NodeKind& kind = of(op);
    // What is wrong with the node is told where its kernel is created; here ONNX Runtime does not
    // look at the status.
    if (Status* status = kind.api_.guarded(kind.kind_.name, [&] { kind.infer(context); })) {
      kind.api_.functions().release_status(status);
    }
    return nullptr;
  };
  first_version = [](const CustomOperator*) { return 1; };
  last_version = [](const CustomOperator*) { return std::numeric_limits<int>::max(); };
}

void NodeKind::create_node(const KernelInfo* info, void** kernel) const {
  try {
    *kernel = new Node(api_, kind_, info, make_kernels(settings_));
  } catch (const Refusal& refusal) {
    // ONNX Runtime names the node of what fails in a run, but not here.
    throw Refusal("node " + api_.node_name(info) + ": " + refusal.what());
  }
}

void NodeKind::infer(ShapeContext* context) const {
  const auto operation = operation_of(kind_, ShapeAttributes(api_.functions(), context));
  if (api_.input_count(context) == 0) return;
  const Description input = api_.input(context, 0, operation->inputs()[0].name);
  if (input.extents.nbDims < 2) return;  // not known, or wrong
  const DataType activation = operation->activation_type().value_or(input.type);
  for (size_t i = 0; i < operation->outputs().size(); i++) {
    const Dims extents = output_extents(input.extents, operation->outputs()[i]);
    Description output{trt::type_of(operation->outputs()[i].element, activation), extents, {}};
    for (int d = 0; d < extents.nbDims; d++) {
      // An extent that is the input's keeps its name.
      const bool same =
          d + 1 < input.extents.nbDims || operation->outputs()[i].last != Output::Last::kCodeRow;
      const std::string& name = input.symbols[static_cast<size_t>(d)];
      output.symbols.push_back(extents.d[d] >= 0       ? ""
                               : same && !name.empty() ? name
                                                       : new_symbol());
    }
    api_.set_shape(context, i, output);
  }
}

std::vector<std::unique_ptr<NodeKind>> node_kinds(const Api& api, const Settings& settings) {
  std::vector<std::unique_ptr<NodeKind>> kinds;
  const auto add = [&](trt::PluginKind kind, std::vector<ElementType> output_types,
                       bool inputs_have_one_type) {
    kinds.push_back(std::make_unique<NodeKind>(api, std::move(kind), settings,
                                               std::move(output_types), inputs_have_one_type));
  };
  for (trt::PluginKind& quantizer : trt::quantizers()) {
    add(std::move(quantizer),
        {ElementType::kInt8, ElementType::kFloat, ElementType::kInt32, ElementType::kInt32}, false);
  }
  add(trt::quantized_linear(), {ElementType::kUndefined}, false);
  add(trt::gated_residual(), {ElementType::kUndefined}, true);
  add(trt::attention(), {ElementType::kUndefined}, true);
  return kinds;
}

}  // namespace viditq::ort
