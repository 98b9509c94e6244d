#include "threads/thread_pool.h"

#include <atomic>
#include <vector>

#include "check.h"

namespace {

using viditq::ThreadPool;

TEST(every_task_runs_once) {
  for (const int threads : {1, 2, 3, 7}) {
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

}  // namespace
