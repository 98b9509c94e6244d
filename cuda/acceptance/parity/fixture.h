// A golden fixture as list_fixtures.cmake describes it: settings, tolerances, and tensors read from
// the safetensors file when they are asked for.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace parity {

// How far a result may be from its expected tensor.
struct Tolerance {
  enum class Kind { kExact, kClose, kCodes };
  Kind kind = Kind::kExact;
  double rtol = 0;
  double atol = 0;
  double rel_l2 = -1;   // of the whole tensor, where not negative
  double most = 0;      // kCodes: integers may be this far off ..
  double fraction = 0;  // .. in this fraction of the elements
};

class Fixture {
 public:
  std::string name;
  std::string op;
  std::string path;

  // All throw std::runtime_error that names the fixture where what is asked for is not there.
  double number(const std::string& setting) const;
  std::vector<double> numbers(const std::string& setting) const;
  std::string word(const std::string& setting) const;
  bool has(const std::string& tensor) const { return tensors_.count(tensor) > 0; }
  const std::vector<int64_t>& shape(const std::string& tensor) const;
  std::vector<float> floats(const std::string& tensor) const;
  std::vector<int32_t> integers(const std::string& tensor) const;  // from I32 or U8
  // Of expected.`tensor`.
  Tolerance tolerance(const std::string& tensor) const;
  // What follows `prefix` in the names of the tensors that start with it.
  std::vector<std::string> suffixes(const std::string& prefix) const;
  bool listed_only() const { return tensors_.empty(); }

 private:
  friend std::vector<Fixture> read_fixtures(const std::string& list);
  struct Stored {
    std::string type;
    int64_t offset;
    std::vector<int64_t> shape;
  };
  [[noreturn]] void fail(const std::string& what) const;
  const Stored& stored(const std::string& tensor) const;
  template <typename T>
  std::vector<T> read(const Stored& tensor) const;

  std::map<std::string, std::string> settings_;
  std::map<std::string, Tolerance> tolerances_;
  std::map<std::string, Stored> tensors_;
};

// Throws std::runtime_error if the list cannot be read or is malformed.
std::vector<Fixture> read_fixtures(const std::string& list);

}  // namespace parity
