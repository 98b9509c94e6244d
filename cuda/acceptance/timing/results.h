// What the timing program measured: a table per shape, the goals, and JSON.
#pragma once

#include <string>
#include <vector>

#include "json.h"

namespace acceptance {

// Quartiles of repeated measurements.
struct Spread {
  double low = 0;
  double median = 0;
  double high = 0;
};

// Of at least one value; between two values by their distances.
Spread spread_of(std::vector<double> values);

struct Device {
  std::string name;
  std::string driver;   // empty where the management library is missing
  int cuda_driver = 0;  // as 1000 * major + 10 * minor
  int cuda_runtime = 0;
  size_t cublaslt = 0;  // its version; 0 where it is missing
  int major = 0;        // compute capability
  int minor = 0;
  int multiprocessors = 0;
  int clock_khz = 0;  // the highest
  int memory_clock_khz = 0;
  size_t l2_bytes = 0;
  size_t memory_bytes = 0;

  // Dense INT8 operations per second at the highest clock; 0 where the rate of the device's
  // multiprocessors is not known here.
  double int8_peak() const;
};

struct Measurement {
  std::string contender;
  int rows = 0;
  int channels = 0;
  int inner = 0;  // 0 for kernels that work on rows
  Spread microseconds;
  double amount = 0;  // per launch: operations, or bytes read and written
  bool operations = false;
  int operand_sets = 0;  // that took turns
  std::string note;      // the algorithm chosen
  double clock_mhz = 0;  // of the multiprocessors meanwhile; 0 where it cannot be read

  double per_second() const { return amount / microseconds.median * 1e6; }
};

// Names of contenders that the goals look for. Ours start with kOurs.
constexpr const char* kOurs = "viditq ";
constexpr const char* kLargeCopy = "copy of 1 GiB";

// One of the goals of the project: the range over all shapes that it is about.
struct Goal {
  std::string what;
  double target = 0;
  bool at_least = true;
  double lowest = 0;
  double highest = 0;
  int shapes = 0;  // 0: nothing was measured that it is about

  bool reached() const { return shapes > 0 && (at_least ? lowest >= target : highest <= target); }
};

class Results {
 public:
  explicit Results(Device device) : device_(std::move(device)) {}

  void add(Measurement measurement) { measurements_.push_back(std::move(measurement)); }
  // Something that was not measured, and why; said on the terminal and in the JSON.
  void left_out(const std::string& what) { left_out_.push_back(what); }

  std::vector<Goal> goals() const;
  // The contenders of the last shape added, as a table.
  void print_last_shape() const;
  void print_goals() const;
  // Members of an open object.
  void write(JsonWriter& json) const;

 private:
  const Measurement* find(const std::string& contender, int rows, int channels, int inner) const;
  const Measurement* fastest(const std::string& prefix, int rows, int channels, int inner) const;
  double copy_bandwidth() const;
  double quantization_share(int rows, bool beyond_copy) const;

  Device device_;
  std::vector<Measurement> measurements_;
  std::vector<std::string> left_out_;
};

}  // namespace acceptance
