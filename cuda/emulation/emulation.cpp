#include "emulation.h"

#include <algorithm>
#include <cstdlib>
#include <limits>
#include <map>
#include <memory>
#include <numeric>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

#include "context.h"

thread_local dim3 threadIdx;
thread_local dim3 blockIdx;
thread_local dim3 blockDim;
thread_local dim3 gridDim;

namespace emulation {
namespace {

constexpr size_t kStackBytes = 128 * 1024;
constexpr size_t kSharedAlignment = 1024;
constexpr int kGarbage = 0xa5;

// Fiber stacks, kept from block to block.
thread_local std::vector<std::unique_ptr<char[]>> stacks;

enum class State { kReady, kAtBarrier, kAtCollective, kWaiting, kDone };

// Asynchronous work of one thread: what it issued since the last commit, and the groups before.
struct WorkQueue {
  std::vector<std::function<void()>> open;
  std::vector<std::vector<std::function<void()>>> groups;
};

struct Fiber {
  Context context;
  State state = State::kReady;
  dim3 index;
  int barrier = 0;
  int barrier_threads = 0;
  Collective kind = Collective::kSync;
  const std::function<bool()>* ready = nullptr;
  WorkQueue queues[2];
};

// What the lanes of a warp hand over. Two buffers in turn: a lane that runs ahead to the next
// collective must not overwrite what slower lanes still have to read, and cannot run further ahead.
struct Warp {
  Exchange exchanges[2];
  int round[kWarpSize] = {};
};

struct Free {
  void operator()(void* memory) const { std::free(memory); }
};

class Block {
 public:
  Block(dim3 size, size_t shared_bytes, Schedule schedule, const std::function<void()>& body)
      : schedule_(schedule),
        random_(blockIdx.x + 977 * blockIdx.y),
        fibers_(size.x * size.y * size.z),
        warps_((fibers_.size() + kWarpSize - 1) / kWarpSize),
        body_(body) {
    for (size_t i = 0; i < fibers_.size(); i++) {
      fibers_[i].index = dim3(i % size.x, i / size.x % size.y, i / size.x / size.y);
    }
    void* memory = nullptr;
    if (posix_memalign(&memory, kSharedAlignment, std::max<size_t>(shared_bytes, 1)) != 0) {
      throw std::bad_alloc();
    }
    shared_.reset(static_cast<unsigned char*>(memory));
    std::memset(memory, kGarbage, shared_bytes);
  }

  void run();
  void wait(State state);
  void wait_at_barrier(int id, int threads);
  void wait_until(const std::function<bool()>& ready);
  const Exchange& collective(Collective kind, unsigned mask, const uint32_t* words, int count);
  void issue(Queue queue, std::function<void()> work);
  void commit(Queue queue);
  void wait_for_groups(Queue queue, size_t pending);
  void issue_at(const void* barrier, std::function<void()> work);
  void land_at(const void* barrier);
  [[noreturn]] void fail(const char* message);

  int thread() const { return static_cast<int>(current_); }
  Schedule schedule() const { return schedule_; }
  unsigned char* shared() const { return shared_.get(); }

 private:
  static void enter();
  void start(size_t thread);
  void resume(size_t thread);
  std::vector<size_t> ordered(size_t first, size_t last);
  bool run_warp(size_t warp);
  bool release_collective(size_t first, size_t last);
  bool release_barriers();
  bool release_waits();
  bool all_done() const;

