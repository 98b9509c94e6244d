// How ONNX Runtime asks for an operation: an operator per kind of node, a kernel per node.
//
// All inputs of an operator are one variadic input, since a node has those alone that its fields
// announce. So ONNX Runtime does not check them, but hands them over as they come, and what is
// wrong with them is told when a session is created, in the sentences of TensorRT's log.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "api.h"
#include "fields.h"
#include "node_kernels.h"

namespace viditq::ort {

constexpr char kDomain[] = "viditq";

// One node of a model.
class Node {
 public:
  // Throws Refusal if the node is none of its kind, or its kernels do not run here.
  Node(const Api& api, const trt::PluginKind& kind, const KernelInfo* info,
       std::unique_ptr<NodeKernels> kernels);

  // Throws Refusal if extents do not fit, or the kernels refuse them.
  void compute(KernelContext* context) const;

  // Its name, for what it refuses.
  const char* kind() const { return kind_; }
  const Api& api() const { return api_; }

 private:
  void check_types(const KernelInfo* info);
  void keep_constants(const KernelInfo* info);

  Api api_;
  const char* kind_;
  std::unique_ptr<NodeKernels> kernels_;
  std::unique_ptr<const trt::Operation> operation_;
  nvinfer1::DataType activation_;
};

// A kind of node as ONNX Runtime knows it. Must outlive the sessions that it is registered with.
class NodeKind : public CustomOperator {
 public:
  // Types of the outputs: kUndefined for activations, whose type ONNX Runtime takes from the inputs
  // where all of them have it, or else from the model's declaration of the value.
  NodeKind(const Api& api, trt::PluginKind kind, const Settings& settings,
           std::vector<ElementType> output_types, bool inputs_have_one_type);
  NodeKind(const NodeKind&) = delete;
  NodeKind& operator=(const NodeKind&) = delete;

 private:
  static const NodeKind& of(const CustomOperator* op) { return *static_cast<const NodeKind*>(op); }

  void create_node(const KernelInfo* info, void** kernel) const;
  // Leaves what it does not know to ONNX Runtime.
  void infer(ShapeContext* context) const;

  Api api_;
  trt::PluginKind kind_;
  Settings settings_;
  std::vector<ElementType> output_types_;
  bool inputs_have_one_type_;
};

// All kinds, in the order in which they are registered.
std::vector<std::unique_ptr<NodeKind>> node_kinds(const Api& api, const Settings& settings);

}  // namespace viditq::ort
