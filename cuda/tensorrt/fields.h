// The fields of a plugin: scalars, described by a table, checked when a plugin is created, and
// written into engines by the same table.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "nvinfer.h"

namespace viditq::trt {

struct FieldSpec {
  const char* name;
  nvinfer1::PluginFieldType type;  // kINT32 or kFLOAT32, one element
  double lowest;
  double highest;
  std::optional<double> standard;  // the value of a field that is not given; none: it must be
};

inline FieldSpec integer_field(const char* name, int lowest, int highest,
                               std::optional<double> standard = std::nullopt) {
  return {name, nvinfer1::PluginFieldType::kINT32, static_cast<double>(lowest),
          static_cast<double>(highest), standard};
}

// Whether something is so; not, if the field is missing.
inline FieldSpec flag_field(const char* name) { return integer_field(name, 0, 1, 0); }

// The values of all fields of a table.
class Fields {
 public:
  // Throws Refusal if a field is unknown, given twice, missing, of another type or length, or out
  // of range. The table must outlive the fields.
  Fields(const std::vector<FieldSpec>& specs, const nvinfer1::PluginFieldCollection* given);

  int32_t integer(const char* name) const;
  bool flag(const char* name) const { return integer(name) != 0; }
  float real(const char* name) const;

  // All fields with their values, valid while these are.
  std::vector<nvinfer1::PluginField> serialized() const;

  // "bits=8,symmetric=0"
  std::string text() const;

 private:
  union Value {
    int32_t integer;
    float real;
  };

  size_t index_of(const char* name) const;

  const std::vector<FieldSpec>* specs_;
  std::vector<Value> values_;
};

}  // namespace viditq::trt
