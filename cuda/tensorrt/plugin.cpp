#include "plugin.h"

#include <algorithm>

#include "viditq_cuda.h"

namespace viditq::trt {
namespace {

using nvinfer1::DataType;
using nvinfer1::Dims;
using nvinfer1::DimsExprs;
using nvinfer1::DynamicPluginTensorDesc;
using nvinfer1::ErrorCode;
using nvinfer1::PluginTensorDesc;

// The extents as far as they are known.
Dims known_extents(const DimsExprs& expressions) {
  Dims extents{expressions.nbDims, {}};
  for (int i = 0; i < expressions.nbDims; i++) {
    extents.d[i] = expressions.d[i]->isConstant() ? expressions.d[i]->getConstantValue() : -1;
  }
  return extents;
}

DimsExprs output_extents(const DimsExprs& first_input, const Output& output,
                         nvinfer1::IExprBuilder& builder) {
  DimsExprs extents = first_input;
  const int last = extents.nbDims - 1;
  switch (output.last) {
    case Output::Last::kSame:
      break;
    case Output::Last::kCodeRow: {
      const auto* unit = builder.constant(VIDITQ_CUDA_CODE_ROW);
      const auto* units =
          builder.operation(nvinfer1::DimensionOperation::kCEIL_DIV, *first_input.d[last], *unit);
      extents.d[last] = builder.operation(nvinfer1::DimensionOperation::kPROD, *units, *unit);
      break;
    }
    case Output::Last::kDropped:
      extents.nbDims--;
      break;
    case Output::Last::kFixed:
      extents.d[last] = builder.constant(output.fixed);
      break;
  }
  return extents;
}

}  // namespace

Plugin::Plugin(const PluginKind& kind, const nvinfer1::PluginFieldCollection* fields)
    : kind_(&kind),
      fields_(kind.fields, fields),
      operation_(kind.make(fields_)),
      text_(fields_.text()) {}

nvinfer1::IPluginCapability* Plugin::getCapabilityInterface(
    nvinfer1::PluginCapabilityType type) noexcept {
  switch (type) {
    case nvinfer1::PluginCapabilityType::kCORE:
      return static_cast<nvinfer1::IPluginV3OneCore*>(this);
    case nvinfer1::PluginCapabilityType::kBUILD:
      return static_cast<nvinfer1::IPluginV3OneBuild*>(this);
    case nvinfer1::PluginCapabilityType::kRUNTIME:
      return static_cast<nvinfer1::IPluginV3OneRuntime*>(this);
    default:
      return nullptr;
  }
}

nvinfer1::IPluginV3* Plugin::clone() noexcept {
  Plugin* copy = nullptr;
  status(ErrorCode::kFAILED_EXECUTION, [&] {
    copy = new Plugin(*this);
    copy->recorder_ = nullptr;  // may not outlive the context
  });
  return copy;
}

int32_t Plugin::getNbOutputs() const noexcept {
  return static_cast<int32_t>(operation_->outputs().size());
}

int32_t Plugin::getOutputDataTypes(DataType* output_types, int32_t output_count,
                                   const DataType* input_types,
                                   int32_t input_count) const noexcept {
  return status(ErrorCode::kINVALID_ARGUMENT, [&] {
    operation_->require_counts(input_count, output_count);
    const DataType activation = operation_->require_types(input_types);
    for (int i = 0; i < output_count; i++) {
      output_types[i] = type_of(operation_->outputs()[static_cast<size_t>(i)].element, activation);
    }
  });
}

int32_t Plugin::getOutputShapes(const DimsExprs* inputs, int32_t input_count, const DimsExprs*,
                                int32_t shape_input_count, DimsExprs* outputs, int32_t output_count,
                                nvinfer1::IExprBuilder& builder) noexcept {
  return status(ErrorCode::kINVALID_ARGUMENT, [&] {
    operation_->require_counts(input_count, output_count);
    require(shape_input_count == 0, "shape inputs are connected; the plugin has none.");
    Dims extents[kMostInputs];
    std::transform(inputs, inputs + input_count, extents, known_extents);
    operation_->check(extents);
    for (int i = 0; i < output_count; i++) {
      outputs[i] =
          output_extents(inputs[0], operation_->outputs()[static_cast<size_t>(i)], builder);
    }
  });
}

bool Plugin::supportsFormatCombination(int32_t position, const DynamicPluginTensorDesc* in_out,
                                       int32_t input_count, int32_t output_count) noexcept {
  bool supported = false;
  status(ErrorCode::kINVALID_ARGUMENT, [&] {
    operation_->require_counts(input_count, output_count);
    require(position >= 0 && position < input_count + output_count,
            "position " + std::to_string(position) + " is neither an input nor an output.");
    const PluginTensorDesc& operand = in_out[position].desc;
    const auto index =
        static_cast<size_t>(position < input_count ? position : position - input_count);
    const Element element = position < input_count ? operation_->inputs()[index].element
                                                   : operation_->outputs()[index].element;
    // Where no field decides, the first input, which then is an activation, does.
    const DataType activation = operation_->activation_type().value_or(in_out[0].desc.type);
    supported = operand.format == nvinfer1::TensorFormat::kLINEAR &&
                operand.type == type_of(element, activation) &&
                (element != Element::kActivation || is_activation(activation));
  });
  return supported;
}

int32_t Plugin::configurePlugin(const DynamicPluginTensorDesc* in, int32_t input_count,
                                const DynamicPluginTensorDesc*, int32_t output_count) noexcept {
  return status(ErrorCode::kINVALID_ARGUMENT, [&] {
    operation_->require_counts(input_count, output_count);
    // The smallest extents of one input may belong to the largest of another, so samples need not
    // divide rows there; but what the network fixes must fit.
    Dims extents[kMostInputs];
    std::transform(in, in + input_count, extents,
                   [](const DynamicPluginTensorDesc& input) { return input.desc.dims; });
    operation_->check(extents);
  });
}

size_t Plugin::getWorkspaceSize(const DynamicPluginTensorDesc* in, int32_t input_count,
                                const DynamicPluginTensorDesc*,
                                int32_t output_count) const noexcept {
  int64_t bytes = 0;
  status(ErrorCode::kINVALID_ARGUMENT, [&] {
    operation_->require_counts(input_count, output_count);
    Dims extents[kMostInputs];
    std::transform(in, in + input_count, extents,
                   [](const DynamicPluginTensorDesc& input) { return input.max; });
    bytes = operation_->workspace_bytes(cuda_kernels(), extents);
  });
  return static_cast<size_t>(bytes);
}

int32_t Plugin::getNbTactics() noexcept {
  int32_t count = 0;
  status(ErrorCode::kFAILED_EXECUTION,
         [&] { count = static_cast<int32_t>(operation_->tactics(cuda_kernels()).size()); });
  return count;
}

int32_t Plugin::getValidTactics(int32_t* tactics, int32_t count) noexcept {
  return status(ErrorCode::kINVALID_ARGUMENT, [&] {
    const std::vector<int32_t> all = operation_->tactics(cuda_kernels());
    require(
        count == static_cast<int32_t>(all.size()),
        "there are " + std::to_string(all.size()) + " tactics, not " + std::to_string(count) + ".");
    std::copy(all.begin(), all.end(), tactics);
  });
}

int32_t Plugin::setTactic(int32_t tactic) noexcept {
  return status(ErrorCode::kINVALID_ARGUMENT, [&] {
    const std::vector<int32_t> all = operation_->tactics(cuda_kernels());
    require(tactic == 0 || std::find(all.begin(), all.end(), tactic) != all.end(),
            "tactic " + std::to_string(tactic) + " does not run on this device.");
    tactic_ = tactic;
  });
}

int32_t Plugin::onShapeChange(const PluginTensorDesc* in, int32_t input_count,
                              const PluginTensorDesc*, int32_t output_count) noexcept {
  return status(ErrorCode::kINVALID_ARGUMENT, [&] {
    operation_->require_counts(input_count, output_count);
    Dims extents[kMostInputs];
    std::transform(in, in + input_count, extents,
                   [](const PluginTensorDesc& input) { return input.dims; });
    operation_->check(extents);
  });
}

int32_t Plugin::enqueue(const PluginTensorDesc* input_desc, const PluginTensorDesc*,
                        const void* const* inputs, void* const* outputs, void* workspace,
                        cudaStream_t stream) noexcept {
  return status(ErrorCode::kFAILED_EXECUTION, [&] {
    Dims extents[kMostInputs];
    std::transform(input_desc, input_desc + operation_->inputs().size(), extents,
                   [](const PluginTensorDesc& input) { return input.dims; });
    operation_->check(extents);
    if (all_elements(extents[0]) == 0) return;  // nothing to compute
    operation_->run({&cuda_kernels(), extents,
                     operation_->activation_type().value_or(input_desc[0].type), inputs, outputs,
                     tactic_, stream, workspace});
  });
}

nvinfer1::IPluginV3* Plugin::attachToContext(nvinfer1::IPluginResourceContext* context) noexcept {
  auto* copy = static_cast<Plugin*>(clone());
  if (copy != nullptr && context != nullptr) copy->recorder_ = context->getErrorRecorder();
  return copy;
}

const nvinfer1::PluginFieldCollection* Plugin::getFieldsToSerialize() noexcept {
  const nvinfer1::PluginFieldCollection* fields = nullptr;
  status(ErrorCode::kFAILED_EXECUTION, [&] {
    serialized_ = fields_.serialized();
    collection_ = {static_cast<int32_t>(serialized_.size()), serialized_.data()};
    fields = &collection_;
  });
  return fields;
}

Creator::Creator(PluginKind kind) : kind_(std::move(kind)) {
  for (const FieldSpec& field : kind_.fields) {
    names_.emplace_back(field.name, nullptr, field.type, 1);
  }
  collection_ = {static_cast<int32_t>(names_.size()), names_.data()};
}

nvinfer1::IPluginV3* Creator::createPlugin(const char*,
                                           const nvinfer1::PluginFieldCollection* fields,
                                           nvinfer1::TensorRTPhase) noexcept {
  nvinfer1::IPluginV3* plugin = nullptr;
  guarded(kind_.name, ErrorCode::kINVALID_ARGUMENT, nullptr,
          [&] { plugin = new Plugin(kind_, fields); });
  return plugin;
}

}  // namespace viditq::trt
