// The options of the acceptance programs, each with a value.
#pragma once

#include <map>
#include <string>

namespace acceptance {

using Options = std::map<std::string, std::string>;

// Sets options, which hold the defaults, to what the arguments give. Returns the argument that is
// none of them or lacks its value, null if there is none such.
inline const char* read_options(int argc, char** argv, Options& options) {
  for (int i = 1; i < argc; i += 2) {
    const auto option = options.find(argv[i]);
    if (option == options.end() || i + 1 == argc) return argv[i];
    option->second = argv[i + 1];
  }
  return nullptr;
}

}  // namespace acceptance
