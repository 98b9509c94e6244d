// A minimal test runner: TEST bodies register themselves, CHECK counts and reports failures.
#pragma once

#include <functional>
#include <iostream>
#include <string>
#include <vector>

namespace check {

struct Test {
  std::string name;
  std::function<void()> body;
};

inline std::vector<Test>& tests() {
  static std::vector<Test> all;
  return all;
}

inline int& failures() {
  static int count = 0;
  return count;
}

struct Registration {
  Registration(const char* name, std::function<void()> body) { tests().push_back({name, body}); }
};

// Takes an argument of the program that begins with "--"; false where it means nothing or cannot
// be. For programs of tests that have options.
inline std::function<bool(const std::string&)>& option() {
  static std::function<bool(const std::string&)> taker = [](const std::string&) { return false; };
  return taker;
}

template <typename A, typename B>
void equal(const A& actual, const B& expected, const char* what, const char* file, int line) {
  if (actual == expected) return;
  failures()++;
  std::cerr << file << ":" << line << ": " << what << " is " << +actual << ", expected "
            << +expected << "\n";
}

}  // namespace check

#define TEST(name)                                                   \
  static void name();                                                \
  static const check::Registration name##_registration{#name, name}; \
  static void name()

#define CHECK_EQUAL(actual, expected) \
  check::equal((actual), (expected), #actual, __FILE__, __LINE__)
