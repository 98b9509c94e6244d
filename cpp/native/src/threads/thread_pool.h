// The threads that one set of operators computes with.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <thread>
#include <vector>

#include "threads/work.h"

namespace viditq {

// A fixed number of threads, the caller's among them, that share out tasks: each begins with a run
// of its own of consecutive tasks, the same for as many tasks, so that it finds in its caches what
// the task before prefetched and what it computed in the call before; then it helps the others.
// Which thread runs a task never shows in its result. A run does not wait for threads that come
// when nothing is left to do. Idle threads spin for less than a millisecond, so that the operators
// of a model find them awake, and then sleep. They yield while they spin; where there are more
// threads than processors, a spinning thread would take one from those that compute, and they sleep
// at once.
class ThreadPool {
 public:
  // Called with the number of the task and that of the thread, 0 to threads - 1. Must not throw,
  // and outlives the run: it is referred to, not copied, so that no run needs memory.
  class Body {
   public:
    template <typename Function>
    Body(const Function& function) noexcept
        : function_(&function), call_([](const void* body, int64_t task, int thread) {
            (*static_cast<const Function*>(body))(task, thread);
          }) {}

    void operator()(int64_t task, int thread) const { call_(function_, task, thread); }

   private:
    const void* function_;
    void (*call_)(const void* body, int64_t task, int thread);
  };

  // Throws std::system_error if the threads cannot be started.
  explicit ThreadPool(int threads);
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  int threads() const { return static_cast<int>(workers_.size()) + 1; }

  // Runs tasks 0 to tasks - 1 and returns when all are done. Once work is stopped, tasks that have
  // not begun are left out.
  void run(int64_t tasks, const Body& body);

  // Cuts 0..count-1 into blocks and runs body(from, to) on each.
  template <typename Range>
  void run_blocks(int64_t count, int64_t block, const Range& body) {
    run((count + block - 1) / block, [&](int64_t task, int) {
      const int64_t from = task * block;
      body(from, from + block < count ? from + block : count);
    });
  }

 private:
  // Tasks that one thread begins with.
  struct alignas(64) Share {
    std::atomic<int64_t> next{0};
    int64_t end = 0;
  };

  void work(int thread);
  void drain(int thread);
  // Wakes as many workers as there are tasks for, if processors for them are not far too few.
  void wake(int64_t tasks);
  // Whether the worker takes part in the latest run, which it has now seen; no if that is over.
  bool join(uint64_t* seen);
  void leave();
  // Whether a run has begun after the `seen`-th while this thread spun.
  bool spin_for_run(uint64_t seen) const;
  void stop();

  const int processors_;  // that there are for all threads
  const bool crowded_;    // more threads than processors
  std::vector<std::thread> workers_;
  std::mutex calls_;  // one run at a time

  std::mutex mutex_;
  std::condition_variable wake_;
  std::condition_variable done_;
  std::atomic<uint64_t> generation_{0};  // of runs
  std::atomic<int> active_{0};           // workers in the current run
  std::atomic<bool> running_{false};     // the caller is in a run
  std::vector<Share> shares_;
  const Body* body_ = nullptr;
  bool joinable_ = false;  // workers may still join the current run
  std::atomic<bool> stopping_{false};
};

}  // namespace viditq
