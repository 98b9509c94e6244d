// What every plugin is run on, and what it must give.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "library.h"
#include "parity/report.h"

namespace enqueue {

// The bytes of each operand.
using Contents = std::vector<std::vector<char>>;

struct Case {
  std::string plugin;
  std::string source;  // of what extents and types, for the report
  PluginFields fields;
  std::vector<Operand> inputs;
  std::vector<Operand> outputs;
  // Two contents of the inputs, which a recording is to be replayed on: all that a step of sampling
  // may change is another in the second, the active set of weights too.
  Contents contents[2];
  // Compares outputs with what contents number `which` must give.
  std::function<void(int which, const Contents& outputs, parity::Report& report)> judge;
};

// All plugins in all types and formats, on 3 samples of `tokens` tokens of `width` channels, the
// expected results of which are computed by the kernels in this program.
std::vector<Case> cases(int tokens, int width);

}  // namespace enqueue
