#include "report.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>

namespace parity {
namespace {

bool sizes_differ(Result& result, size_t actual, size_t expected) {
  if (actual == expected) return false;
  result.message =
      "has " + std::to_string(actual) + " elements, expected " + std::to_string(expected);
  return true;
}

}  // namespace

void Report::begin(std::string source, std::string kernel) {
  source_ = std::move(source);
  kernel_ = std::move(kernel);
}

void Report::add(Result result) {
  result.source = source_;
  result.kernel = kernel_;
  results_.push_back(std::move(result));
}

void Report::equal(const std::string& tensor, const std::vector<int32_t>& actual,
                   const std::vector<int32_t>& expected) {
  Result result;
  result.tensor = tensor;
  result.elements = static_cast<int64_t>(expected.size());
  if (!sizes_differ(result, actual.size(), expected.size())) {
    for (size_t i = 0; i < expected.size(); i++) {
      const double difference = std::fabs(static_cast<double>(actual[i]) - expected[i]);
      result.wrong += difference != 0;
      result.worst = std::max(result.worst, difference);
    }
  }
  add(std::move(result));
}

void Report::same(const std::string& tensor, const std::vector<float>& actual,
                  const std::vector<float>& expected) {
  Result result;
  result.tensor = tensor;
  result.elements = static_cast<int64_t>(expected.size());
  if (!sizes_differ(result, actual.size(), expected.size())) {
    for (size_t i = 0; i < expected.size(); i++) {
      if (std::memcmp(&actual[i], &expected[i], sizeof(float)) == 0) continue;
      result.wrong++;
      result.worst =
          std::max(result.worst, std::fabs(static_cast<double>(actual[i]) - expected[i]));
    }
  }
  add(std::move(result));
}

void Report::within(const std::string& tensor, const std::vector<double>& actual,
                    const std::vector<double>& expected, const std::vector<double>& bounds) {
  Result result;
  result.tensor = tensor;
  result.elements = static_cast<int64_t>(expected.size());
  if (!sizes_differ(result, actual.size(), expected.size())) {
    for (size_t i = 0; i < expected.size(); i++) {
      const double difference = std::fabs(actual[i] - expected[i]);
      result.wrong += !(difference <= bounds[i]);
      if (!(difference <= result.worst)) result.worst = difference;
    }
  }
  add(std::move(result));
}

void Report::close(const std::string& tensor, const std::vector<float>& actual,
                   const std::vector<float>& expected, const Tolerance& tolerance) {
  if (tolerance.kind != Tolerance::Kind::kClose) return same(tensor, actual, expected);
  std::vector<double> bounds;
  double squares = 0;
  double norm = 0;
  for (size_t i = 0; i < expected.size(); i++) {
    bounds.push_back(tolerance.atol + tolerance.rtol * std::fabs(expected[i]));
    if (i >= actual.size()) continue;
    squares += std::pow(static_cast<double>(actual[i]) - expected[i], 2);
    norm += std::pow(static_cast<double>(expected[i]), 2);
  }
  within(tensor, {actual.begin(), actual.end()}, {expected.begin(), expected.end()}, bounds);
  const double relative = std::sqrt(squares / std::max(norm, 1e-300));
  if (tolerance.rel_l2 >= 0 && !(relative <= tolerance.rel_l2)) {
    results_.back().message = "is off by " + std::to_string(relative) + " in relative L2";
  }
}

void Report::counted(const std::string& tensor, int64_t wrong, size_t elements) {
  Result result;
  result.tensor = tensor;
  result.elements = static_cast<int64_t>(elements);
  result.wrong = wrong;
  add(std::move(result));
}

void Report::failed(const std::string& message) {
  Result result;
  result.message = message;
  add(std::move(result));
}

void Report::left_out(const std::string& what, const std::string& why) {
  left_out_[why].push_back(what);
}

bool Report::passed() const {
  return !results_.empty() && std::all_of(results_.begin(), results_.end(),
                                          [](const Result& result) { return result.passed(); });
}

void Report::print() const {
  struct Sum {
    int comparisons = 0;
    int failures = 0;
    int64_t elements = 0;
  };
  std::map<std::string, Sum> sums;
  for (const Result& result : results_) {
    Sum& sum = sums[result.kernel];
    sum.comparisons++;
    sum.failures += !result.passed();
    sum.elements += result.elements;
    if (result.passed()) continue;
    std::printf("FAIL %s, %s, %s: %lld of %lld elements wrong, worst by %g%s%s\n",
                result.kernel.c_str(), result.source.c_str(), result.tensor.c_str(),
                static_cast<long long>(result.wrong), static_cast<long long>(result.elements),
                result.worst, result.message.empty() ? "" : "; ", result.message.c_str());
  }
  std::printf("%-44s %12s %12s %9s\n", "kernel", "comparisons", "elements", "failures");
  for (const auto& sum : sums) {
    std::printf("%-44s %12d %12lld %9d\n", sum.first.c_str(), sum.second.comparisons,
                static_cast<long long>(sum.second.elements), sum.second.failures);
  }
  for (const auto& group : left_out_) {
    std::printf("left out (%s):", group.first.c_str());
    for (const std::string& what : group.second) std::printf(" %s", what.c_str());
    std::printf("\n");
  }
  std::printf("parity %s\n", passed() ? "passed" : "FAILED");
}

void Report::write(acceptance::JsonWriter& json) const {
  json.boolean("passed", passed());
  json.open_array("comparisons");
  for (const Result& result : results_) {
    json.open_object();
    json.text("source", result.source);
    json.text("kernel", result.kernel);
    json.text("tensor", result.tensor);
    json.integer("elements", result.elements);
    json.integer("wrong", result.wrong);
    json.number("worst", result.worst);
    if (!result.message.empty()) json.text("message", result.message);
    json.close_object();
  }
  json.close_array();
  json.open_object("left_out");
  for (const auto& group : left_out_) {
    json.open_array(group.first);
    for (const std::string& what : group.second) json.text("", what);
    json.close_array();
  }
  json.close_object();
}

int conclude(const Report& report, const acceptance::Options& options, const std::string& machine) {
  report.print();
  if (!options.at("--json").empty()) {
    acceptance::JsonWriter json;
    json.open_object();
    acceptance::record_run(json, options.at("--command"), options.at("--commit"), machine);
    report.write(json);
    json.close_object();
    acceptance::write_whole(options.at("--json"), json.str());
  }
  return report.passed() ? 0 : 1;
}

}  // namespace parity
