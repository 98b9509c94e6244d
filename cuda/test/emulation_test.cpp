// The emulation itself: what works on a GPU works here, and planted synchronization bugs show.
#include "emulation.h"

#include <numeric>
#include <stdexcept>
#include <vector>

#include "check.h"

namespace {

constexpr int kThreads = 96;
constexpr emulation::Order kOrders[] = {emulation::Order::kForward, emulation::Order::kBackward,
                                        emulation::Order::kShuffled};

// Reverses the values of each block through shared memory; with_barrier false plants the bug.
__global__ void reverse(const int* in, int* out, bool with_barrier) {
  __shared__ int values[kThreads];
  const int first = static_cast<int>(blockIdx.x * blockDim.x);
  const int me = static_cast<int>(threadIdx.x);
  values[me] = in[first + me];
  if (with_barrier) __syncthreads();
  out[first + me] = values[kThreads - 1 - me];
}

bool reverses(emulation::Order order, bool with_barrier) {
  const int blocks = 3;
  std::vector<int> in(blocks * kThreads);
  std::iota(in.begin(), in.end(), 1);
  std::vector<int> out(in.size());
  emulation::run_grid(blocks, kThreads, order,
                      [&] { reverse(in.data(), out.data(), with_barrier); });
  for (int block = 0; block < blocks; block++) {
    for (int i = 0; i < kThreads; i++) {
      if (out[block * kThreads + i] != in[block * kThreads + kThreads - 1 - i]) return false;
    }
  }
  return true;
}

TEST(barriers_order_shared_memory) {
  for (const emulation::Order order : kOrders) CHECK_EQUAL(reverses(order, true), true);
}

TEST(a_missing_barrier_shows_in_every_order) {
  for (const emulation::Order order : kOrders) CHECK_EQUAL(reverses(order, false), false);
}

TEST(shuffles_exchange_within_a_warp) {
  for (const emulation::Order order : kOrders) {
    std::vector<int> sums(kThreads);
    std::vector<int> broadcast(kThreads);
    std::vector<float> down(kThreads);
    emulation::run_grid(1, kThreads, order, [&] {
      const int me = static_cast<int>(threadIdx.x);
      int sum = me;
      for (int distance = 16; distance > 0; distance /= 2) {
        sum += __shfl_xor_sync(emulation::kFullMask, sum, distance);
      }
      sums[me] = sum;
      broadcast[me] = __shfl_sync(emulation::kFullMask, me, 5);
      down[me] = __shfl_down_sync(emulation::kFullMask, static_cast<float>(me), 30);
    });
    for (int i = 0; i < kThreads; i++) {
      const int first = i / 32 * 32;
      CHECK_EQUAL(sums[i], 32 * first + 31 * 32 / 2);
      CHECK_EQUAL(broadcast[i], first + 5);
      CHECK_EQUAL(down[i], static_cast<float>(i - first < 2 ? i + 30 : i));
    }
  }
}

template <typename Body>
bool fails(Body body) {
  try {
    emulation::run_grid(1, kThreads, emulation::Order::kForward, body);
    return false;
  } catch (const std::runtime_error&) {
    return true;
  }
}

TEST(a_barrier_that_some_threads_miss_fails) {
  CHECK_EQUAL(fails([] {
                if (threadIdx.x != 7) __syncthreads();
              }),
              true);
}

TEST(a_shuffle_that_some_lanes_miss_fails) {
  CHECK_EQUAL(fails([] {
                if (threadIdx.x % 32 < 31) __shfl_xor_sync(emulation::kFullMask, 1, 1);
              }),
              true);
}

TEST(whole_warps_may_leave_early) {
  CHECK_EQUAL(fails([] {
                if (threadIdx.x >= 32) return;
                __shfl_xor_sync(emulation::kFullMask, 1, 1);
              }),
              false);
}

TEST(halves_convert_exactly) {
  CHECK_EQUAL(__half2float({0x3c00}), 1.0f);
  CHECK_EQUAL(__half2float({0xc000}), -2.0f);
  CHECK_EQUAL(__half2float({0x7bff}), 65504.0f);
  CHECK_EQUAL(__half2float({0x0400}), 6.103515625e-05f);
  CHECK_EQUAL(__half2float({0x0001}), 5.9604644775390625e-08f);
  CHECK_EQUAL(std::isinf(__half2float({0x7c00})), true);
  CHECK_EQUAL(std::isnan(__half2float({0x7e00})), true);
}

}  // namespace
