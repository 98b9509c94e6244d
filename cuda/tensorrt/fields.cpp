#include "fields.h"

#include <cstring>
#include <sstream>

#include "report.h"

namespace viditq::trt {
namespace {

using nvinfer1::PluginField;
using nvinfer1::PluginFieldType;

std::string text_of(double value) {
  std::ostringstream out;
  out << value;
  return out.str();
}

double read(const FieldSpec& spec, const PluginField& field) {
  const std::string name = std::string("field ") + spec.name;
  const bool integer = spec.type == PluginFieldType::kINT32;
  require(field.type == spec.type,
          name + " has the wrong type; it must be " + (integer ? "an INT32." : "a FLOAT32."));
  require(field.length == 1,
          name + " has " + std::to_string(field.length) + " elements; it must have one.");
  require(field.data != nullptr, name + " has no data.");
  double value;
  if (integer) {
    int32_t stored;
    std::memcpy(&stored, field.data, sizeof stored);
    value = stored;
  } else {
    float stored;
    std::memcpy(&stored, field.data, sizeof stored);
    value = stored;
  }
  // NaN is in no range.
  require(value >= spec.lowest && value <= spec.highest,
          name + " is " + text_of(value) + "; it must be " + text_of(spec.lowest) + " to " +
              text_of(spec.highest) + ".");
  return value;
}

}  // namespace

Fields::Fields(const std::vector<FieldSpec>& specs, const nvinfer1::PluginFieldCollection* given)
    : specs_(&specs), values_(specs.size()) {
  std::vector<std::optional<double>> found(specs.size());
  const int count = given == nullptr ? 0 : given->nbFields;
  require(count >= 0 && (count == 0 || given->fields != nullptr), "the list of fields is broken.");
  for (int i = 0; i < count; i++) {
    const PluginField& field = given->fields[i];
    require(field.name != nullptr, "field " + std::to_string(i) + " has no name.");
    size_t spec = 0;
    while (spec < specs.size() && std::strcmp(specs[spec].name, field.name) != 0) spec++;
    require(spec < specs.size(), std::string("field ") + field.name + " is unknown; remove it.");
    require(!found[spec].has_value(), std::string("field ") + field.name + " is given twice.");
    found[spec] = read(specs[spec], field);
  }
  for (size_t i = 0; i < specs.size(); i++) {
    if (!found[i].has_value()) found[i] = specs[i].standard;
    require(found[i].has_value(), std::string("field ") + specs[i].name + " is missing.");
    if (specs[i].type == PluginFieldType::kINT32) {
      values_[i].integer = static_cast<int32_t>(*found[i]);
    } else {
      values_[i].real = static_cast<float>(*found[i]);
    }
  }
}

size_t Fields::index_of(const char* name) const {
  for (size_t i = 0; i < specs_->size(); i++) {
    if (std::strcmp((*specs_)[i].name, name) == 0) return i;
  }
  throw std::logic_error(std::string("there is no field ") + name);
}

int32_t Fields::integer(const char* name) const { return values_[index_of(name)].integer; }

float Fields::real(const char* name) const { return values_[index_of(name)].real; }

std::vector<PluginField> Fields::serialized() const {
  std::vector<PluginField> fields;
  for (size_t i = 0; i < specs_->size(); i++) {
    fields.emplace_back((*specs_)[i].name, &values_[i], (*specs_)[i].type, 1);
  }
  return fields;
}

std::string Fields::text() const {
  std::ostringstream out;
  out.precision(9);
  for (size_t i = 0; i < specs_->size(); i++) {
    if (i > 0) out << ',';
    out << (*specs_)[i].name << '=';
    if ((*specs_)[i].type == PluginFieldType::kINT32) {
      out << values_[i].integer;
    } else {
      out << values_[i].real;
    }
  }
  return out.str();
}

}  // namespace viditq::trt
