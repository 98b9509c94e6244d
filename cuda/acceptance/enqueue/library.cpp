#include "library.h"

#include <dlfcn.h>

#include <cstring>
#include <stdexcept>

namespace enqueue {
namespace {

using namespace nvinfer1;

size_t size_of(DataType type) {
  switch (type) {
    case DataType::kFLOAT:
    case DataType::kINT32:
      return 4;
    case DataType::kHALF:
    case DataType::kBF16:
      return 2;
    default:
      return 1;
  }
}

class Context : public IPluginResourceContext {
 public:
  IGpuAllocator* getGpuAllocator() const noexcept override { return nullptr; }
  IErrorRecorder* getErrorRecorder() const noexcept override { return nullptr; }
};

template <typename Capability>
Capability& capability(IPluginV3& plugin, PluginCapabilityType type) {
  auto* found = static_cast<Capability*>(plugin.getCapabilityInterface(type));
  if (found == nullptr) throw std::runtime_error("The plugin lacks one of its three capabilities.");
  return *found;
}

}  // namespace

size_t Operand::bytes() const {
  size_t count = size_of(type);
  for (const int64_t extent : extents) count *= static_cast<size_t>(extent);
  return count;
}

Library::Library(const std::string& path) {
  void* library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) {
    throw std::runtime_error("The plugin library cannot be loaded: " + std::string(dlerror()) +
                             ".");
  }
  using GetCreators = IPluginCreatorInterface* const* (*)(int32_t&);
  const auto get_creators = reinterpret_cast<GetCreators>(dlsym(library, "getCreators"));
  if (get_creators == nullptr) {
    throw std::runtime_error(path + " has no function getCreators, so it is no plugin library.");
  }
  int32_t count = 0;
  IPluginCreatorInterface* const* all = get_creators(count);
  for (int32_t i = 0; i < count; i++) {
    if (std::strcmp(all[i]->getInterfaceInfo().kind, "PLUGIN CREATOR_V3ONE") != 0) {
      throw std::runtime_error(path + " has a creator of another kind than IPluginCreatorV3One.");
    }
    creators_.push_back(static_cast<IPluginCreatorV3One*>(all[i]));
  }
}

std::vector<std::string> Library::names() const {
  std::vector<std::string> names;
  for (IPluginCreatorV3One* creator : creators_) names.emplace_back(creator->getPluginName());
  return names;
}

IPluginCreatorV3One& Library::creator(const std::string& name) const {
  for (IPluginCreatorV3One* creator : creators_) {
    if (creator->getPluginName() == name &&
        std::strcmp(creator->getPluginNamespace(), "viditq") == 0 &&
        std::strcmp(creator->getPluginVersion(), "1") == 0) {
      return *creator;
    }
  }
  throw std::runtime_error("The library has no plugin " + name +
                           " of namespace viditq, version 1.");
}

Plugin::Plugin(const Library& library, const std::string& name, const PluginFields& fields,
               const std::vector<Operand>& inputs, const std::vector<Operand>& outputs)
    : name_(name) {
  describe(inputs, in_);
  describe(outputs, out_);
  std::vector<PluginField> given;
  for (const auto& field : fields.integers) {
    given.emplace_back(field.first.c_str(), &field.second, PluginFieldType::kINT32, 1);
  }
  for (const auto& field : fields.floats) {
    given.emplace_back(field.first.c_str(), &field.second, PluginFieldType::kFLOAT32, 1);
  }
  const PluginFieldCollection collection = {static_cast<int32_t>(given.size()), given.data()};
  IPluginCreatorV3One& creator = library.creator(name);
  const std::unique_ptr<IPluginV3> made(
      creator.createPlugin(name.c_str(), &collection, TensorRTPhase::kBUILD));
  if (made == nullptr) throw std::runtime_error(name + " was not created from its fields.");
  build(*made);
  const PluginFieldCollection* written =
      capability<IPluginV3OneRuntime>(*made, PluginCapabilityType::kRUNTIME).getFieldsToSerialize();
  const std::unique_ptr<IPluginV3> restored(
      creator.createPlugin(name.c_str(), written, TensorRTPhase::kRUNTIME));
  if (restored == nullptr) {
    throw std::runtime_error(name + " was not created from the fields that it writes.");
  }
  Context context;
  attached_.reset(capability<IPluginV3OneRuntime>(*restored, PluginCapabilityType::kRUNTIME)
                      .attachToContext(&context));
  if (attached_ == nullptr) throw std::runtime_error(name + " was not attached to a context.");
  runtime_ = &capability<IPluginV3OneRuntime>(*attached_, PluginCapabilityType::kRUNTIME);
  if (runtime_->onShapeChange(in_.data(), static_cast<int32_t>(in_.size()), out_.data(),
                              static_cast<int32_t>(out_.size())) != 0) {
    throw std::runtime_error(name + " refuses the extents of its operands.");
  }
}

