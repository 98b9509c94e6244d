#include "results.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <set>
#include <tuple>

namespace acceptance {
namespace {

// The peak that NVIDIA states for INT8 on an H100 or H200 with SXM, without sparsity.
constexpr double kStatedInt8Peak = 1979e12;
constexpr double kInt8Goal = 0.65;
constexpr double kOverFloat16Goal = 1.7;
constexpr double kNormGoal = 0.85;
constexpr double kQuantizationGoal = 0.02;

bool starts_with(const std::string& text, const std::string& prefix) {
  return text.compare(0, prefix.size(), prefix) == 0;
}

// A layer's extents, in tokens of a diffusion transformer of width 1152.
struct Layer {
  int channels;
  int inner;
  int count;  // in a block: queries, keys, values and the output of attention; the MLP
};
constexpr Layer kBlockLayers[] = {{1152, 1152, 4}, {4608, 1152, 1}, {1152, 4608, 1}};

bool in_block(int channels, int inner) {
  return std::any_of(std::begin(kBlockLayers), std::end(kBlockLayers), [&](const Layer& layer) {
    return layer.channels == channels && layer.inner == inner;
  });
}

// What quantizes the inputs of a block's layers.
struct Quantization {
  const char* contender;
  int columns;
  int count;
};
constexpr Quantization kBlockQuantizations[] = {
    {"viditq norm_modulate_quantize", 1152, 2},  // before queries, keys, values; before the MLP
    {"viditq quantize", 1152, 1},                // before the output of attention
    {"viditq gelu_quantize", 4608, 1}};          // within the MLP

void include(Goal& goal, double value) {
  if (!std::isfinite(value)) return;
  goal.lowest = goal.shapes == 0 ? value : std::min(goal.lowest, value);
  goal.highest = goal.shapes == 0 ? value : std::max(goal.highest, value);
  goal.shapes++;
}

}  // namespace

Spread spread_of(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const auto at = [&](double fraction) {
    const double place = fraction * static_cast<double>(values.size() - 1);
    const size_t below = static_cast<size_t>(place);
    const size_t above = std::min(below + 1, values.size() - 1);
    return values[below] + (place - static_cast<double>(below)) * (values[above] - values[below]);
  };
  return {at(0.25), at(0.5), at(0.75)};
}

double Device::int8_peak() const {
  // Dense INT8 operations of a multiprocessor per clock, a multiplication and an addition being
  // two.
  int per_clock = 0;
  if (major == 9) per_clock = 8192;
  if (major == 8) per_clock = minor == 0 ? 4096 : 2048;
  return static_cast<double>(per_clock) * multiprocessors * clock_khz * 1e3;
}

const Measurement* Results::find(const std::string& contender, int rows, int channels,
                                 int inner) const {
  for (const Measurement& m : measurements_) {
    if (m.contender == contender && m.rows == rows && m.channels == channels && m.inner == inner) {
      return &m;
    }
  }
  return nullptr;
}

const Measurement* Results::fastest(const std::string& prefix, int rows, int channels,
                                    int inner) const {
  const Measurement* best = nullptr;
  for (const Measurement& m : measurements_) {
    if (starts_with(m.contender, prefix) && m.rows == rows && m.channels == channels &&
        m.inner == inner &&
        (best == nullptr || m.microseconds.median < best->microseconds.median)) {
      best = &m;
    }
  }
  return best;
}

double Results::copy_bandwidth() const {
  double best = 0;
  for (const Measurement& m : measurements_) {
    if (m.contender == kLargeCopy) best = std::max(best, m.per_second());
  }
  return best;
}

// Time of the quantizations of a block over that of its linear layers; NaN where one was not
// measured. With beyond_copy only what they take longer than a copy that moves as many bytes.
double Results::quantization_share(int rows, bool beyond_copy) const {
  double layers = 0;
  for (const Layer& layer : kBlockLayers) {
    const Measurement* m = fastest("viditq w8a8", rows, layer.channels, layer.inner);
    if (m == nullptr) return NAN;
    layers += layer.count * m->microseconds.median;
  }
  double quantizations = 0;
  for (const Quantization& quantization : kBlockQuantizations) {
    const Measurement* m = find(quantization.contender, rows, quantization.columns, 0);
    if (m == nullptr || (beyond_copy && copy_bandwidth() == 0)) return NAN;
    const double copy = beyond_copy ? m->amount / copy_bandwidth() * 1e6 : 0;
    quantizations += quantization.count * std::max(0.0, m->microseconds.median - copy);
  }
  return quantizations / layers;
}

std::vector<Goal> Results::goals() const {
  Goal stated{"INT8 linear, share of the stated 1979 TOPS (M >= 1024, N >= 4096)", kInt8Goal};
  Goal own{"INT8 linear, share of this device's peak (M >= 1024, N >= 4096)", kInt8Goal};
  Goal faster{"INT8 linear, times as fast as cuBLASLt FP16 (layers of a DiT)", kOverFloat16Goal};
  Goal norm{"norm + modulate + quantize, share of the copy bandwidth", kNormGoal};
  Goal beyond{"quantization beyond a copy, share of a block's linear time", kQuantizationGoal,
              false};
  Goal whole{"quantization in all, share of a block's linear time", kQuantizationGoal, false};
  std::set<std::tuple<int, int, int>> seen;
  for (const Measurement& m : measurements_) {
    if (!seen.insert({m.rows, m.channels, m.inner}).second) continue;
    if (m.inner == 0) {
      const Measurement* ours = find("viditq norm_modulate_quantize", m.rows, m.channels, 0);
      if (ours != nullptr && copy_bandwidth() > 0) {
        include(norm, ours->per_second() / copy_bandwidth());
      }
      continue;
    }
    const Measurement* ours = fastest("viditq w8a8", m.rows, m.channels, m.inner);
    if (ours == nullptr) continue;
    if (m.rows >= 1024 && m.channels >= 4096) {
      if (device_.major == 9) include(stated, ours->per_second() / kStatedInt8Peak);
      if (device_.int8_peak() > 0) include(own, ours->per_second() / device_.int8_peak());
    }
    const Measurement* half = find("cublaslt fp16", m.rows, m.channels, m.inner);
    if (half != nullptr && in_block(m.channels, m.inner)) {
      include(faster, half->microseconds.median / ours->microseconds.median);
    }
  }
  std::set<int> all_rows;
  for (const auto& shape : seen) all_rows.insert(std::get<0>(shape));
  for (const int rows : all_rows) {
    include(beyond, quantization_share(rows, true));
    include(whole, quantization_share(rows, false));
  }
  return {stated, own, faster, norm, beyond, whole};
}

void Results::print_last_shape() const {
  const Measurement& last = measurements_.back();
  const Measurement* half = find("cublaslt fp16", last.rows, last.channels, last.inner);
  if (last.inner > 0) {
    std::printf("\n%d rows, %d channels, %d inner\n", last.rows, last.channels, last.inner);
  } else {
    std::printf("\n%d rows, %d columns\n", last.rows, last.channels);
  }
  for (const Measurement& m : measurements_) {
    if (m.rows != last.rows || m.channels != last.channels || m.inner != last.inner) continue;
    std::printf("  %-30s %10.2f us (%.2f to %.2f) %8.1f %s", m.contender.c_str(),
                m.microseconds.median, m.microseconds.low, m.microseconds.high,
                m.per_second() / (m.operations ? 1e12 : 1e9), m.operations ? "TOPS" : "GB/s");
    if (m.operations && device_.int8_peak() > 0 && starts_with(m.contender, kOurs)) {
      std::printf(" %5.1f %% of peak", 100 * m.per_second() / device_.int8_peak());
    }
    if (half != nullptr)
      std::printf(" %6.2fx fp16", half->microseconds.median / m.microseconds.median);
    if (m.clock_mhz > 0) std::printf(" at %.0f MHz", m.clock_mhz);
    if (!m.note.empty()) std::printf(" (%s)", m.note.c_str());
    std::printf("\n");
  }
}

void Results::print_goals() const {
  std::printf("\n%-66s %8s %8s %8s\n", "goal", "target", "lowest", "highest");
  for (const Goal& goal : goals()) {
    std::printf("%-66s %2s %5.2f", goal.what.c_str(), goal.at_least ? ">=" : "<=", goal.target);
    if (goal.shapes == 0) {
      std::printf(" not measured\n");
    } else {
      std::printf(" %8.3f %8.3f %s\n", goal.lowest, goal.highest,
                  goal.reached() ? "reached" : "missed");
    }
  }
  for (const std::string& what : left_out_) std::printf("left out: %s\n", what.c_str());
}

void Results::write(JsonWriter& json) const {
  json.open_object("device");
  json.text("name", device_.name);
  json.text("driver", device_.driver);
  json.integer("cuda_driver", device_.cuda_driver);
  json.integer("cuda_runtime", device_.cuda_runtime);
  json.integer("cublaslt", static_cast<int64_t>(device_.cublaslt));
  json.integer("compute_capability", device_.major * 10 + device_.minor);
  json.integer("multiprocessors", device_.multiprocessors);
  json.integer("highest_clock_khz", device_.clock_khz);
  json.integer("memory_clock_khz", device_.memory_clock_khz);
  json.integer("l2_bytes", static_cast<int64_t>(device_.l2_bytes));
  json.integer("memory_bytes", static_cast<int64_t>(device_.memory_bytes));
  json.number("int8_peak_operations_per_second", device_.int8_peak());
  json.close_object();
  json.open_array("measurements");
  for (const Measurement& m : measurements_) {
    json.open_object();
    json.text("contender", m.contender);
    json.integer("rows", m.rows);
    json.integer("channels", m.channels);
    if (m.inner > 0) json.integer("inner", m.inner);
    json.number("median_microseconds", m.microseconds.median);
    json.number("lower_quartile_microseconds", m.microseconds.low);
    json.number("upper_quartile_microseconds", m.microseconds.high);
    json.number(m.operations ? "operations_per_second" : "bytes_per_second", m.per_second());
    json.integer("operand_sets", m.operand_sets);
    if (m.clock_mhz > 0) json.number("clock_mhz", m.clock_mhz);
    if (!m.note.empty()) json.text("note", m.note);
    json.close_object();
  }
  json.close_array();
  json.open_array("goals");
  for (const Goal& goal : goals()) {
    json.open_object();
    json.text("goal", goal.what);
    json.number(goal.at_least ? "at_least" : "at_most", goal.target);
    json.integer("shapes", goal.shapes);
    if (goal.shapes > 0) {
      json.number("lowest", goal.lowest);
      json.number("highest", goal.highest);
      json.boolean("reached", goal.reached());
    }
    json.close_object();
  }
  json.close_array();
  json.open_array("left_out");
  for (const std::string& what : left_out_) json.text("", what);
  json.close_array();
}

}  // namespace acceptance
