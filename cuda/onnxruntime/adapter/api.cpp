#include "api.h"

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <memory>

namespace viditq::ort {
namespace {

using nvinfer1::DataType;
using nvinfer1::Dims;

constexpr int kLongestMessage = 1024;

}  // namespace

// ---- attributes

bool KernelAttributes::succeeded(Status* status) const {
  if (status == nullptr) return true;
  functions_.release_status(status);
  return false;
}

bool KernelAttributes::integers(const char* name, std::vector<int64_t>* values) const {
  values->assign(1, 0);
  if (succeeded(functions_.get_integer(info_, name, values->data()))) return true;
  size_t count = 0;
  // An attribute of another type is a list without elements, too.
  if (!succeeded(functions_.get_integers(info_, name, nullptr, &count)) || count == 0) return false;
  values->assign(count, 0);
  return succeeded(functions_.get_integers(info_, name, values->data(), &count));
}

bool KernelAttributes::reals(const char* name, std::vector<float>* values) const {
  values->assign(1, 0);
  if (succeeded(functions_.get_real(info_, name, values->data()))) return true;
  size_t count = 0;
  // An attribute of another type is a list without elements, too.
  if (!succeeded(functions_.get_reals(info_, name, nullptr, &count)) || count == 0) return false;
  values->assign(count, 0);
  return succeeded(functions_.get_reals(info_, name, values->data(), &count));
}

bool KernelAttributes::text(const char* name, std::string* value) const {
  size_t bytes = 0;
  if (!succeeded(functions_.get_text(info_, name, nullptr, &bytes)) || bytes == 0) return false;
  value->assign(bytes, '\0');
  if (!succeeded(functions_.get_text(info_, name, value->data(), &bytes))) return false;
  value->resize(std::strlen(value->c_str()));
  return true;
}

bool ShapeAttributes::read(const char* name, AttributeType type,
                           std::vector<unsigned char>* bytes) const {
  const Attribute* attribute = nullptr;
  if (Status* status = functions_.get_shape_attribute(context_, name, &attribute)) {
    functions_.release_status(status);
    return false;
  }
  bytes->assign(sizeof(int64_t), 0);
  for (int attempt = 0; attempt < 2; attempt++) {
    size_t used = 0;
    Status* status =
        functions_.read_attribute(attribute, type, bytes->data(), bytes->size(), &used);
    if (status == nullptr) {
      bytes->resize(used);
      return true;
    }
    functions_.release_status(status);
    if (used <= bytes->size()) return false;
    bytes->resize(used);
  }
  return false;
}

bool ShapeAttributes::integers(const char* name, std::vector<int64_t>* values) const {
  std::vector<unsigned char> bytes;
  if (!read(name, AttributeType::kInteger, &bytes)) return false;
  values->assign(1, 0);
  std::memcpy(values->data(), bytes.data(), std::min(bytes.size(), sizeof(int64_t)));
  return true;
}

bool ShapeAttributes::reals(const char* name, std::vector<float>* values) const {
  std::vector<unsigned char> bytes;
  if (!read(name, AttributeType::kReal, &bytes)) return false;
  values->assign(1, 0);
  std::memcpy(values->data(), bytes.data(), std::min(bytes.size(), sizeof(float)));
  return true;
}

bool ShapeAttributes::text(const char* name, std::string* value) const {
  std::vector<unsigned char> bytes;
  if (!read(name, AttributeType::kText, &bytes)) return false;
  bytes.push_back('\0');
  value->assign(reinterpret_cast<const char*>(bytes.data()));
  return true;
}

// ---- types

DataType data_type(ElementType type) {
  switch (type) {
    case ElementType::kFloat:
      return DataType::kFLOAT;
    case ElementType::kFloat16:
      return DataType::kHALF;
    case ElementType::kBfloat16:
      return DataType::kBF16;
    case ElementType::kInt8:
      return DataType::kINT8;
    case ElementType::kInt32:
      return DataType::kINT32;
    default:
      return DataType::kBOOL;
  }
}

ElementType element_type(DataType type) {
  switch (type) {
    case DataType::kFLOAT:
      return ElementType::kFloat;
    case DataType::kHALF:
      return ElementType::kFloat16;
    case DataType::kBF16:
      return ElementType::kBfloat16;
    case DataType::kINT8:
      return ElementType::kInt8;
    case DataType::kINT32:
      return ElementType::kInt32;
    default:
      return ElementType::kUndefined;
  }
}

// ---- calls

void Api::require(Status* status) const {
  if (status == nullptr) return;
  const std::string message = functions_->get_error_message(status);
  functions_->release_status(status);
  throw Refusal(message);
}

Status* Api::refused(ErrorCode code, const char* name, const char* what) const noexcept {
  char message[kLongestMessage];
  std::snprintf(message, sizeof message, "%s: %s", name, what);
  return functions_->create_status(code, message);
}

std::string Api::node_name(const KernelInfo* info) const {
  size_t bytes = 0;
  require(functions_->get_node_name(info, nullptr, &bytes));
  std::string name(bytes, '\0');
  if (bytes > 0) require(functions_->get_node_name(info, name.data(), &bytes));
  name.resize(std::strlen(name.c_str()));
  return name;
}

size_t Api::input_count(const KernelInfo* info) const {
  size_t count = 0;
  require(functions_->get_input_count(info, &count));
  return count;
}

size_t Api::output_count(const KernelInfo* info) const {
  size_t count = 0;
  require(functions_->get_output_count(info, &count));
  return count;
}

Description Api::described(const TensorInfo* info, const char* operand) const {
  ElementType type = ElementType::kUndefined;
  size_t rank = 0;
  require(functions_->get_element_type(info, &type));
  require(functions_->get_rank(info, &rank));
  if (rank > Dims::MAX_DIMS) {
    throw Refusal(std::string(operand) + " has " + std::to_string(rank) +
                  " dimensions; there may be " + std::to_string(Dims::MAX_DIMS) + ".");
  }
  Description description{data_type(type), {static_cast<int32_t>(rank), {}}, {}};
  if (rank == 0) return description;
  const char* symbols[Dims::MAX_DIMS] = {};
  require(functions_->get_extents(info, description.extents.d, rank));
  require(functions_->get_symbols(info, symbols, rank));
  for (size_t i = 0; i < rank; i++) {
    if (description.extents.d[i] < 0) description.extents.d[i] = -1;
    description.symbols.emplace_back(symbols[i] == nullptr ? "" : symbols[i]);
  }
  return description;
}

Description Api::described(const TypeInfo* type, const char* operand) const {
  const TensorInfo* info = nullptr;  // belongs to the type
  require(functions_->get_tensor_info(type, &info));
  if (info == nullptr) throw Refusal(std::string(operand) + " is no tensor.");
  return described(info, operand);
}

Description Api::input(const KernelInfo* info, size_t index, const char* operand) const {
  TypeInfo* type = nullptr;
  require(functions_->get_input_type(info, index, &type));
  const std::unique_ptr<TypeInfo, void (*)(TypeInfo*)> owned(type, functions_->release_type_info);
  return described(type, operand);
}

Description Api::output(const KernelInfo* info, size_t index, const char* operand) const {
  TypeInfo* type = nullptr;
  require(functions_->get_output_type(info, index, &type));
  const std::unique_ptr<TypeInfo, void (*)(TypeInfo*)> owned(type, functions_->release_type_info);
  return described(type, operand);
}

const Value* Api::constant(const KernelInfo* info, size_t index) const {
  int is_constant = 0;
  const Value* value = nullptr;
  require(functions_->get_constant(info, index, &is_constant, &value));
  return is_constant != 0 ? value : nullptr;
}

size_t Api::input_count(const ShapeContext* context) const {
  size_t count = 0;
  require(functions_->get_shape_input_count(context, &count));
  return count;
}

Description Api::input(const ShapeContext* context, size_t index, const char* operand) const {
  TensorInfo* info = nullptr;  // belongs to the context
  require(functions_->get_shape_input(context, index, &info));
  return described(info, operand);
}

void Api::set_shape(const ShapeContext* context, size_t index, const Description& output) const {
  TensorInfo* info = nullptr;
  require(functions_->create_tensor_info(&info));
  const std::unique_ptr<TensorInfo, void (*)(TensorInfo*)> owned(info,
                                                                 functions_->release_tensor_info);
  const auto rank = static_cast<size_t>(output.extents.nbDims);
  std::vector<const char*> symbols;
  for (const std::string& symbol : output.symbols) symbols.push_back(symbol.c_str());
  require(functions_->set_element_type(info, element_type(output.type)));
  require(functions_->set_extents(info, output.extents.d, rank));
  require(functions_->set_symbols(info, symbols.data(), rank));
  require(functions_->set_shape(context, index, info));
}

const Value* Api::input(const KernelContext* context, size_t index, const char* operand) const {
  const Value* value = nullptr;
  require(functions_->get_input(context, index, &value));
  if (value == nullptr) throw Refusal(std::string(operand) + " is not connected.");
  return value;
}

Value* Api::output(KernelContext* context, size_t index, const Dims& extents) const {
  Value* value = nullptr;
  require(functions_->get_output(context, index, extents.d, static_cast<size_t>(extents.nbDims),
                                 &value));
  return value;
}

Description Api::describe(const Value* value, const char* operand) const {
  TensorInfo* info = nullptr;
  require(functions_->get_value_info(value, &info));
  const std::unique_ptr<TensorInfo, void (*)(TensorInfo*)> owned(info,
                                                                 functions_->release_tensor_info);
  return described(info, operand);
}

void* Api::data(const Value* value) const {
  void* data = nullptr;
  require(functions_->get_data(const_cast<Value*>(value), &data));
  return data;
}

std::string Api::config(const SessionOptions* options, const char* key) const {
  int there = 0;
  require(functions_->has_config(options, key, &there));
  if (there == 0) return "";
  size_t bytes = 0;
  require(functions_->get_config(options, key, nullptr, &bytes));
  std::string value(bytes, '\0');
  if (bytes > 0) require(functions_->get_config(options, key, value.data(), &bytes));
  value.resize(std::strlen(value.c_str()));
  return value;
}

}  // namespace viditq::ort
