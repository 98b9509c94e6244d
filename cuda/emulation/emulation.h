// CUDA's execution model on one CPU thread, as far as the kernels here use it, so that kernel
// sources compiled by g++ run in tests on a machine without a GPU.
//
// Each thread of a block is a fiber that runs until it meets a barrier or a warp collective; blocks
// run one after the other. What hardware leaves open is chosen by a Schedule: the order in which
// threads run, how far a warp may run ahead of the others, and when an asynchronous copy lands.
// Tests run every kernel under several schedules: a missing barrier or wait gives wrong results
// under at least one of them. Barriers that not all threads reach, collectives that not all lanes
// of a warp take part in, and waits that nothing ends stop the launch with an exception.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstring>
#include <functional>

#include "half.h"

#define __global__
#define __device__ inline
#define __host__
#define __forceinline__
#define __restrict__ __restrict
#define __launch_bounds__(...)
#define __grid_constant__
#define __align__(bytes) alignas(bytes)
// One block runs at a time, so static storage is a block's shared memory. Not cleared between
// blocks.
#define __shared__ static

struct dim3 {
  unsigned x, y, z;
  constexpr dim3(unsigned x = 1, unsigned y = 1, unsigned z = 1) : x(x), y(y), z(z) {}
};

extern thread_local dim3 threadIdx;
extern thread_local dim3 blockIdx;
extern thread_local dim3 blockDim;
extern thread_local dim3 gridDim;

namespace emulation {

constexpr int kWarpSize = 32;
constexpr unsigned kFullMask = 0xffffffffu;

// kForward and kBackward let one warp after the other run as far as it can before the next one
// starts; kShuffled interleaves warps and lanes at random.
enum class Order { kForward, kBackward, kShuffled };

// When asynchronous work (copies into shared memory, warp-group products) happens: as soon as it is
// issued, or as late as allowed, when a thread waits for it.
enum class Async { kEager, kDeferred };

struct Schedule {
  Order order = Order::kForward;
  Async async = Async::kEager;
};

constexpr Schedule kSchedules[] = {
    {Order::kForward, Async::kEager},  {Order::kForward, Async::kDeferred},
    {Order::kBackward, Async::kEager}, {Order::kBackward, Async::kDeferred},
    {Order::kShuffled, Async::kEager}, {Order::kShuffled, Async::kDeferred},
};

// Runs body once per thread of the grid, with `shared_bytes` of dynamic shared memory per block,
// which hold garbage at first. Throws std::runtime_error on a barrier, collective or wait that can
// never complete, and on misuse of an instruction.
void run_grid(dim3 grid, dim3 block, size_t shared_bytes, Schedule schedule,
              const std::function<void()>& body);

// The schedule of the running block.
Schedule schedule();

// The schedule under which viditq_cuda_* functions called by this thread run their kernels.
Schedule& launch_schedule();

// Dynamic shared memory of the running block, aligned to 1024 bytes.
unsigned char* dynamic_shared();

// Waits until `threads` threads have arrived at barrier `id`; 0 threads mean all of the block.
void block_barrier(int id, int threads);

// Waits until ready() holds.
void wait_until(const std::function<bool()>& ready);

// Asynchronous work of the running thread: issued, committed in groups, and waited for until at
// most `pending` of the newest groups may still be under way. What is never waited for never
// happens in Async::kDeferred.
enum class Queue { kCopies, kProducts };
void issue(Queue queue, std::function<void()> work);
void commit(Queue queue);
void wait_for_groups(Queue queue, int pending);

// Asynchronous work that ends at a barrier object in shared memory: done when issued, or if
// deferred when a thread that waits there calls land_at.
void issue_at(const void* barrier, std::function<void()> work);
void land_at(const void* barrier);

// Stops the launch: run_grid throws std::runtime_error(message).
[[noreturn]] void fail(const char* message);

// What the lanes of a warp handed to a collective.
constexpr int kMaxWords = 6;
struct Exchange {
  uint32_t words[kWarpSize][kMaxWords];
};

// The warp collectives: lanes of one warp that meet must have called the same one.
enum class Collective { kSync, kShuffle, kLoadMatrix, kMultiply, kWarpGroup };

// Waits for all lanes of the warp; each hands over `count` words. The result is valid until the
// lane's next collective.
const Exchange& collective(Collective kind, unsigned mask, const uint32_t* words, int count);

int lane();

// A number for the running thread, unique within its block.
int thread();

template <typename T>
T exchange_as(unsigned mask, T value, int source) {
  static_assert(sizeof(T) == sizeof(uint32_t), "4-byte values");
  uint32_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  bits = collective(Collective::kShuffle, mask, &bits, 1).words[source][0];
  std::memcpy(&value, &bits, sizeof bits);
  return value;
}

}  // namespace emulation

inline void __syncthreads() { emulation::block_barrier(0, 0); }

inline void __syncwarp(unsigned mask = emulation::kFullMask) {
  emulation::collective(emulation::Collective::kSync, mask, nullptr, 0);
}

template <typename T>
T __shfl_sync(unsigned mask, T value, int source) {
  return emulation::exchange_as(mask, value, source % emulation::kWarpSize);
}

template <typename T>
T __shfl_xor_sync(unsigned mask, T value, int lane_mask) {
  return emulation::exchange_as(mask, value, emulation::lane() ^ lane_mask);
}

template <typename T>
T __shfl_down_sync(unsigned mask, T value, unsigned delta) {
  const int source = emulation::lane() + static_cast<int>(delta);
  return emulation::exchange_as(mask, value,
                                source < emulation::kWarpSize ? source : emulation::lane());
}

using std::isfinite;

inline float __fdiv_rn(float a, float b) { return a / b; }
inline float __fmul_rn(float a, float b) { return a * b; }
inline float __fadd_rn(float a, float b) { return a + b; }
inline float __expf(float x) { return std::exp(x); }