  const Schedule schedule_;
  std::mt19937 random_;
  std::vector<Fiber> fibers_;
  std::vector<Warp> warps_;
  std::unique_ptr<unsigned char, Free> shared_;
  const std::function<void()>& body_;
  std::multimap<const void*, std::function<void()>> landing_;
  std::string failure_;
  Context scheduler_;
  size_t current_ = 0;
  bool in_fiber_ = false;
};

thread_local Block* running = nullptr;

void Block::enter() {
  Block& block = *running;
  Context::entered(block.scheduler_);
  block.body_();
  block.wait(State::kDone);
}

void Block::start(size_t thread) {
  while (stacks.size() <= thread) stacks.emplace_back(new char[kStackBytes]);
  fibers_[thread].context.prepare(stacks[thread].get(), kStackBytes, &Block::enter);
}

void Block::resume(size_t thread) {
  current_ = thread;
  threadIdx = fibers_[thread].index;
  in_fiber_ = true;
  scheduler_.switch_to(fibers_[thread].context);
  in_fiber_ = false;
  if (!failure_.empty()) throw std::runtime_error(failure_);
}

void Block::wait(State state) {
  Fiber& fiber = fibers_[current_];
  fiber.state = state;
  fiber.context.switch_to(scheduler_);
}

void Block::fail(const char* message) {
  if (!in_fiber_) throw std::runtime_error(message);
  // No exception may leave a fiber: the scheduler throws it.
  failure_ = message;
  wait(State::kDone);
  std::abort();  // a stopped fiber is never resumed
}

void Block::run() {
  running = this;
  for (size_t i = 0; i < fibers_.size(); i++) start(i);
  while (!all_done()) {
    bool progress = false;
    for (const size_t warp : ordered(0, warps_.size())) progress |= run_warp(warp);
    progress |= release_barriers();
    progress |= release_waits();
    if (!progress && !all_done()) {
      throw std::runtime_error("Threads of block " + std::to_string(blockIdx.x) +
                               " wait for others that never arrive.");
    }
  }
}

// Indices from first (inclusive) to last (exclusive) in the schedule's order.
std::vector<size_t> Block::ordered(size_t first, size_t last) {
  std::vector<size_t> order(last - first);
  std::iota(order.begin(), order.end(), first);
  if (schedule_.order == Order::kBackward) std::reverse(order.begin(), order.end());
  if (schedule_.order == Order::kShuffled) std::shuffle(order.begin(), order.end(), random_);
  return order;
}

// Runs a warp up to where it waits for other warps, or if shuffled past some collectives only.
bool Block::run_warp(size_t warp) {
  const size_t first = warp * kWarpSize;
  const size_t last = std::min(first + kWarpSize, fibers_.size());
  int collectives = schedule_.order == Order::kShuffled ? 1 + static_cast<int>(random_() % 8)
                                                        : std::numeric_limits<int>::max();
  bool progress = false;
  do {
    for (const size_t thread : ordered(first, last)) {
      if (fibers_[thread].state != State::kReady) continue;
      resume(thread);
      progress = true;
    }
  } while (release_collective(first, last) && --collectives > 0);
  return progress;
}

bool Block::all_done() const {
  return std::all_of(fibers_.begin(), fibers_.end(),
                     [](const Fiber& fiber) { return fiber.state == State::kDone; });
}

bool Block::release_collective(size_t first, size_t last) {
  for (size_t i = first; i < last; i++) {
    if (fibers_[i].state != State::kAtCollective) return false;
    if (fibers_[i].kind != fibers_[first].kind) {
      throw std::runtime_error("Lanes of a warp meet in different collectives.");
    }
  }
  for (size_t i = first; i < last; i++) fibers_[i].state = State::kReady;
  return true;
}

bool Block::release_barriers() {
  bool released = false;
  for (const Fiber& arrived : fibers_) {
    if (arrived.state != State::kAtBarrier) continue;
    const auto waits_here = [&](const Fiber& fiber) {
      return fiber.state == State::kAtBarrier && fiber.barrier == arrived.barrier &&
             fiber.barrier_threads == arrived.barrier_threads;
    };
    const int threads = static_cast<int>(std::count_if(fibers_.begin(), fibers_.end(), waits_here));
    if (threads != arrived.barrier_threads) continue;
    const int barrier = arrived.barrier;
    for (Fiber& fiber : fibers_) {
      if (fiber.state == State::kAtBarrier && fiber.barrier == barrier) fiber.state = State::kReady;
    }
    released = true;
  }
  return released;
}

bool Block::release_waits() {
  bool released = false;
  for (Fiber& fiber : fibers_) {
    if (fiber.state != State::kWaiting || !(*fiber.ready)()) continue;
    fiber.state = State::kReady;
    released = true;
  }
  return released;
}

void Block::wait_at_barrier(int id, int threads) {
  Fiber& fiber = fibers_[current_];
  fiber.barrier = id;
  fiber.barrier_threads = threads == 0 ? static_cast<int>(fibers_.size()) : threads;
  wait(State::kAtBarrier);
}

void Block::wait_until(const std::function<bool()>& ready) {
  if (ready()) return;
  fibers_[current_].ready = &ready;
  wait(State::kWaiting);
}

void Block::issue(Queue queue, std::function<void()> work) {
  if (schedule_.async == Async::kEager) return work();
  fibers_[current_].queues[static_cast<int>(queue)].open.push_back(std::move(work));
}

void Block::commit(Queue queue) {
  WorkQueue& work = fibers_[current_].queues[static_cast<int>(queue)];
  work.groups.push_back(std::move(work.open));
  work.open.clear();
}

void Block::wait_for_groups(Queue queue, size_t pending) {
  WorkQueue& work = fibers_[current_].queues[static_cast<int>(queue)];
  while (work.groups.size() > pending) {
    for (const std::function<void()>& item : work.groups.front()) item();
    work.groups.erase(work.groups.begin());
  }
}

void Block::issue_at(const void* barrier, std::function<void()> work) {
  if (schedule_.async == Async::kEager) return work();
  landing_.emplace(barrier, std::move(work));
}

void Block::land_at(const void* barrier) {
  const auto landing = landing_.equal_range(barrier);
  for (auto i = landing.first; i != landing.second; i++) i->second();
  landing_.erase(landing.first, landing.second);
}

const Exchange& Block::collective(Collective kind, unsigned mask, const uint32_t* words,
                                  int count) {
  // Partial masks would need a barrier per mask; no kernel here uses them.
  if (mask != kFullMask) fail("The emulation knows full-mask collectives only.");
  Warp& warp = warps_[current_ / kWarpSize];
  const size_t me = current_ % kWarpSize;
  Exchange& exchange = warp.exchanges[warp.round[me]++ % 2];
  std::copy(words, words + count, exchange.words[me]);
  fibers_[current_].kind = kind;
  wait(State::kAtCollective);
  return exchange;
}

}  // namespace

void run_grid(dim3 grid, dim3 block, size_t shared_bytes, Schedule schedule,
              const std::function<void()>& body) {
  gridDim = grid;
  blockDim = block;
  for (unsigned z = 0; z < grid.z; z++) {
    for (unsigned y = 0; y < grid.y; y++) {
      for (unsigned x = 0; x < grid.x; x++) {
        blockIdx = dim3(x, y, z);
        Block(block, shared_bytes, schedule, body).run();
      }
    }
  }
}

Schedule schedule() { return running->schedule(); }

Schedule& launch_schedule() {
  thread_local Schedule chosen;
  return chosen;
}

unsigned char* dynamic_shared() { return running->shared(); }

void block_barrier(int id, int threads) { running->wait_at_barrier(id, threads); }

void wait_until(const std::function<bool()>& ready) { running->wait_until(ready); }

void issue(Queue queue, std::function<void()> work) { running->issue(queue, std::move(work)); }

void commit(Queue queue) { running->commit(queue); }

void wait_for_groups(Queue queue, int pending) {
  running->wait_for_groups(queue, static_cast<size_t>(pending));
}

void issue_at(const void* barrier, std::function<void()> work) {
  running->issue_at(barrier, std::move(work));
}

void land_at(const void* barrier) { running->land_at(barrier); }

void fail(const char* message) { running->fail(message); }

const Exchange& collective(Collective kind, unsigned mask, const uint32_t* words, int count) {
  return running->collective(kind, mask, words, count);
}

int lane() { return running->thread() % kWarpSize; }

int thread() { return running->thread(); }

}  // namespace emulation
