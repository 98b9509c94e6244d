#include "threads/thread_pool.h"

#ifdef __linux__
#include <sched.h>
#endif

#include <algorithm>
#include <chrono>

namespace viditq {
namespace {

using Clock = std::chrono::steady_clock;

// Between runs: ten times what it costs to wake a thread, and longer than what one thread does
// alone between two operators.
constexpr Clock::duration kSpin = std::chrono::microseconds(300);

// Within a run: longer than threads wait for each other at the end of one. A thread that came late
// and went to sleep before the end would come late to the next run, too, and so on for hundreds of
// runs.
constexpr Clock::duration kSpinInRun = std::chrono::milliseconds(1);

// From then on a spinning thread offers its processor to others, of this and of other processes.
constexpr Clock::duration kBeforeYielding = std::chrono::microseconds(50);

// Times that a spinning thread reads what it waits for between two reads of the clock. A pause is
// 140 cycles on one processor and 40 on another, so that counting them would not do.
constexpr int kReadsPerClock = 16;

inline void pause() {
#ifdef __x86_64__
  __builtin_ia32_pause();
#endif
}

// False if `holds` did not come true within the time.
template <typename Condition>
bool spin_until(Clock::duration time, const Condition& holds) {
  const Clock::time_point start = Clock::now();
  Clock::duration passed{0};
  do {
    for (int i = 0; i < kReadsPerClock; i++) {
      if (holds()) return true;
      pause();
    }
    if (passed > kBeforeYielding) std::this_thread::yield();
    passed = Clock::now() - start;
  } while (passed < time);
  return holds();
}

// Those that this process may run on.
int processors() {
#ifdef __linux__
  cpu_set_t allowed;
  if (sched_getaffinity(0, sizeof(allowed), &allowed) == 0) return CPU_COUNT(&allowed);
#endif
  return static_cast<int>(std::thread::hardware_concurrency());
}

}  // namespace

ThreadPool::ThreadPool(int threads)
    : processors_(processors()), crowded_(threads > processors_), shares_(threads) {
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
  const Work work;
  if (workers_.empty() || tasks <= 1) {
    for (int64_t task = 0; task < tasks && !work_stopped(); task++) body(task, 0);
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
    joinable_ = true;
    running_ = true;
    generation_++;
  }
  wake(tasks);
  drain(0);
  {
    // Nothing is left to do for whoever did not come yet.
    std::lock_guard<std::mutex> lock(mutex_);
    joinable_ = false;
  }
  const auto all_left = [this] { return active_ == 0; };
  if (crowded_ || !spin_until(kSpinInRun, all_left)) {
    std::unique_lock<std::mutex> lock(mutex_);
    done_.wait(lock, all_left);
  }
  running_ = false;
}

void ThreadPool::wake(int64_t tasks) {
  const int64_t useful = crowded_ ? std::min<int64_t>(tasks - 1, 2 * processors_) : tasks - 1;
  if (useful >= static_cast<int64_t>(workers_.size())) {
    wake_.notify_all();
    return;
  }
  for (int64_t i = 0; i < useful; i++) wake_.notify_one();
}

void ThreadPool::drain(int thread) {
  const int count = static_cast<int>(shares_.size());
  for (int i = 0; i < count; i++) {
    Share& share = shares_[(thread + i) % count];
    for (int64_t task = share.next++; task < share.end; task = share.next++) {
      if (work_stopped()) return;
      (*body_)(task, thread);
    }
  }
}

bool ThreadPool::spin_for_run(uint64_t seen) const {
  const auto begun = [&] { return generation_ != seen; };
  if (crowded_) return begun();
  // To the end of the run that the others are still in, then for the next one.
  if (spin_until(kSpinInRun, [&] { return begun() || !running_; }) && begun()) return true;
  return spin_until(kSpin, begun);
}

bool ThreadPool::join(uint64_t* seen) {
  std::lock_guard<std::mutex> lock(mutex_);
  *seen = generation_;
  if (joinable_) active_++;
  return joinable_;
}

void ThreadPool::leave() {
  // Under the lock, so that the caller cannot miss the notification between its check and its
  // wait.
  std::lock_guard<std::mutex> lock(mutex_);
  if (--active_ == 0) done_.notify_one();
}

void ThreadPool::work(int thread) {
  const FloatEnvironment environment;
  uint64_t seen = 0;
  while (true) {
    if (!spin_for_run(seen)) {
      std::unique_lock<std::mutex> lock(mutex_);
      wake_.wait(lock, [&] { return generation_ != seen; });
    }
    if (join(&seen)) {
      drain(thread);
      leave();
    } else if (stopping_) {
      return;
    }
  }
}

}  // namespace viditq
