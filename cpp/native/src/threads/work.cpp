#include "threads/work.h"

#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <thread>

#include "viditq_operators.h"

namespace viditq {
namespace {

// Without destructors: they outlive everything.
std::atomic<bool> stopped{false};
std::atomic<int> in_flight{0};
thread_local int depth = 0;

[[noreturn]] void sleep_until_the_end() {
  while (true) std::this_thread::sleep_for(std::chrono::hours(1));
}

#ifdef __GLIBC__
void leave_now(int status, void*) { _exit(status); }
#endif

}  // namespace

Work::Work() {
  if (depth++ > 0) return;
  // Counted before it looks, as stop_work stops before it counts: one of the two sees the other.
  in_flight++;
  if (stopped) {
    in_flight--;
    sleep_until_the_end();
  }
}

Work::~Work() {
  if (--depth > 0) return;
  in_flight--;
  if (stopped) sleep_until_the_end();
}

bool work_stopped() { return stopped.load(std::memory_order_relaxed); }

bool stop_work(std::chrono::milliseconds patience) {
  stopped = true;
  const auto end = std::chrono::steady_clock::now() + patience;
  while (in_flight > 0) {
    if (std::chrono::steady_clock::now() >= end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;
}

}  // namespace viditq

int viditq_stop(int64_t milliseconds) {
  if (milliseconds < 0) return VIDITQ_BAD_SIZE;
  constexpr int64_t kForever = INT64_C(1) << 40;  // some 35 years, which nanoseconds still count
  const std::chrono::milliseconds patience(std::min(milliseconds, kForever));
  if (viditq::stop_work(patience)) return VIDITQ_OK;
#ifdef __GLIBC__
  // What is registered last runs first: no destructor of a library runs under the task.
  on_exit(viditq::leave_now, nullptr);
#endif
  return VIDITQ_STILL_BUSY;
}
