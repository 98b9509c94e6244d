#include "thread_pool.h"

namespace viditq {
namespace {

// About 20 microseconds: longer than the gap between two operators, shorter than a time slice.
constexpr int kSpins = 400;

inline void pause() {
#ifdef __x86_64__
  __builtin_ia32_pause();
#endif
}

template <typename Condition>
bool spin_until(const Condition& holds) {
  for (int i = 0; i < kSpins; i++) {
    if (holds()) return true;
    pause();
  }
  return holds();
}

}  // namespace

ThreadPool::ThreadPool(int threads) {
  try {
    for (int i = 1; i < threads; i++) workers_.emplace_back([this, i] { work(i); });
  } catch (...) {
    stop();
    throw;
  }
}

ThreadPool::~ThreadPool() { stop(); }

void ThreadPool::stop() {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    stopping_ = true;
    generation_++;
  }
  wake_.notify_all();
  for (std::thread& worker : workers_) worker.join();
}

void ThreadPool::run(int64_t tasks, const Body& body) {
  if (workers_.empty() || tasks <= 1) {
    for (int64_t task = 0; task < tasks; task++) body(task, 0);
    return;
  }
  std::lock_guard<std::mutex> call(calls_);
  {
    std::lock_guard<std::mutex> lock(mutex_);
    body_ = &body;
    tasks_ = tasks;
    next_ = 0;
    active_ = static_cast<int>(workers_.size());
    generation_++;
  }
  wake_.notify_all();
  drain(0);
  if (!spin_until([this] { return active_ == 0; })) {
    std::unique_lock<std::mutex> lock(mutex_);
    done_.wait(lock, [this] { return active_ == 0; });
  }
}

void ThreadPool::drain(int thread) {
  for (int64_t task = next_++; task < tasks_; task = next_++) (*body_)(task, thread);
}

void ThreadPool::work(int thread) {
  uint64_t seen = 0;
  while (true) {
    if (!spin_until([&] { return generation_ != seen; })) {
      std::unique_lock<std::mutex> lock(mutex_);
      wake_.wait(lock, [&] { return generation_ != seen; });
    }
    {
      std::lock_guard<std::mutex> lock(mutex_);
      if (stopping_) return;
      seen = generation_;
    }
    drain(thread);
    // Under the lock, so that the caller cannot miss the notification between its check and its wait.
    std::lock_guard<std::mutex> lock(mutex_);
    if (--active_ == 0) done_.notify_one();
  }
}

}  // namespace viditq
