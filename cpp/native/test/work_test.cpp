#include "threads/work.h"

#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <thread>

#include "check.h"
#include "threads/thread_pool.h"
#include "viditq_operators.h"

namespace {

using std::chrono::milliseconds;
using viditq::ThreadPool;

// The exit status of a process that runs `program`: stopped work stays stopped.
template <typename Program>
int status_of(const Program& program) {
  const pid_t child = fork();
  if (child == 0) _exit(program());
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

void rest(milliseconds time) { std::this_thread::sleep_for(time); }

// On a thread of its own: a run of tasks without end, counted as they begin.
void run_without_end(ThreadPool* pool, std::atomic<int64_t>* begun, milliseconds length) {
  std::thread([=] {
    pool->run(INT64_C(1) << 40, [&](int64_t, int) {
      (*begun)++;
      rest(length);
    });
    _exit(100);  // never: the run is part of what is taken down
  }).detach();
}

TEST(stopped_work_ends_with_its_tasks_and_no_other_begins) {
  for (const int threads : {1, 2, 3, 16}) {
    const int status = status_of([threads] {
      auto* pool = new ThreadPool(threads);
      std::atomic<int64_t> begun{0};
      run_without_end(pool, &begun, milliseconds(1));
      while (begun < 20) rest(milliseconds(1));
      if (viditq_stop(60000) != VIDITQ_OK) return 1;
      const int64_t then = begun;
      rest(milliseconds(20));
      if (begun != then) return 2;
      run_without_end(pool, &begun, milliseconds(1));
      rest(milliseconds(20));
      return begun == then && viditq_stop(0) == VIDITQ_OK ? 0 : 3;
    });
    CHECK_EQUAL(status, 0);
  }
}

TEST(work_that_was_stopped_while_idle_never_begins) {
  const int status = status_of([] {
    auto* pool = new ThreadPool(2);
    if (viditq_stop(0) != VIDITQ_OK) return 1;
    std::atomic<int64_t> begun{0};
    run_without_end(pool, &begun, milliseconds(0));
    rest(milliseconds(20));
    return begun == 0 ? 0 : 2;
  });
  CHECK_EQUAL(status, 0);
}

TEST(nested_work_counts_once) {
  const int status = status_of([] {
    {
      const viditq::Work outer;
      { const viditq::Work inner; }
      if (viditq_stop(0) != VIDITQ_STILL_BUSY) return 1;
      // Already under way: it may go on to its end.
      { const viditq::Work inner; }
      _exit(0);
    }
    return 2;
  });
  CHECK_EQUAL(status, 0);
}

// A task that does not come to its end: the process does, with its status, and no destructor runs.
TEST(an_endless_task_does_not_hold_up_the_end) {
  const int status = status_of([] {
    atexit([] { _exit(50); });
    auto* pool = new ThreadPool(2);
    std::atomic<int64_t> begun{0};
    run_without_end(pool, &begun, milliseconds(3600 * 1000));
    while (begun < 2) rest(milliseconds(1));
    if (viditq_stop(10) != VIDITQ_STILL_BUSY) return 1;
    exit(43);
  });
  CHECK_EQUAL(status, 43);
}

TEST(more_milliseconds_than_a_clock_counts_are_waited) {
  const int status = status_of([] {
    auto* pool = new ThreadPool(2);
    std::atomic<int64_t> begun{0};
    run_without_end(pool, &begun, milliseconds(50));
    while (begun < 2) rest(milliseconds(1));
    return viditq_stop(INT64_MAX) == VIDITQ_OK ? 0 : 1;
  });
  CHECK_EQUAL(status, 0);
}

TEST(a_negative_time_is_refused) { CHECK_EQUAL(viditq_stop(-1), VIDITQ_BAD_SIZE); }

}  // namespace
