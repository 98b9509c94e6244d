// A plugin library and its plugins, as TensorRT holds them, without TensorRT.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "device.h"
#include "nvinfer.h"

namespace enqueue {

// An operand's extents and type.
struct Operand {
  std::vector<int64_t> extents;
  nvinfer1::DataType type;

  size_t bytes() const;
};

// The fields of a plugin.
struct PluginFields {
  std::vector<std::pair<std::string, int32_t>> integers;
  std::vector<std::pair<std::string, float>> floats;
};

class Library {
 public:
  // Loads a library. Throws std::runtime_error, one sentence, if it cannot be loaded or has no
  // creators.
  explicit Library(const std::string& path);

  // Names of the plugins in it, in its order.
  std::vector<std::string> names() const;
  // Throws std::runtime_error if there is no such plugin of our namespace and version.
  nvinfer1::IPluginCreatorV3One& creator(const std::string& name) const;

 private:
  std::vector<nvinfer1::IPluginCreatorV3One*> creators_;  // the library's; it is never unloaded
};

// A plugin on the way that it takes in an engine. Every function throws std::runtime_error where
// the plugin refuses.
class Plugin {
 public:
  // Made as for a build, asked about types and tactics, written to fields and made of these again,
  // as for a run; then attached to an execution context and told its shapes.
  Plugin(const Library& library, const std::string& name, const PluginFields& fields,
         const std::vector<Operand>& inputs, const std::vector<Operand>& outputs);

  // The tactics to choose from, 0 among them, which is the plugin's own choice.
  const std::vector<int32_t>& tactics() const { return tactics_; }
  void choose(int32_t tactic);
  // Whether nothing was written behind the workspace.
  bool workspace_is_whole() const;
  // Calls to one plugin share its workspace, as the layers of an engine do.
  void enqueue(const std::vector<const void*>& inputs, const std::vector<void*>& outputs,
               cudaStream_t stream);

 private:
  void build(nvinfer1::IPluginV3& plugin);
  void describe(const std::vector<Operand>& operands, std::vector<nvinfer1::PluginTensorDesc>& all);

  std::string name_;
  std::vector<nvinfer1::PluginTensorDesc> in_;
  std::vector<nvinfer1::PluginTensorDesc> out_;
  std::vector<int32_t> tactics_;
  std::unique_ptr<Memory> workspace_;  // null if the plugin asks for none
  std::unique_ptr<nvinfer1::IPluginV3> attached_;
  nvinfer1::IPluginV3OneRuntime* runtime_ = nullptr;
};

}  // namespace enqueue
