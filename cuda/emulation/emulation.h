// CUDA's execution model on one CPU thread, as far as the kernels here use it, so that kernel sources
// compiled by g++ run in tests on a machine without a GPU.
//
// Each thread of a block is a fiber that runs until it meets a barrier or a warp collective; blocks
// run one after the other. A thread's writes are thus seen late or early by the others depending on
// the order in which fibers run: tests run every kernel under several orders, which shows missing
// barriers as wrong results. Barriers that not all threads reach, and collectives that not all
// lanes of a warp take part in, end the launch with an exception.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstring>
#include <functional>

#define __global__
#define __device__ inline
#define __forceinline__
#define __restrict__ __restrict
#define __launch_bounds__(...)
// One block runs at a time, so static storage is a block's shared memory. Not cleared between blocks.
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

// The order in which the threads of a block run between two barriers.
enum class Order { kForward, kBackward, kShuffled };

// Runs body once per thread of the grid. Throws std::runtime_error on a barrier or collective that
// can never complete.
void run_grid(dim3 grid, dim3 block, Order order, const std::function<void()>& body);

// Waits for all threads of the block.
void block_barrier();

// Hands `value` to the other lanes of the warp and returns what lane `source` handed over.
uint32_t exchange(unsigned mask, uint32_t value, int source);

int lane();

template <typename T>
T exchange_as(unsigned mask, T value, int source) {
  static_assert(sizeof(T) == sizeof(uint32_t), "4-byte values");
  uint32_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  bits = exchange(mask, bits, source);
  std::memcpy(&value, &bits, sizeof bits);
  return value;
}

}  // namespace emulation

inline void __syncthreads() { emulation::block_barrier(); }

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

// IEEE 754 binary16, as a bit pattern.
struct __half {
  uint16_t bits;
};

inline float __half2float(__half h) {
  const int exponent = (h.bits >> 10) & 0x1f;
  const int fraction = h.bits & 0x3ff;
  float magnitude;
  if (exponent == 0x1f) {
    magnitude = fraction == 0 ? INFINITY : NAN;
  } else if (exponent == 0) {
    magnitude = std::ldexp(static_cast<float>(fraction), -24);
  } else {
    magnitude = std::ldexp(static_cast<float>(fraction | 0x400), exponent - 25);
  }
  return h.bits & 0x8000 ? -magnitude : magnitude;
}
