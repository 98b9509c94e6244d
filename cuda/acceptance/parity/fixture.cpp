#include "fixture.h"

#include <fstream>
#include <sstream>
#include <stdexcept>

namespace parity {
namespace {

Tolerance parse_tolerance(std::istream& fields) {
  Tolerance tolerance;
  std::string kind;
  fields >> kind;
  if (kind == "close") {
    tolerance.kind = Tolerance::Kind::kClose;
    fields >> tolerance.rtol >> tolerance.atol >> tolerance.rel_l2;
  } else if (kind == "codes") {
    tolerance.kind = Tolerance::Kind::kCodes;
    fields >> tolerance.most >> tolerance.fraction;
  } else if (kind != "exact") {
    fields.setstate(std::ios::failbit);
  }
  return tolerance;
}

int64_t elements(const std::vector<int64_t>& shape) {
  int64_t count = 1;
  for (const int64_t extent : shape) count *= extent;
  return count;
}

}  // namespace

void Fixture::fail(const std::string& what) const {
  throw std::runtime_error("Fixture " + name + " " + what + ".");
}

std::string Fixture::word(const std::string& setting) const {
  const auto found = settings_.find(setting);
  if (found == settings_.end()) fail("has no setting " + setting);
  return found->second;
}

std::vector<double> Fixture::numbers(const std::string& setting) const {
  std::istringstream fields(word(setting));
  std::vector<double> values;
  for (double value; fields >> value;) values.push_back(value);
  if (values.empty() || !fields.eof()) fail("has no numbers as setting " + setting);
  return values;
}

double Fixture::number(const std::string& setting) const { return numbers(setting).front(); }

const Fixture::Stored& Fixture::stored(const std::string& tensor) const {
  const auto found = tensors_.find(tensor);
  if (found == tensors_.end()) fail("has no tensor " + tensor);
  return found->second;
}

const std::vector<int64_t>& Fixture::shape(const std::string& tensor) const {
  return stored(tensor).shape;
}

template <typename T>
std::vector<T> Fixture::read(const Stored& tensor) const {
  std::vector<T> values(static_cast<size_t>(elements(tensor.shape)));
  std::ifstream file(path, std::ios::binary);
  file.seekg(tensor.offset);
  file.read(reinterpret_cast<char*>(values.data()),
            static_cast<std::streamsize>(values.size() * sizeof(T)));
  if (!file) fail("cannot be read from " + path);
  return values;
}

std::vector<float> Fixture::floats(const std::string& tensor) const {
  const Stored& found = stored(tensor);
  if (found.type != "F32") fail("has " + tensor + " as " + found.type + ", not F32");
  return read<float>(found);
}

std::vector<int32_t> Fixture::integers(const std::string& tensor) const {
  const Stored& found = stored(tensor);
  if (found.type == "I32") return read<int32_t>(found);
  if (found.type != "U8") fail("has " + tensor + " as " + found.type + ", not I32 or U8");
  const std::vector<uint8_t> bytes = read<uint8_t>(found);
  return {bytes.begin(), bytes.end()};
}

Tolerance Fixture::tolerance(const std::string& tensor) const {
  auto found = tolerances_.find(tensor);
  if (found == tolerances_.end()) {
    // Integers without an entry are exact.
    if (stored("expected." + tensor).type != "F32") return {};
    found = tolerances_.find("*");
  }
  if (found == tolerances_.end()) fail("has no tolerance for " + tensor);
  return found->second;
}

std::vector<std::string> Fixture::suffixes(const std::string& prefix) const {
  std::vector<std::string> found;
  for (const auto& tensor : tensors_) {
    if (tensor.first.compare(0, prefix.size(), prefix) == 0) {
      found.push_back(tensor.first.substr(prefix.size()));
    }
  }
  return found;
}

std::vector<Fixture> read_fixtures(const std::string& list) {
  std::ifstream lines(list);
  if (!lines) throw std::runtime_error("The list of fixtures " + list + " cannot be read.");
  std::vector<Fixture> fixtures;
  int number = 0;
  for (std::string line; std::getline(lines, line);) {
    number++;
    std::istringstream fields(line);
    std::string what;
    std::string key;
    fields >> what >> key;
    if (what == "fixture") {
      fixtures.emplace_back();
      fixtures.back().name = key;
      fields >> fixtures.back().op >> std::ws;
      std::getline(fields, fixtures.back().path);
    } else if (fixtures.empty()) {
      fields.setstate(std::ios::failbit);
    } else if (what == "setting") {
      fields >> std::ws;
      std::getline(fields, fixtures.back().settings_[key]);
    } else if (what == "tolerance") {
      fixtures.back().tolerances_[key] = parse_tolerance(fields);
    } else if (what == "tensor") {
      Fixture::Stored& tensor = fixtures.back().tensors_[key];
      fields >> tensor.type >> tensor.offset;
      // Extents up to the end of the line; none for a scalar.
      while (!fields.fail() && !fields.eof()) {
        int64_t extent = 0;
        if (fields >> extent) tensor.shape.push_back(extent);
      }
    } else {
      fields.setstate(std::ios::failbit);
    }
    if (fields.fail()) {
      throw std::runtime_error("Line " + std::to_string(number) + " of " + list +
                               " is malformed: " + line);
    }
  }
  if (fixtures.empty()) throw std::runtime_error("The list " + list + " holds no fixtures.");
  return fixtures;
}

}  // namespace parity
