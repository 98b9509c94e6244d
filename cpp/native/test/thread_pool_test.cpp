#include "threads/thread_pool.h"

#include <atomic>
#include <thread>
#include <type_traits>
#include <vector>

#include "check.h"

namespace {

using viditq::ThreadPool;

// Where there is no memory left, a run still begins: entry points cannot throw.
TEST(a_run_needs_no_memory) {
  const auto large = [a = int64_t{1}, b = int64_t{2}, c = int64_t{3}, d = int64_t{4}](
                         int64_t, int) { return a + b + c + d; };
  CHECK_EQUAL((std::is_nothrow_constructible_v<ThreadPool::Body, decltype(large)>), true);
}

TEST(every_task_runs_once) {
  for (const int threads : {1, 2, 3, 7, 64}) {
    ThreadPool pool(threads);
    for (const int64_t tasks : {0, 1, 2, 3, 100, 1001}) {
      std::vector<std::atomic<int>> runs(tasks);
      std::atomic<int> wrong_thread{0};
      pool.run(tasks, [&](int64_t task, int thread) {
        runs[task]++;
        if (thread < 0 || thread >= threads) wrong_thread++;
      });
      int64_t once = 0;
      for (const std::atomic<int>& run : runs) once += run == 1;
      CHECK_EQUAL(once, tasks);
      CHECK_EQUAL(wrong_thread, 0);
    }
  }
}

// Many short runs on far more threads than processors: each ends without waiting for all of them to
// come, and none touches what a later run hands out. The test's timeout is its only clock.
TEST(more_threads_than_processors_do_not_hold_runs_up) {
  for (const int threads : {5, 64, 200}) {
    ThreadPool pool(threads);
    std::vector<int64_t> squares(300);
    for (int64_t run = 0; run < 500; run++) {
      const int64_t tasks = run % 300 + 1;
      pool.run(tasks, [&](int64_t task, int) { squares[task] = task * task + run; });
      int64_t right = 0;
      for (int64_t task = 0; task < tasks; task++) right += squares[task] == task * task + run;
      CHECK_EQUAL(right, tasks);
    }
  }
}

TEST(runs_of_several_callers_take_turns) {
  ThreadPool pool(3);
  std::atomic<int64_t> sum{0};
  std::vector<std::thread> callers;
  for (int caller = 0; caller < 4; caller++) {
    callers.emplace_back([&] {
      for (int run = 0; run < 200; run++) pool.run(10, [&](int64_t task, int) { sum += task; });
    });
  }
  for (std::thread& caller : callers) caller.join();
  CHECK_EQUAL(sum, 4 * 200 * 45);
}

}  // namespace
