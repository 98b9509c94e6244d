// The monitor of a build, told what TensorRT tells it.
#include "build_monitor.h"

#include <algorithm>
#include <thread>

#include "check.h"

namespace {

using viditq::trt::BuildMonitor;

TEST(a_phase_is_open_from_its_start_to_its_end) {
  BuildMonitor monitor;
  CHECK_EQUAL(monitor.open().size(), size_t{0});
  monitor.phaseStart("Building Engine", nullptr, 2);
  monitor.phaseStart("Tactic Selection", "Building Engine", 40);
  CHECK_EQUAL(monitor.open().size(), size_t{2});
  CHECK_EQUAL(monitor.open()[1].parent == "Building Engine", true);
  CHECK_EQUAL(monitor.open()[1].steps, 40);
  CHECK_EQUAL(monitor.open()[1].done, 0);
  monitor.phaseFinish("Tactic Selection");
  CHECK_EQUAL(monitor.open().size(), size_t{1});
  CHECK_EQUAL(monitor.open()[0].name == "Building Engine", true);
  CHECK_EQUAL(monitor.open()[0].parent.empty(), true);
}

TEST(steps_may_come_in_any_order) {
  BuildMonitor monitor;
  monitor.phaseStart("a", nullptr, 5);
  CHECK_EQUAL(monitor.stepComplete("a", 3), true);
  CHECK_EQUAL(monitor.open()[0].done, 4);
  CHECK_EQUAL(monitor.stepComplete("a", 1), true);
  CHECK_EQUAL(monitor.open()[0].done, 4);
  CHECK_EQUAL(monitor.stepComplete("a", 2147483647), true);
  CHECK_EQUAL(monitor.open()[0].done, 5);
}

TEST(of_two_phases_of_one_name_the_last_is_meant) {
  BuildMonitor monitor;
  monitor.phaseStart("a", nullptr, 5);
  monitor.phaseStart("a", "a", 9);
  monitor.stepComplete("a", 6);
  CHECK_EQUAL(monitor.open()[0].done, 0);
  CHECK_EQUAL(monitor.open()[1].done, 7);
  monitor.phaseFinish("a");
  CHECK_EQUAL(monitor.open().size(), size_t{1});
  CHECK_EQUAL(monitor.open()[0].steps, 5);
}

TEST(what_is_unknown_or_without_a_name_changes_nothing) {
  BuildMonitor monitor;
  monitor.phaseStart("a", nullptr, 5);
  CHECK_EQUAL(monitor.stepComplete("b", 1), true);
  CHECK_EQUAL(monitor.stepComplete(nullptr, 1), true);
  monitor.phaseFinish("b");
  monitor.phaseFinish(nullptr);
  CHECK_EQUAL(monitor.open().size(), size_t{1});
  CHECK_EQUAL(monitor.open()[0].done, 0);
  monitor.phaseStart(nullptr, nullptr, 1);
  CHECK_EQUAL(monitor.open().size(), size_t{2});
}

TEST(after_cancel_the_next_step_ends_the_build) {
  BuildMonitor monitor;
  monitor.phaseStart("a", nullptr, 5);
  CHECK_EQUAL(monitor.stepComplete("a", 0), true);
  monitor.cancel();
  CHECK_EQUAL(monitor.stepComplete("a", 1), false);
  CHECK_EQUAL(monitor.stepComplete("b", 0), false);
}

TEST(several_threads_tell_and_another_looks) {
  BuildMonitor monitor;
  monitor.phaseStart("all", nullptr, 4000);
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; t++) {
    threads.emplace_back([&, t] {
      const std::string name = "phase " + std::to_string(t);
      for (int i = 0; i < 1000; i++) {
        monitor.phaseStart(name.c_str(), "all", 1);
        monitor.stepComplete(name.c_str(), 0);
        monitor.stepComplete("all", 4 * i + t);
        monitor.phaseFinish(name.c_str());
      }
    });
  }
  size_t most = 0;
  for (int i = 0; i < 1000; i++) most = std::max(most, monitor.open().size());
  for (std::thread& thread : threads) thread.join();
  CHECK_EQUAL(most <= 5, true);
  CHECK_EQUAL(monitor.open().size(), size_t{1});
  CHECK_EQUAL(monitor.open()[0].done, 4000);
}

}  // namespace
