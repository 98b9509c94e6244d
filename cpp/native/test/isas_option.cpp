// kernels_test --isa=NAME...: on the instruction sets named (portable, avx2, avxvnni, avx512, amx)
// instead of all that the processor has. What a test needs for comparison runs on the portable one
// in any case.
#include "check.h"
#include "isas.h"

namespace {

bool take(const std::string& argument) {
  const std::string name = "--isa=";
  return argument.compare(0, name.size(), name) == 0 && isas::choose(argument.substr(name.size()));
}

const bool registered = (check::option() = take, true);

}  // namespace
