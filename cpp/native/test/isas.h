// The instruction sets that tests run on.
#pragma once

#include <string>
#include <vector>

#include "viditq.h"

namespace isas {

inline std::vector<int>& chosen() {
  static std::vector<int> isas;
  return isas;
}

// Leaves out all others. False where the processor has none of this name.
inline bool choose(const std::string& name) {
  for (int isa = 0; isa < VIDITQ_ISA_COUNT; isa++) {
    if (name != viditq_isa_name(isa) || !viditq_isa_supported(isa)) continue;
    chosen().push_back(isa);
    return true;
  }
  return false;
}

// Those that were chosen, otherwise all that the processor has.
inline std::vector<int> tested() {
  if (!chosen().empty()) return chosen();
  std::vector<int> supported;
  for (int isa = 0; isa < VIDITQ_ISA_COUNT; isa++) {
    if (viditq_isa_supported(isa)) supported.push_back(isa);
  }
  return supported;
}

}  // namespace isas
