// PROGRAM [OPTION]... [TEST]...: runs the tests named, or all. Options are the program's own
// (check::option).
#include <algorithm>

#include "check.h"

namespace {

// Removes the tests that no argument names. False after saying what is wrong.
bool select(int count, char** arguments) {
  std::vector<check::Test> selected;
  bool all = true;
  for (int i = 1; i < count; i++) {
    const std::string argument = arguments[i];
    if (argument.compare(0, 2, "--") == 0) {
      if (check::option()(argument)) continue;
      std::cerr << "The option " << argument << " is unknown, or cannot be met here.\n";
      return false;
    }
    all = false;
    const auto named = std::find_if(check::tests().begin(), check::tests().end(),
                                    [&](const check::Test& test) { return test.name == argument; });
    if (named == check::tests().end()) {
      std::cerr << "There is no test " << argument << ".\n";
      return false;
    }
    selected.push_back(*named);
  }
  if (!all) check::tests() = selected;
  return true;
}

}  // namespace

int main(int count, char** arguments) {
  if (!select(count, arguments)) return 2;
  int failed = 0;
  for (const check::Test& test : check::tests()) {
    const int before = check::failures();
    test.body();
    const bool passed = check::failures() == before;
    failed += !passed;
    std::cout << (passed ? "pass " : "FAIL ") << test.name << std::endl;
  }
  std::cout << check::tests().size() - failed << " passed, " << failed << " failed\n";
  return failed == 0 && !check::tests().empty() ? 0 : 1;
}
