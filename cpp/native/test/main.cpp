#include "check.h"

int main() {
  int failed = 0;
  for (const check::Test& test : check::tests()) {
    const int before = check::failures();
    test.body();
    const bool passed = check::failures() == before;
    failed += !passed;
    std::cout << (passed ? "pass " : "FAIL ") << test.name << "\n";
  }
  std::cout << check::tests().size() - failed << " passed, " << failed << " failed\n";
  return failed == 0 && !check::tests().empty() ? 0 : 1;
}
