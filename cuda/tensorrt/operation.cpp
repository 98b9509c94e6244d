#include "operation.h"

#include <cstring>
#include <limits>
#include <string>

#include "viditq_cuda.h"

namespace viditq::trt {
namespace {

using nvinfer1::DataType;
using nvinfer1::Dims;

bool fits(int64_t extent, int64_t expected) {
  return extent == expected || extent == -1 || expected == -1;
}

int64_t product(const Dims& extents, int count) {
  int64_t elements = 1;
  for (int i = 0; i < count; i++) {
    if (extents.d[i] < 0) return -1;
    if (__builtin_mul_overflow(elements, extents.d[i], &elements)) {
      throw Refusal("an operand has more than 2^63 elements.");
    }
  }
  return elements;
}

// Whether extents are the first `count` of the expected ones.
bool agree(const Dims& extents, const Dims& expected, int count) {
  if (extents.nbDims != count) return false;
  for (int i = 0; i < count; i++) {
    if (!fits(extents.d[i], expected.d[i])) return false;
  }
  return true;
}

std::string bracketed(const Dims& extents) {
  std::string text = "[";
  for (int i = 0; i < extents.nbDims && i < Dims::MAX_DIMS; i++) {
    if (i > 0) text += ", ";
    text += extents.d[i] < 0 ? "?" : std::to_string(extents.d[i]);
  }
  return text + "]";
}

// "x has the extents [2, ?, 64]"
std::string described(const char* name, const Dims& extents) {
  return std::string(name) + " has the extents " + bracketed(extents);
}

}  // namespace

nvinfer1::DataType type_of(Element element, DataType activation) {
  switch (element) {
    case Element::kCode:
      return DataType::kINT8;
    case Element::kFloat:
      return DataType::kFLOAT;
    case Element::kInteger:
      return DataType::kINT32;
    default:
      return activation;
  }
}

bool is_activation(DataType type) {
  return type == DataType::kFLOAT || type == DataType::kHALF || type == DataType::kBF16;
}

void Operation::require_counts(int64_t input_count, int64_t output_count) const {
  const auto expect = [](int64_t given, size_t wanted, const char* what) {
    if (given == static_cast<int64_t>(wanted)) return;
    throw Refusal(std::to_string(given) + " " + what + " are connected; the fields ask for " +
                  std::to_string(wanted) + ".");
  };
  expect(input_count, inputs_.size(), "inputs");
  expect(output_count, outputs_.size(), "outputs");
}

DataType Operation::require_types(const DataType* types) const {
  const DataType activation = activation_type().value_or(types[0]);
  for (size_t i = 0; i < inputs_.size(); i++) {
    const bool fits = types[i] == type_of(inputs_[i].element, activation) &&
                      (inputs_[i].element != Element::kActivation || is_activation(activation));
    if (!fits) {
      throw Refusal(std::string("input ") + inputs_[i].name +
                    " has the wrong element type; see docs/plugins.md.");
    }
  }
  return activation;
}

int Operation::index_of(const char* name) const {
  for (size_t i = 0; i < inputs_.size(); i++) {
    if (std::strcmp(inputs_[i].name, name) == 0) return static_cast<int>(i);
  }
  return -1;
}

int64_t last_extent(const Dims& extents) { return extents.d[extents.nbDims - 1]; }

int64_t all_elements(const Dims& extents) { return product(extents, extents.nbDims); }

int64_t row_count(const Dims& extents) { return product(extents, extents.nbDims - 1); }

void require_rank(const char* name, const Dims& extents, int lowest, int highest) {
  if (extents.nbDims >= lowest && extents.nbDims <= highest) return;
  throw Refusal(described(name, extents) + "; it must have " + std::to_string(lowest) + " to " +
                std::to_string(highest) + " dimensions.");
}

void require_last(const char* name, const Dims& extents, int64_t last) {
  require_rank(name, extents, 1, Dims::MAX_DIMS);
  if (fits(last_extent(extents), last)) return;
  throw Refusal(described(name, extents) + "; the last must be " + std::to_string(last) + ".");
}

void require_extents(const char* name, const Dims& extents,
                     std::initializer_list<int64_t> expected) {
  Dims wanted{0, {}};
  for (const int64_t extent : expected) wanted.d[wanted.nbDims++] = extent;
  if (agree(extents, wanted, wanted.nbDims)) return;
  throw Refusal(described(name, extents) + "; the fields and the other inputs ask for " +
                bracketed(wanted) + ".");
}

void require_same(const char* name, const Dims& extents, const char* x_name, const Dims& x) {
  if (agree(extents, x, x.nbDims)) return;
  throw Refusal(described(name, extents) + " and " + described(x_name, x) + "; they must agree.");
}

void require_rows(const char* name, const Dims& extents, const char* x_name, const Dims& x) {
  if (agree(extents, x, x.nbDims - 1)) return;
  throw Refusal(described(name, extents) + " and " + described(x_name, x) + "; " + name +
                " must have all of these but the last.");
}

void require_per_sample(const char* name, const Dims& extents, int64_t columns, const char* x_name,
                        const Dims& x) {
  require_last(name, extents, columns);
  const int64_t samples = row_count(extents);
  const int64_t rows = row_count(x);
  if (samples == -1 || rows == -1) return;
  if (samples == 0 ? rows == 0 : rows % samples == 0) return;
  throw Refusal(described(name, extents) + " and " + described(x_name, x) + "; " +
                std::to_string(rows) + " rows do not divide into " + std::to_string(samples) +
                " samples.");
}

void require_scalar(const char* name, const Dims& extents) {
  if (extents.nbDims == 0 || (extents.nbDims == 1 && fits(extents.d[0], 1))) return;
  throw Refusal(described(name, extents) + "; it must be one value.");
}

int32_t kernel_type(nvinfer1::DataType type) {
  switch (type) {
    case nvinfer1::DataType::kFLOAT:
      return VIDITQ_CUDA_FLOAT32;
    case nvinfer1::DataType::kHALF:
      return VIDITQ_CUDA_FLOAT16;
    case nvinfer1::DataType::kBF16:
      return VIDITQ_CUDA_BFLOAT16;
    default:
      throw Refusal("activations must be FLOAT, HALF or BF16.");
  }
}

int32_t kernel_extent(int64_t extent) {
  if (extent >= 0 && extent <= std::numeric_limits<int32_t>::max())
    return static_cast<int32_t>(extent);
  throw Refusal(std::to_string(extent) + " rows or columns are more than the kernels count.");
}

}  // namespace viditq::trt
