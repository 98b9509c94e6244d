// What a node of ours computes, apart from who asks for it, TensorRT (plugin.h) or ONNX Runtime
// (../onnxruntime): operands by name, rules about their types and extents, and the launch.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "fields.h"
#include "kernels.h"
#include "nvinfer.h"
#include "report.h"

namespace viditq::trt {

enum class Element {
  kActivation,  // float32, float16 or bfloat16; the same for all such operands of a plugin
  kCode,        // int8: bytes of codes, whether they are read as signed or not
  kFloat,       // float32
  kInteger      // int32
};

struct Input {
  const char* name;
  Element element;
};

// An output has the extents of the first input, except for the last.
struct Output {
  enum class Last {
    kSame,
    kCodeRow,  // rounded up to whole VIDITQ_CUDA_CODE_ROW bytes
    kDropped,  // one value per row
    kFixed
  };
  const char* name;
  Element element;
  Last last;
  int64_t fixed = 0;
};

constexpr int kMostInputs = 16;

// The type of an operand, given that of activations.
nvinfer1::DataType type_of(Element element, nvinfer1::DataType activation);
bool is_activation(nvinfer1::DataType type);

// One execution.
struct Launch {
  Kernels* kernels;
  const nvinfer1::Dims* extents;  // of the inputs, all known
  nvinfer1::DataType activation;  // type of the operands that are activations
  const void* const* inputs;
  void* const* outputs;
  int tactic;  // one of tactics(), or 0 for the library's own choice
  void* stream;
  void* workspace;  // of workspace_bytes(), aligned as operands are; null for none
};

class Operation {
 public:
  virtual ~Operation() = default;

  const std::vector<Input>& inputs() const { return inputs_; }
  const std::vector<Output>& outputs() const { return outputs_; }

  // The type of activations where a field decides and not the first input.
  virtual std::optional<nvinfer1::DataType> activation_type() const { return std::nullopt; }

  // Throws Refusal unless as many operands are connected as the fields ask for.
  void require_counts(int64_t inputs, int64_t outputs) const;

  // The type of activations; throws Refusal if an input is not of its operand's type.
  nvinfer1::DataType require_types(const nvinfer1::DataType* inputs) const;

  // Throws Refusal if the inputs' extents do not fit; an extent of -1 is not known yet.
  virtual void check(const nvinfer1::Dims* extents) const = 0;

  // Kernels worth timing for these layers on the current device; empty for one only.
  virtual std::vector<int32_t> tactics(Kernels&) const { return {}; }

  // Memory beside the operands that run needs for these extents, all known, and for all that no
  // extent of exceeds them. Throws Refusal for extents that no kernel counts.
  virtual int64_t workspace_bytes(Kernels&, const nvinfer1::Dims*) const { return 0; }

  // Hands weights that never change to the kernels. Of the launch only the kernels are there, and
  // inputs with their extents where they are constants; the other inputs are null. Throws Refusal
  // as check and run.
  virtual void keep_constants(const Launch&) const {}

  // Enqueues the kernels; no extent is 0. Throws Refusal where they do not start.
  virtual void run(const Launch& launch) const = 0;

 protected:
  // Index of an input, -1 for one that the fields have left out.
  int index_of(const char* name) const;

  template <typename T = void>
  const T* input(const Launch& launch, const char* name) const {
    const int index = index_of(name);
    return index < 0 ? nullptr : static_cast<const T*>(launch.inputs[index]);
  }

  std::vector<Input> inputs_;
  std::vector<Output> outputs_;
};

// ---- rules about extents, all of which let -1 pass

int64_t last_extent(const nvinfer1::Dims& extents);

// Product of all extents, or of all but the last; -1 if one is not known.
int64_t all_elements(const nvinfer1::Dims& extents);
int64_t row_count(const nvinfer1::Dims& extents);

void require_rank(const char* name, const nvinfer1::Dims& extents, int lowest, int highest);
void require_last(const char* name, const nvinfer1::Dims& extents, int64_t last);
void require_extents(const char* name, const nvinfer1::Dims& extents,
                     std::initializer_list<int64_t> expected);

// Extents of x, or of its rows.
void require_same(const char* name, const nvinfer1::Dims& extents, const char* x_name,
                  const nvinfer1::Dims& x);
void require_rows(const char* name, const nvinfer1::Dims& extents, const char* x_name,
                  const nvinfer1::Dims& x);

// One row of `columns` values per sample, each for as many rows of x.
void require_per_sample(const char* name, const nvinfer1::Dims& extents, int64_t columns,
                        const char* x_name, const nvinfer1::Dims& x);

// One value, of rank 0 or 1.
void require_scalar(const char* name, const nvinfer1::Dims& extents);

// VIDITQ_CUDA_FLOAT32, .. of an activation's type.
int32_t kernel_type(nvinfer1::DataType type);

// An extent as the kernels take it.
int32_t kernel_extent(int64_t extent);

// ---- plugins

struct PluginKind {
  const char* name;
  std::vector<FieldSpec> fields;
  std::unique_ptr<const Operation> (*make)(const Fields& fields);
};

std::vector<PluginKind> quantizers();
PluginKind quantized_linear();
PluginKind gated_residual();
PluginKind attention();

}  // namespace viditq::trt
