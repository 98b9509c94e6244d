// ONNX Runtime's functions as the adapter calls them: what they refuse is thrown as a Refusal, and
// nothing is left to release.
#pragma once

#include <new>
#include <string>
#include <vector>

#include "operation.h"
#include "runtime.h"

namespace viditq::ort {

using trt::Refusal;

// Where a node's attributes are read: when its kernel is made, or when shapes are inferred.
class Attributes {
 public:
  virtual ~Attributes() = default;

  // The values of an attribute of that type, one unless it is a list; false where there is no such
  // attribute, or it has another type.
  virtual bool integers(const char* name, std::vector<int64_t>* values) const = 0;
  virtual bool reals(const char* name, std::vector<float>* values) const = 0;
  virtual bool text(const char* name, std::string* value) const = 0;
};

class KernelAttributes final : public Attributes {
 public:
  KernelAttributes(const Functions& functions, const KernelInfo* info)
      : functions_(functions), info_(info) {}
  bool integers(const char* name, std::vector<int64_t>* values) const override;
  bool reals(const char* name, std::vector<float>* values) const override;
  bool text(const char* name, std::string* value) const override;

 private:
  bool succeeded(Status* status) const;

  const Functions& functions_;
  const KernelInfo* info_;
};

class ShapeAttributes final : public Attributes {
 public:
  ShapeAttributes(const Functions& functions, const ShapeContext* context)
      : functions_(functions), context_(context) {}
  bool integers(const char* name, std::vector<int64_t>* values) const override;
  bool reals(const char* name, std::vector<float>* values) const override;
  bool text(const char* name, std::string* value) const override;

 private:
  // Bytes of an attribute of that type; false as above.
  bool read(const char* name, AttributeType type, std::vector<unsigned char>* bytes) const;

  const Functions& functions_;
  const ShapeContext* context_;
};

// What is known of a tensor. Extents of -1 are unknown; they may have a name.
struct Description {
  nvinfer1::DataType type;
  nvinfer1::Dims extents;
  std::vector<std::string> symbols;
};

class Api {
 public:
  explicit Api(const Functions& functions) : functions_(&functions) {}

  const Functions& functions() const { return *functions_; }

  // Throws Refusal with the message of what is not success, and releases it.
  void require(Status* status) const;

  // Runs body; null, or what it threw as "name: what". No exception may leave a function that ONNX
  // Runtime calls.
  template <typename Body>
  Status* guarded(const char* name, Body body) const noexcept {
    try {
      body();
      return nullptr;
    } catch (const Refusal& refusal) {
      return refused(ErrorCode::kInvalidArgument, name, refusal.what());
    } catch (const std::bad_alloc&) {
      return refused(ErrorCode::kFail, name, "there is not enough memory.");
    } catch (const std::exception& e) {
      return refused(ErrorCode::kFail, name, e.what());
    } catch (...) {
      return refused(ErrorCode::kFail, name, "an unknown exception.");
    }
  }

  std::string node_name(const KernelInfo* info) const;
  size_t input_count(const KernelInfo* info) const;
  size_t output_count(const KernelInfo* info) const;
  // The operand's name is for what is thrown.
  Description input(const KernelInfo* info, size_t index, const char* operand) const;
  Description output(const KernelInfo* info, size_t index, const char* operand) const;
  // Null where the input is no constant of the model.
  const Value* constant(const KernelInfo* info, size_t index) const;

  size_t input_count(const ShapeContext* context) const;
  Description input(const ShapeContext* context, size_t index, const char* operand) const;
  // All extents are known or have a name.
  void set_shape(const ShapeContext* context, size_t index, const Description& output) const;

  const Value* input(const KernelContext* context, size_t index, const char* operand) const;
  Value* output(KernelContext* context, size_t index, const nvinfer1::Dims& extents) const;
  Description describe(const Value* value, const char* operand) const;
  // For a constant, only to be read.
  void* data(const Value* value) const;

  // Empty where the session has no such entry.
  std::string config(const SessionOptions* options, const char* key) const;

 private:
  Status* refused(ErrorCode code, const char* name, const char* what) const noexcept;
  Description described(const TypeInfo* type, const char* operand) const;
  Description described(const TensorInfo* info, const char* operand) const;

  const Functions* functions_;
};

// kBOOL stands for all types that no operand has.
nvinfer1::DataType data_type(ElementType type);
ElementType element_type(nvinfer1::DataType type);

}  // namespace viditq::ort
