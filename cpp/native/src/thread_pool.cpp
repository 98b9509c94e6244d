#include "thread_pool.h"

namespace viditq {
namespace {

// Between runs: about 100 microseconds, twice what it costs to wake a thread, and longer than what
// one thread does alone between two operators.
constexpr int kSpins = 2000;

// Within a run: about a millisecond, longer than threads wait for each other at the end of one. A
// thread that came late and went to sleep before the end would come late to the next run, too, and
// so on for hundreds of runs.
constexpr int kSpinsInRun = 20000;

inline void pause() {
#ifdef __x86_64__
  __builtin_ia32_pause();
#endif
}

template <typename Condition>
bool spin_until(const Condition& holds) {
  for (int i = 0; i < kSpinsInRun; i++) {
    if (holds()) return true;
    pause();
  }
  return holds();
}

}  // namespace

ThreadPool::ThreadPool(int threads) : shares_(threads) {
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
    const int count = static_cast<int>(shares_.size());
    for (int i = 0; i < count; i++) {
      shares_[i].next = tasks * i / count;
      shares_[i].end = tasks * (i + 1) / count;
    }
    active_ = static_cast<int>(workers_.size());
    running_ = true;
    generation_++;
  }
  wake_.notify_all();
  drain(0);
  if (!spin_until([this] { return active_ == 0; })) {
    std::unique_lock<std::mutex> lock(mutex_);
    done_.wait(lock, [this] { return active_ == 0; });
  }
  running_ = false;
}

void ThreadPool::drain(int thread) {
  const int count = static_cast<int>(shares_.size());
  for (int i = 0; i < count; i++) {
    Share& share = shares_[(thread + i) % count];
    for (int64_t task = share.next++; task < share.end; task = share.next++) {
      (*body_)(task, thread);
    }
  }
}

bool ThreadPool::spin_until_run(uint64_t seen) const {
  int in_run = 0;
  for (int i = 0; i < kSpins;) {
    if (generation_ != seen) return true;
    pause();
    if (!running_ || ++in_run > kSpinsInRun) i++;
  }
  return generation_ != seen;
}

void ThreadPool::work(int thread) {
  uint64_t seen = 0;
  while (true) {
    if (!spin_until_run(seen)) {
      std::unique_lock<std::mutex> lock(mutex_);
      wake_.wait(lock, [&] { return generation_ != seen; });
    }
    {
      std::lock_guard<std::mutex> lock(mutex_);
      if (stopping_) return;
      seen = generation_;
    }
    drain(thread);
    // Under the lock, so that the caller cannot miss the notification between its check and its
    // wait.
    std::lock_guard<std::mutex> lock(mutex_);
    if (--active_ == 0) done_.notify_one();
  }
}

}  // namespace viditq
