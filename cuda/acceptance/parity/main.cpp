// parity --fixtures LIST [--random COUNT] [--largest EXTENT] [--seed SEED] [--json FILE]
//        [--command TEXT] [--commit TEXT]
// All kernels against the golden fixtures and against their definitions at random shapes; emulated,
// or compiled by nvcc on a device. Exits with 1 if anything differs, 2 on wrong usage.
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <map>
#include <stdexcept>
#include <string>

#include "cases.h"
#include "kernel_test.h"

namespace {

using Rule = void (*)(const parity::Fixture&, parity::Report&);

Rule rule_for(const std::string& op) {
  if (op.compare(0, 10, "quantizer.") == 0) return parity::run_quantizer;
  static const std::map<std::string, Rule> rules = {
      {"linear.quantized", parity::run_quantized_linear},
      {"t2i_modulate", parity::run_modulation},
      {"mlp.gelu_tanh", parity::run_gelu},
  };
  const auto found = rules.find(op);
  return found == rules.end() ? nullptr : found->second;
}

void run_fixtures(const std::string& list, parity::Report& report) {
  std::map<std::string, int> without_kernel;
  for (const parity::Fixture& fixture : parity::read_fixtures(list)) {
    const Rule rule = rule_for(fixture.op);
    if (rule == nullptr) {
      without_kernel[fixture.op]++;
      continue;
    }
    try {
      rule(fixture, report);
    } catch (const std::exception& e) {
      report.begin(fixture.name, fixture.op);
      report.failed(e.what());
    }
  }
  for (const auto& op : without_kernel) {
    report.left_out(op.first + " (" + std::to_string(op.second) + ")", "no kernel of the operator");
  }
}

// What the kernels run on. Throws std::runtime_error where they cannot.
std::string machine() {
#ifdef __CUDACC__
  cudaDeviceProp properties;
  if (cudaGetDeviceProperties(&properties, 0) != cudaSuccess) {
    throw std::runtime_error(
        "No GPU was found; run this on a machine with an NVIDIA GPU and a driver.");
  }
  return properties.name;
#else
  return "emulation";
#endif
}

}  // namespace

int main(int argc, char** argv) {
  acceptance::Options options = {{"--fixtures", ""},     {"--random", "0"}, {"--largest", "120"},
                                 {"--seed", "1"},        {"--json", ""},    {"--command", "parity"},
                                 {"--commit", "unknown"}};
  if (const char* wrong = acceptance::read_options(argc, argv, options)) {
    std::fprintf(stderr,
                 "Usage: %s --fixtures LIST [--random COUNT] [--largest EXTENT] [--seed SEED] "
                 "[--json FILE] [--command TEXT] [--commit TEXT]; %s is not understood.\n",
                 argv[0], wrong);
    return 2;
  }
  try {
    const std::string on = machine();
    parity::Report report;
    if (!options["--fixtures"].empty()) run_fixtures(options["--fixtures"], report);
    parity::run_random(std::atoi(options["--random"].c_str()),
                       std::atoi(options["--largest"].c_str()),
                       static_cast<unsigned>(std::atoi(options["--seed"].c_str())), report);
    if (!has_warp_groups()) {
      report.left_out("linear hopper", "this GPU is not of compute capability 9.0");
    }
    return parity::conclude(report, options, on);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "%s\n", e.what());
    return 1;
  }
}
