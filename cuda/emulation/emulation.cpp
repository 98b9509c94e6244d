#include "emulation.h"

#include <ucontext.h>

#include <algorithm>
#include <memory>
#include <numeric>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

thread_local dim3 threadIdx;
thread_local dim3 blockIdx;
thread_local dim3 blockDim;
thread_local dim3 gridDim;

namespace emulation {
namespace {

constexpr size_t kStackBytes = 64 * 1024;

enum class State { kReady, kAtBarrier, kAtCollective, kDone };

struct Fiber {
  ucontext_t context;
  std::unique_ptr<char[]> stack{new char[kStackBytes]};
  State state = State::kReady;
  dim3 index;
};

// What the lanes of a warp hand over. Two buffers in turn: a lane that runs ahead to the next
// collective must not overwrite what slower lanes still have to read, and cannot run further ahead.
struct Warp {
  uint32_t values[2][kWarpSize];
  int round[kWarpSize] = {};
};

class Block {
 public:
  Block(dim3 size, Order order, const std::function<void()>& body)
      : fibers_(size.x * size.y * size.z),
        warps_((fibers_.size() + kWarpSize - 1) / kWarpSize),
        body_(body) {
    for (size_t i = 0; i < fibers_.size(); i++) {
      fibers_[i].index = dim3(i % size.x, i / size.x % size.y, i / size.x / size.y);
    }
    order_.resize(fibers_.size());
    std::iota(order_.begin(), order_.end(), 0);
    if (order == Order::kBackward) std::reverse(order_.begin(), order_.end());
    if (order == Order::kShuffled) std::shuffle(order_.begin(), order_.end(), std::mt19937(1));
  }

  void run();
  void wait(State state);
  uint32_t exchange(unsigned mask, uint32_t value, int source);
  int lane() const { return static_cast<int>(current_ % kWarpSize); }

 private:
  static void enter();
  void start(Fiber& fiber);
  void resume(size_t thread);
  bool all_done() const;
  bool release_barrier();
  bool release_collectives();

  std::vector<Fiber> fibers_;
  std::vector<Warp> warps_;
  std::vector<size_t> order_;
  const std::function<void()>& body_;
  ucontext_t scheduler_;
  size_t current_ = 0;
};

thread_local Block* running = nullptr;

void Block::enter() {
  Block& block = *running;
  block.body_();
  block.wait(State::kDone);
}

void Block::start(Fiber& fiber) {
  getcontext(&fiber.context);
  fiber.context.uc_stack.ss_sp = fiber.stack.get();
  fiber.context.uc_stack.ss_size = kStackBytes;
  fiber.context.uc_link = nullptr;
  makecontext(&fiber.context, &Block::enter, 0);
}

void Block::resume(size_t thread) {
  current_ = thread;
  threadIdx = fibers_[thread].index;
  swapcontext(&scheduler_, &fibers_[thread].context);
}

void Block::wait(State state) {
  Fiber& fiber = fibers_[current_];
  fiber.state = state;
  swapcontext(&fiber.context, &scheduler_);
}

void Block::run() {
  running = this;
  for (Fiber& fiber : fibers_) start(fiber);
  while (!all_done()) {
    for (const size_t thread : order_) {
      if (fibers_[thread].state == State::kReady) resume(thread);
    }
    const bool collectives_released = release_collectives();
    const bool barrier_released = release_barrier();
    if (!collectives_released && !barrier_released && !all_done()) {
      throw std::runtime_error("Threads of block " + std::to_string(blockIdx.x) +
                               " wait for others that never arrive.");
    }
  }
}

bool Block::all_done() const {
  return std::all_of(fibers_.begin(), fibers_.end(),
                     [](const Fiber& fiber) { return fiber.state == State::kDone; });
}

bool Block::release_barrier() {
  const bool complete = std::all_of(fibers_.begin(), fibers_.end(), [](const Fiber& fiber) {
    return fiber.state == State::kAtBarrier;
  });
  if (complete) {
    for (Fiber& fiber : fibers_) fiber.state = State::kReady;
  }
  return complete;
}

bool Block::release_collectives() {
  bool released = false;
  for (size_t first = 0; first < fibers_.size(); first += kWarpSize) {
    const size_t last = std::min(first + kWarpSize, fibers_.size());
    const bool complete =
        std::all_of(fibers_.begin() + first, fibers_.begin() + last,
                    [](const Fiber& fiber) { return fiber.state == State::kAtCollective; });
    if (!complete) continue;
    for (size_t i = first; i < last; i++) fibers_[i].state = State::kReady;
    released = true;
  }
  return released;
}

uint32_t Block::exchange(unsigned mask, uint32_t value, int source) {
  // Partial masks would need a barrier per mask; no kernel here uses them.
  if (mask != kFullMask) throw std::logic_error("The emulation knows full-mask collectives only.");
  Warp& warp = warps_[current_ / kWarpSize];
  const int me = lane();
  const int round = warp.round[me]++ % 2;
  warp.values[round][me] = value;
  wait(State::kAtCollective);
  return warp.values[round][source];
}

}  // namespace

void run_grid(dim3 grid, dim3 block, Order order, const std::function<void()>& body) {
  gridDim = grid;
  blockDim = block;
  for (unsigned z = 0; z < grid.z; z++) {
    for (unsigned y = 0; y < grid.y; y++) {
      for (unsigned x = 0; x < grid.x; x++) {
        blockIdx = dim3(x, y, z);
        Block(block, order, body).run();
      }
    }
  }
}

void block_barrier() { running->wait(State::kAtBarrier); }

uint32_t exchange(unsigned mask, uint32_t value, int source) {
  return running->exchange(mask, value, source);
}

int lane() { return running->lane(); }

}  // namespace emulation
