// enqueue --plugins LIBRARY [--plugin NAME] [--tokens COUNT] [--width CHANNELS] [--json FILE]
// [--command TEXT]
//         [--commit TEXT]
// Runs every plugin, or the named one, of a plugin library as an engine does, on a stream and in a
// recorded graph, and compares to the bit with the kernels in this program and with definitions on
// the host. No TensorRT is needed. Exits with 1 if anything differs, 2 on wrong usage.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <memory>
#include <set>
#include <string>

#include "cases.h"
#include "device.h"
#include "library.h"
#include "parity/report.h"

namespace {

using enqueue::Case;
using enqueue::Contents;
using enqueue::Memory;

// A case's operands on the device, which stay where they are as long as the case is run.
class Operands {
 public:
  explicit Operands(const Case& of) {
    for (const enqueue::Operand& input : of.inputs) inputs_.push_back(memory(input));
    for (const enqueue::Operand& output : of.outputs) outputs_.push_back(memory(output));
    for (const auto& input : inputs_) input_addresses_.push_back(input->data());
    for (const auto& output : outputs_) output_addresses_.push_back(output->data());
  }

  const std::vector<const void*>& inputs() const { return input_addresses_; }
  const std::vector<void*>& outputs() const { return output_addresses_; }

  // Gives the inputs other contents, and forgets the outputs'.
  void set(const Contents& contents) {
    for (size_t i = 0; i < inputs_.size(); i++) inputs_[i]->write(contents[i].data());
    for (const auto& output : outputs_) output->poison();
  }

  Contents results() const {
    Contents all;
    for (const auto& output : outputs_) {
      std::vector<char>& bytes = all.emplace_back(output->size());
      output->read(bytes.data());
    }
    return all;
  }

  // Operands behind which somebody has written.
  int overrun() const {
    const auto broken = [](const auto& memory) { return !memory->margin_is_whole(); };
    return static_cast<int>(std::count_if(inputs_.begin(), inputs_.end(), broken) +
                            std::count_if(outputs_.begin(), outputs_.end(), broken));
  }

 private:
  static std::unique_ptr<Memory> memory(const enqueue::Operand& operand) {
    return std::make_unique<Memory>(operand.bytes());
  }

  std::vector<std::unique_ptr<Memory>> inputs_;
  std::vector<std::unique_ptr<Memory>> outputs_;
  std::vector<const void*> input_addresses_;
  std::vector<void*> output_addresses_;
};

void judge(const Case& run, const std::string& how, int which, const enqueue::Plugin& plugin,
           const Operands& operands, parity::Report& report) {
  report.begin(run.source, run.plugin + " " + how);
  run.judge(which, operands.results(), report);
  report.counted("margins", operands.overrun() + (plugin.workspace_is_whole() ? 0 : 1),
                 run.inputs.size() + run.outputs.size() + 1);
}

// One plugin with each tactic: enqueued, recorded, and replayed on both contents at the same
// addresses.
void run_case(const enqueue::Library& library, const Case& run, parity::Report& report) {
  report.begin(run.source, run.plugin);
  enqueue::Plugin plugin(library, run.plugin, run.fields, run.inputs, run.outputs);
  enqueue::Stream stream;
  Operands operands(run);
  for (const int32_t tactic : plugin.tactics()) {
    const std::string by = tactic == 0 ? "" : " tactic " + std::to_string(tactic);
    plugin.choose(tactic);
    const auto work = [&] { plugin.enqueue(operands.inputs(), operands.outputs(), stream.get()); };
    report.begin(run.source, run.plugin + " stream" + by);
    operands.set(run.contents[0]);
    work();
    stream.finish();
    judge(run, "stream" + by, 0, plugin, operands, report);

    report.begin(run.source, run.plugin + " graph" + by);
    enqueue::Recording recording(stream, work);
    for (const int which : {1, 0}) {
      operands.set(run.contents[which]);
      recording.replay();
      stream.finish();
      judge(run, "graph" + by, which, plugin, operands, report);
    }
  }
}

// `only`: the plugin to run, empty for all.
void run_all(const enqueue::Library& library, const std::string& only, int tokens, int width,
             parity::Report& report) {
  std::set<std::string> left;
  for (const std::string& name : library.names()) {
    if (only.empty()) left.insert(name);
  }
  for (const Case& run : enqueue::cases(tokens, width)) {
    if (!only.empty() && run.plugin != only) continue;
    left.erase(run.plugin);
    try {
      run_case(library, run, report);
    } catch (const std::exception& e) {
      report.failed(e.what());
    }
  }
  for (const std::string& name : left) {
    report.begin("all", name);
    report.failed("no case runs this plugin of the library");
  }
}

int usage(const char* program, const std::string& what) {
  std::fprintf(stderr,
               "Usage: %s --plugins LIBRARY [--plugin NAME] [--tokens COUNT] [--width CHANNELS] "
               "[--json FILE] "
               "[--command TEXT] [--commit TEXT]; %s.\n",
               program, what.c_str());
  return 2;
}

}  // namespace

int main(int argc, char** argv) {
  acceptance::Options options = {{"--plugins", ""},      {"--plugin", ""}, {"--tokens", "5"},
                                 {"--width", "72"},      {"--json", ""},   {"--command", ""},
                                 {"--commit", "unknown"}};
  if (const char* wrong = acceptance::read_options(argc, argv, options)) {
    return usage(argv[0], std::string(wrong) + " is not understood");
  }
  const int tokens = std::atoi(options["--tokens"].c_str());
  const int width = std::atoi(options["--width"].c_str());
  if (options["--plugins"].empty()) return usage(argv[0], "--plugins is missing");
  if (tokens < 1 || tokens > 1 << 16) return usage(argv[0], "--tokens is 1 to 65536");
  if (width < 8 || width > 1 << 13 || width % 8 != 0) {
    return usage(argv[0], "--width is a multiple of 8 up to 8192");
  }
  try {
    const std::string on = enqueue::device_name();
    parity::Report report;
    run_all(enqueue::Library(options["--plugins"]), options["--plugin"], tokens, width, report);
    return parity::conclude(report, options, on);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "%s\n", e.what());
    return 1;
  }
}
