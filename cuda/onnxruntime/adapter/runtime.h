// The binary interface between ONNX Runtime 1.17 or newer and an operator library, as far as this
// library touches it: structures of function pointers, of which ONNX Runtime only ever appends to
// the first, and what is handed through them. Names are ours; order and types are what counts.
#pragma once

#include <cstddef>
#include <cstdint>

namespace viditq::ort {

// The version of the interface that is asked for: the first with shape inference.
constexpr uint32_t kVersion = 17;

// What only ONNX Runtime looks into.
struct Status;
struct SessionOptions;
struct OperatorDomain;
struct KernelInfo;
struct KernelContext;
struct ShapeContext;
struct Value;
struct TypeInfo;
struct TensorInfo;
struct Attribute;

enum class ErrorCode : int32_t { kFail = 1, kInvalidArgument = 2 };

enum class ElementType : int32_t {
  kUndefined = 0,
  kFloat = 1,
  kInt8 = 3,
  kInt32 = 6,
  kFloat16 = 10,
  kBfloat16 = 16
};

enum class AttributeType : int32_t {
  kInteger = 1,
  kIntegers = 2,
  kReal = 3,
  kReals = 4,
  kText = 5
};

// Functions that this library does not call.
template <int count>
using Skipped = void* [count];

// Of functions with a Status, null is success.
struct Functions {
  Status* (*create_status)(ErrorCode, const char* message);
  Skipped<1> skipped_1;
  const char* (*get_error_message)(const Status*);
  Skipped<23> skipped_3;
  Status* (*create_domain)(const char* name, OperatorDomain**);
  Status* (*add_to_domain)(OperatorDomain*, const struct CustomOperator*);
  Status* (*add_domain)(SessionOptions*, OperatorDomain*);
  Skipped<22> skipped_29;
  Status* (*get_data)(Value*, void**);
  Skipped<3> skipped_52;
  Status* (*get_tensor_info)(const TypeInfo*, const TensorInfo**);
  Skipped<1> skipped_56;
  Status* (*create_tensor_info)(TensorInfo**);
  Status* (*set_element_type)(TensorInfo*, ElementType);
  Status* (*set_extents)(TensorInfo*, const int64_t*, size_t);
  Status* (*get_element_type)(const TensorInfo*, ElementType*);
  Status* (*get_rank)(const TensorInfo*, size_t*);
  Status* (*get_extents)(const TensorInfo*, int64_t*, size_t);
  Status* (*get_symbols)(const TensorInfo*, const char**, size_t);
  Skipped<1> skipped_64;
  Status* (*get_value_info)(const Value*, TensorInfo**);
  Skipped<19> skipped_66;
  Status* (*get_real)(const KernelInfo*, const char* name, float*);
  Status* (*get_integer)(const KernelInfo*, const char* name, int64_t*);
  Status* (*get_text)(const KernelInfo*, const char* name, char*, size_t*);
  Skipped<2> skipped_88;
  Status* (*get_input)(const KernelContext*, size_t index, const Value**);
  Status* (*get_output)(KernelContext*, size_t index, const int64_t*, size_t rank, Value**);
  Skipped<1> skipped_92;
  void (*release_status)(Status*);
  Skipped<4> skipped_94;
  void (*release_type_info)(TypeInfo*);
  void (*release_tensor_info)(TensorInfo*);
  Skipped<62> skipped_100;
  Status* (*get_reals)(const KernelInfo*, const char* name, float*, size_t*);
  Status* (*get_integers)(const KernelInfo*, const char* name, int64_t*, size_t*);
  Skipped<66> skipped_164;
  Status* (*get_input_count)(const KernelInfo*, size_t*);
  Status* (*get_output_count)(const KernelInfo*, size_t*);
  Skipped<2> skipped_232;
  Status* (*get_input_type)(const KernelInfo*, size_t index, TypeInfo**);
  Status* (*get_output_type)(const KernelInfo*, size_t index, TypeInfo**);
  Skipped<1> skipped_236;
  Status* (*has_config)(const SessionOptions*, const char* key, int*);
  Status* (*get_config)(const SessionOptions*, const char* key, char*, size_t*);
  Skipped<5> skipped_239;
  Status* (*get_node_name)(const KernelInfo*, char*, size_t*);
  Skipped<4> skipped_245;
  Status* (*get_constant)(const KernelInfo*, size_t index, int* is_constant, const Value**);
  Skipped<17> skipped_250;
  Status* (*get_shape_input_count)(const ShapeContext*, size_t*);
  Status* (*get_shape_input)(const ShapeContext*, size_t index, TensorInfo**);
  Status* (*get_shape_attribute)(const ShapeContext*, const char* name, const Attribute**);
  Status* (*set_shape)(const ShapeContext*, size_t index, const TensorInfo*);
  Status* (*set_symbols)(TensorInfo*, const char**, size_t);
  Status* (*read_attribute)(const Attribute*, AttributeType, void* data, size_t bytes,
                            size_t* used);
};

// The numbers of the functions in ONNX Runtime's structure.
#define VIDITQ_AT(function, number) \
  static_assert(offsetof(Functions, function) == (number) * sizeof(void*), #function)
VIDITQ_AT(get_error_message, 2);
VIDITQ_AT(create_domain, 26);
VIDITQ_AT(get_data, 51);
VIDITQ_AT(get_tensor_info, 55);
VIDITQ_AT(create_tensor_info, 57);
VIDITQ_AT(set_extents, 59);
VIDITQ_AT(get_symbols, 63);
VIDITQ_AT(get_value_info, 65);
VIDITQ_AT(get_real, 85);
VIDITQ_AT(get_input, 90);
VIDITQ_AT(release_status, 93);
VIDITQ_AT(release_tensor_info, 99);
VIDITQ_AT(get_reals, 162);
VIDITQ_AT(get_input_count, 230);
VIDITQ_AT(get_input_type, 234);
VIDITQ_AT(get_config, 238);
VIDITQ_AT(get_node_name, 244);
VIDITQ_AT(get_constant, 249);
VIDITQ_AT(get_shape_input_count, 267);
VIDITQ_AT(read_attribute, 272);
#undef VIDITQ_AT

// Where an operator library gets the functions from; null for versions that are not there.
struct FunctionsSource {
  const Functions* (*get)(uint32_t version);
  const char* (*version_text)();
};

enum class Characteristic : int32_t { kRequired = 0, kOptional = 1, kVariadic = 2 };

// What ONNX Runtime asks an operator of a library. Null where nothing is answered.
struct CustomOperator {
  uint32_t version;
  void* (*create_kernel)(const CustomOperator*, const Functions*, const KernelInfo*);
  const char* (*name)(const CustomOperator*);
  const char* (*execution_provider)(const CustomOperator*);
  ElementType (*input_type)(const CustomOperator*, size_t index);
  size_t (*input_count)(const CustomOperator*);
  ElementType (*output_type)(const CustomOperator*, size_t index);
  size_t (*output_count)(const CustomOperator*);
  void (*compute_unchecked)(void* kernel, KernelContext*);
  void (*destroy)(void* kernel);
  Characteristic (*input_characteristic)(const CustomOperator*, size_t index);
  Characteristic (*output_characteristic)(const CustomOperator*, size_t index);
  int32_t (*input_memory)(const CustomOperator*, size_t index);
  int (*fewest_inputs)(const CustomOperator*);
  int (*inputs_have_one_type)(const CustomOperator*);
  int (*fewest_outputs)(const CustomOperator*);
  int (*outputs_have_one_type)(const CustomOperator*);
  Status* (*create)(const CustomOperator*, const Functions*, const KernelInfo*, void** kernel);
  Status* (*compute)(void* kernel, KernelContext*);
  Status* (*infer_shapes)(const CustomOperator*, ShapeContext*);
  int (*first_version)(const CustomOperator*);
  int (*last_version)(const CustomOperator*);
  // Appended after version 17.
  void* in_place[2];
  void* aliases[2];
};

}  // namespace viditq::ort
