// What the parity program found: one result per comparison, a table of them by operator and kernel,
// and JSON.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "fixture.h"
#include "json.h"
#include "options.h"

namespace parity {

// One comparison of a kernel's result with what was expected.
struct Result {
  std::string source;  // the fixture, or the shape drawn at random
  std::string kernel;  // the function of the C interface and which of its kernels
  std::string tensor;  // what was compared
  int64_t elements = 0;
  int64_t wrong = 0;    // beyond the bound
  double worst = 0;     // largest difference
  std::string message;  // what else went wrong: a launch that failed
  bool passed() const { return wrong == 0 && message.empty(); }
};

class Report {
 public:
  // Source and kernel of the comparisons that follow.
  void begin(std::string source, std::string kernel);

  // Integers, which must be equal.
  void equal(const std::string& tensor, const std::vector<int32_t>& actual,
             const std::vector<int32_t>& expected);
  // Floats, which must be equal to the bit.
  void same(const std::string& tensor, const std::vector<float>& actual,
            const std::vector<float>& expected);
  // Floats within a fixture's tolerance.
  void close(const std::string& tensor, const std::vector<float>& actual,
             const std::vector<float>& expected, const Tolerance& tolerance);
  // Values of which number i may be off by bounds[i]. NaN is wrong.
  void within(const std::string& tensor, const std::vector<double>& actual,
              const std::vector<double>& expected, const std::vector<double>& bounds);
  // Elements that somebody else judged.
  void counted(const std::string& tensor, int64_t wrong, size_t elements);
  // A launch or a case that failed.
  void failed(const std::string& message);
  // A part that this machine or this program leaves out, and why.
  void left_out(const std::string& what, const std::string& why);

  bool passed() const;
  // Failures in full, then a line per operator and kernel, then what was left out.
  void print() const;
  // Members of an open object.
  void write(acceptance::JsonWriter& json) const;

 private:
  void add(Result result);

  std::string source_;
  std::string kernel_;
  std::vector<Result> results_;
  std::map<std::string, std::vector<std::string>> left_out_;  // by reason
};

// Prints a report, and writes it as JSON to the file that --json names, if any, with --command and
// --commit. Returns the status to exit with.
int conclude(const Report& report, const acceptance::Options& options, const std::string& machine);

}  // namespace parity