void Plugin::build(IPluginV3& plugin) {
  IPluginV3OneBuild& build = capability<IPluginV3OneBuild>(plugin, PluginCapabilityType::kBUILD);
  const auto inputs = static_cast<int32_t>(in_.size());
  const auto outputs = static_cast<int32_t>(out_.size());
  if (build.getNbOutputs() != outputs) {
    throw std::runtime_error(name_ + " has " + std::to_string(build.getNbOutputs()) +
                             " outputs, not " + std::to_string(outputs) + ".");
  }
  std::vector<DynamicPluginTensorDesc> all;
  std::vector<DataType> types;
  for (const PluginTensorDesc& desc : in_) {
    all.push_back({desc, desc.dims, desc.dims, desc.dims});
    types.push_back(desc.type);
  }
  for (const PluginTensorDesc& desc : out_) {
    all.push_back({desc, desc.dims, desc.dims, desc.dims});
  }
  std::vector<DataType> output_types(out_.size());
  if (build.getOutputDataTypes(output_types.data(), outputs, types.data(), inputs) != 0) {
    throw std::runtime_error(name_ + " refuses the types of its inputs.");
  }
  for (int32_t i = 0; i < outputs; i++) {
    if (output_types[static_cast<size_t>(i)] != out_[static_cast<size_t>(i)].type) {
      throw std::runtime_error(name_ + " gives another type to output " + std::to_string(i) + ".");
    }
  }
  for (int32_t i = 0; i < inputs + outputs; i++) {
    if (!build.supportsFormatCombination(i, all.data(), inputs, outputs)) {
      throw std::runtime_error(name_ + " does not take operand " + std::to_string(i) + ".");
    }
  }
  if (build.configurePlugin(all.data(), inputs, all.data() + inputs, outputs) != 0) {
    throw std::runtime_error(name_ + " refuses to be configured.");
  }
  const size_t workspace_bytes =
      build.getWorkspaceSize(all.data(), inputs, all.data() + inputs, outputs);
  if (workspace_bytes > 0) workspace_ = std::make_unique<Memory>(workspace_bytes);
  tactics_.resize(static_cast<size_t>(build.getNbTactics()));
  if (!tactics_.empty() &&
      build.getValidTactics(tactics_.data(), static_cast<int32_t>(tactics_.size())) != 0) {
    throw std::runtime_error(name_ + " does not say its tactics.");
  }
  tactics_.push_back(0);
}

void Plugin::describe(const std::vector<Operand>& operands, std::vector<PluginTensorDesc>& all) {
  for (const Operand& operand : operands) {
    PluginTensorDesc desc = {};
    for (const int64_t extent : operand.extents) desc.dims.d[desc.dims.nbDims++] = extent;
    desc.type = operand.type;
    desc.format = TensorFormat::kLINEAR;
    all.push_back(desc);
  }
}

void Plugin::choose(int32_t tactic) {
  if (runtime_->setTactic(tactic) != 0) {
    throw std::runtime_error(name_ + " refuses its tactic " + std::to_string(tactic) + ".");
  }
}

bool Plugin::workspace_is_whole() const {
  return workspace_ == nullptr || workspace_->margin_is_whole();
}

void Plugin::enqueue(const std::vector<const void*>& inputs, const std::vector<void*>& outputs,
                     cudaStream_t stream) {
  void* workspace = workspace_ == nullptr ? nullptr : workspace_->data();
  if (runtime_->enqueue(in_.data(), out_.data(), inputs.data(), outputs.data(), workspace,
                        stream) != 0) {
    throw std::runtime_error(name_ + " failed to enqueue its work.");
  }
}

}  // namespace enqueue
