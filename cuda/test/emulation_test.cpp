// The emulation itself: what works on a GPU works here, and planted synchronization bugs show.
#include "emulation.h"

#include <numeric>
#include <stdexcept>
#include <vector>

#include "check.h"
#include "tensor_core.h"
#include "token_row.cuh"
#include "warp_group.h"

namespace {

using emulation::kSchedules;
using emulation::Schedule;

constexpr int kThreads = 96;

// Reverses the values of each block through shared memory; with_barrier false plants the bug.
__global__ void reverse(const int* in, int* out, bool with_barrier) {
  __shared__ int values[kThreads];
  const int first = static_cast<int>(blockIdx.x * blockDim.x);
  const int me = static_cast<int>(threadIdx.x);
  values[me] = in[first + me];
  if (with_barrier) __syncthreads();
  out[first + me] = values[kThreads - 1 - me];
}

bool reverses(Schedule schedule, bool with_barrier) {
  const int blocks = 3;
  std::vector<int> in(blocks * kThreads);
  std::iota(in.begin(), in.end(), 1);
  std::vector<int> out(in.size());
  emulation::run_grid(blocks, kThreads, 0, schedule,
                      [&] { reverse(in.data(), out.data(), with_barrier); });
  for (int block = 0; block < blocks; block++) {
    for (int i = 0; i < kThreads; i++) {
      if (out[block * kThreads + i] != in[block * kThreads + kThreads - 1 - i]) return false;
    }
  }
  return true;
}

TEST(barriers_order_shared_memory) {
  for (const Schedule schedule : kSchedules) CHECK_EQUAL(reverses(schedule, true), true);
}

TEST(a_missing_barrier_shows_in_every_schedule) {
  for (const Schedule schedule : kSchedules) CHECK_EQUAL(reverses(schedule, false), false);
}

TEST(shuffles_exchange_within_a_warp) {
  for (const Schedule schedule : kSchedules) {
    std::vector<int> sums(kThreads);
    std::vector<int> broadcast(kThreads);
    std::vector<float> down(kThreads);
    emulation::run_grid(1, kThreads, 0, schedule, [&] {
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

// Sums 64 rows of 128 numbers, copied asynchronously through two stages of shared memory by 2
// warps. The bugs that can be planted: no wait for the copies, no barrier between a stage's arrival
// and its use by the other warp, no barrier between its last use and its next filling.
struct Planted {
  bool wait = true;
  bool barrier_after_arrival = true;
  bool barrier_before_refill = true;
};

constexpr int kRows = 64;
constexpr int kColumns = 64 * 4;

__global__ void sum_rows(const uint32_t* in, uint32_t* out, Planted planted) {
  uint32_t* stages = reinterpret_cast<uint32_t*>(emulation::dynamic_shared());
  const int me = static_cast<int>(threadIdx.x);
  const auto fill = [&](int row) {
    if (row < kRows) {
      uint32_t* stage = stages + row % 2 * kColumns;
      emulation::copy_async_16(stage + me * 4, in + row * kColumns + me * 4, 16);
    }
    emulation::commit(emulation::Queue::kCopies);
  };
  fill(0);
  uint32_t sum = 0;
  for (int row = 0; row < kRows; row++) {
    fill(row + 1);
    if (planted.wait) emulation::wait_for_groups(emulation::Queue::kCopies, 1);
    if (planted.barrier_after_arrival) __syncthreads();
    const uint32_t* stage = stages + row % 2 * kColumns;
    for (int i = 0; i < 4; i++) sum += static_cast<uint32_t>(row + 1) * stage[(63 - me) * 4 + i];
    if (planted.barrier_before_refill) __syncthreads();
  }
  out[me] = sum;
}

// Under how many schedules the sums are right.
int right_schedules(Planted planted) {
  std::vector<uint32_t> in(kRows * kColumns);
  std::iota(in.begin(), in.end(), 7);
  std::vector<uint32_t> expected(64);
  for (int i = 0; i < kRows * kColumns; i++) {
    expected[63 - i % kColumns / 4] += static_cast<uint32_t>(i / kColumns + 1) * in[i];
  }
  int right = 0;
  for (const Schedule schedule : kSchedules) {
    std::vector<uint32_t> out(64);
    emulation::run_grid(1, 64, 2 * kColumns * sizeof(int), schedule,
                        [&] { sum_rows(in.data(), out.data(), planted); });
    right += out == expected;
  }
  return right;
}

TEST(asynchronous_copies_through_two_stages) { CHECK_EQUAL(right_schedules({}), 6); }

TEST(a_missing_wait_shows_where_copies_are_deferred) {
  Planted planted;
  planted.wait = false;
  CHECK_EQUAL(right_schedules(planted), 3);
}

TEST(a_missing_barrier_after_the_wait_shows) {
  Planted planted;
  planted.barrier_after_arrival = false;
  CHECK_EQUAL(right_schedules(planted) < 4, true);
}

TEST(a_missing_barrier_before_the_refill_shows) {
  Planted planted;
  planted.barrier_before_refill = false;
  CHECK_EQUAL(right_schedules(planted) < 6, true);
}

template <typename Body>
bool fails(Body body) {
  try {
    emulation::run_grid(1, kThreads, 1024, {}, body);
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

TEST(lanes_in_different_collectives_fail) {
  CHECK_EQUAL(fails([] {
                if (threadIdx.x % 2 == 0) {
                  __syncwarp();
                } else {
                  __shfl_xor_sync(emulation::kFullMask, 1, 1);
                }
              }),
              true);
}

TEST(partial_masks_and_unaligned_copies_fail) {
  CHECK_EQUAL(fails([] { __syncwarp(1); }), true);
  CHECK_EQUAL(fails([] {
                unsigned char* shared = emulation::dynamic_shared();
                emulation::copy_async_16(shared, shared + 4, 16);
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

TEST(named_barriers_hold_some_warps) {
  for (const Schedule schedule : kSchedules) {
    std::vector<int> seen(kThreads);
    std::vector<int> arrived(kThreads);
    emulation::run_grid(1, kThreads, 0, schedule, [&] {
      const int me = static_cast<int>(threadIdx.x);
      if (me < 32) return;
      arrived[me] = 1;
      emulation::block_barrier(3, 64);
      seen[me] = std::accumulate(arrived.begin(), arrived.end(), 0);
    });
    for (int i = 32; i < kThreads; i++) CHECK_EQUAL(seen[i], 64);
  }
}

// One warp multiplies a [16, 32] by b [32, 8] through ldmatrix and mma.
template <bool kSignedA, bool kSignedB>
void check_product() {
  alignas(16) unsigned char a[16 * 32];
  alignas(16) unsigned char b[16 * 32];  // columns of b, twice 8 of them
  for (int i = 0; i < 16 * 32; i++) {
    a[i] = static_cast<unsigned char>(i * 37 + 11);
    b[i] = static_cast<unsigned char>(i * 101 + 5);
  }
  for (const Schedule schedule : kSchedules) {
    std::vector<int32_t> out(16 * 8);
    emulation::run_grid(1, 32, 0, schedule, [&] {
      const int me = static_cast<int>(threadIdx.x);
      uint32_t a_words[4];
      uint32_t b_words[4];
      emulation::load_matrix_x4(a_words, a + me % 16 * 32 + me / 16 * 16);
      emulation::load_matrix_x4(b_words, b + (me / 16 * 8 + me % 8) * 32 + me / 8 % 2 * 16);
      int32_t d[4] = {1, 1, 1, 1};
      const uint32_t first[2] = {b_words[0], b_words[1]};
      emulation::multiply_m16n8k32<kSignedA, kSignedB>(d, a_words, first);
      for (int i = 0; i < 4; i++) {
        out[(me / 4 + i / 2 * 8) * 8 + me % 4 * 2 + i % 2] = d[i];
      }
    });
    for (int m = 0; m < 16; m++) {
      for (int n = 0; n < 8; n++) {
        int32_t sum = 1;
        for (int k = 0; k < 32; k++) {
          const int x = kSignedA ? static_cast<int8_t>(a[m * 32 + k]) : a[m * 32 + k];
          const int w = kSignedB ? static_cast<int8_t>(b[n * 32 + k]) : b[n * 32 + k];
          sum += x * w;
        }
        CHECK_EQUAL(out[m * 8 + n], sum);
      }
    }
  }
}

TEST(tensor_cores_multiply_bytes_of_either_sign) {
  check_product<false, false>();
  check_product<false, true>();
  check_product<true, false>();
  check_product<true, true>();
}

// A tensor of 5 rows of 200 bytes, copied box by box of 8 rows, and read back through the swizzle.
TEST(tensor_copies_swizzle_and_pad_with_zeros) {
  alignas(16) uint8_t tensor[5 * 208];
  for (int i = 0; i < 5 * 208; i++) tensor[i] = static_cast<uint8_t>(i * 7 + 1);
  const emulation::TensorMap map = {tensor, 200, 5, 1, 208, 5 * 208, 8};
  for (const Schedule schedule : kSchedules) {
    int wrong = 0;
    emulation::run_grid(1, 64, 1024 + sizeof(emulation::PhaseBarrier), schedule, [&] {
      unsigned char* tile = emulation::dynamic_shared();
      auto* barrier = reinterpret_cast<emulation::PhaseBarrier*>(tile + 1024);
      if (threadIdx.x == 0) barrier->init(1);
      __syncthreads();
      if (threadIdx.x == 0) {
        barrier->arrive(1024);
        map.copy(tile, 128, 0, 0, barrier);
      }
      barrier->wait(0);
      for (int row = 0; row < 8; row++) {
        const int k = 128 + static_cast<int>(threadIdx.x) * 2;
        const int expected = row < 5 && k < 200 ? tensor[row * 208 + k] : 0;
        const int chunk = (k - 128) / 16 ^ row;
        wrong += tile[row * 128 + chunk * 16 + k % 16] != expected;
      }
    });
    CHECK_EQUAL(wrong, 0);
  }
}

// Bytes -> registers and shared memory -> a product of a warp group, the first operand in
// registers.
template <bool kSignedX>
void check_product_from_registers() {
  uint8_t w[64 * 32];
  uint8_t x[128 * 32];
  for (int i = 0; i < 64 * 32; i++) w[i] = static_cast<uint8_t>(i * 29 + 3);
  for (int i = 0; i < 128 * 32; i++) x[i] = static_cast<uint8_t>(i * 53 + 17);
  for (const Schedule schedule : kSchedules) {
    std::vector<int32_t> out(64 * 128);
    emulation::run_grid(1, 128, 128 * 128, schedule, [&] {
      unsigned char* tile = emulation::dynamic_shared();
      const int thread = static_cast<int>(threadIdx.x);
      for (int k = 0; k < 32; k++) {
        *const_cast<unsigned char*>(emulation::swizzled(tile + thread * 128 + k)) =
            x[thread * 32 + k];
      }
      __syncthreads();
      const int row = thread / 32 * 16 + thread % 32 / 4;
      const int first = thread % 4 * 4;
      uint32_t words[4];
      for (int i = 0; i < 4; i++) {
        std::memcpy(&words[i], w + (row + i % 2 * 8) * 32 + first + i / 2 * 16, sizeof words[i]);
      }
      int32_t d[16][4] = {};
      d[3][1] = 5;
      emulation::multiply_m64n128k32_from_registers<kSignedX>(d, words, tile);
      emulation::commit(emulation::Queue::kProducts);
      emulation::wait_for_groups(emulation::Queue::kProducts, 0);
      d[3][1] -= 5;
      for (int i = 0; i < 16; i++) {
        for (int j = 0; j < 4; j++) {
          out[(row + j / 2 * 8) * 128 + i * 8 + thread % 4 * 2 + j % 2] = d[i][j];
        }
      }
    });
    int wrong = 0;
    for (int m = 0; m < 64; m++) {
      for (int n = 0; n < 128; n++) {
        int32_t sum = 0;
        for (int k = 0; k < 32; k++) {
          sum += w[m * 32 + k] * (kSignedX ? static_cast<int8_t>(x[n * 32 + k]) : x[n * 32 + k]);
        }
        wrong += out[m * 128 + n] != sum;
      }
    }
    CHECK_EQUAL(wrong, 0);
  }
}

TEST(warp_groups_multiply_from_registers) {
  check_product_from_registers<false>();
  check_product_from_registers<true>();
}

TEST(registers_changed_before_the_wait_fail) {
  const auto product = [](bool changed) {
    const auto body = [=] {
      uint32_t words[4] = {1, 2, 3, 4};
      int32_t d[16][4] = {};
      emulation::multiply_m64n128k32_from_registers<false>(d, words, emulation::dynamic_shared());
      emulation::commit(emulation::Queue::kProducts);
      if (changed) words[2] = 7;
      emulation::wait_for_groups(emulation::Queue::kProducts, 0);
    };
    try {
      emulation::run_grid(1, 128, 128 * 128,
                          {emulation::Order::kForward, emulation::Async::kDeferred}, body);
      return false;
    } catch (const std::runtime_error&) {
      return true;
    }
  };
  CHECK_EQUAL(product(true), true);
  CHECK_EQUAL(product(false), false);
}

TEST(bulk_copies_bring_their_bytes) {
  alignas(16) uint8_t bytes[64];
  for (int i = 0; i < 64; i++) bytes[i] = static_cast<uint8_t>(i * 5 + 1);
  for (const Schedule schedule : kSchedules) {
    int wrong = 0;
    emulation::run_grid(1, 64, 64 + sizeof(emulation::PhaseBarrier), schedule, [&] {
      unsigned char* copy = emulation::dynamic_shared();
      auto* barrier = reinterpret_cast<emulation::PhaseBarrier*>(copy + 64);
      if (threadIdx.x == 0) barrier->init(1);
      __syncthreads();
      if (threadIdx.x == 0) {
        barrier->arrive(64);
        emulation::copy_bytes(copy, bytes, 48, barrier);
        emulation::copy_bytes(copy + 48, bytes + 48, 16, barrier);
      }
      barrier->wait(0);
      wrong += copy[threadIdx.x] != bytes[threadIdx.x];
    });
    CHECK_EQUAL(wrong, 0);
  }
  CHECK_EQUAL(fails([&] {
                auto* barrier =
                    reinterpret_cast<emulation::PhaseBarrier*>(emulation::dynamic_shared() + 64);
                barrier->init(1);
                emulation::copy_bytes(emulation::dynamic_shared(), bytes + 8, 16, barrier);
              }),
              true);
}

TEST(misused_phase_barriers_fail) {
  const auto with_barrier = [](auto body) {
    return fails([&] {
      auto* barrier = reinterpret_cast<emulation::PhaseBarrier*>(emulation::dynamic_shared());
      if (threadIdx.x != 0) return;
      barrier->init(1);
      body(barrier);
    });
  };
  CHECK_EQUAL(with_barrier([](emulation::PhaseBarrier* b) { b->wait(0); }), true);
  CHECK_EQUAL(with_barrier([](emulation::PhaseBarrier* b) { b->bytes_arrived(16); }), true);
  CHECK_EQUAL(with_barrier([](emulation::PhaseBarrier* b) {
                b->arrive(16);
                b->arrive(0);
              }),
              true);
  CHECK_EQUAL(with_barrier([](emulation::PhaseBarrier* b) {
                b->arrive(0);
                b->wait(0);
                b->arrive(0);
                b->wait(1);
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

TEST(conversion_to_16_bits_inverts_and_rounds_to_even) {
  for (int bits = 0; bits < 0x10000; bits++) {
    const __half half{static_cast<uint16_t>(bits)};
    if ((bits & 0x7fff) <= 0x7c00) CHECK_EQUAL(__float2half_rn(__half2float(half)).bits, half.bits);
    const __nv_bfloat16 brain{static_cast<uint16_t>(bits)};
    if ((bits & 0x7fff) <= 0x7f80) {
      CHECK_EQUAL(__float2bfloat16_rn(__bfloat162float(brain)).bits, brain.bits);
    }
  }
  CHECK_EQUAL(__float2half_rn(1.0f + 0x1p-11f).bits, 0x3c00);  // ties
  CHECK_EQUAL(__float2half_rn(1.0f + 0x3p-11f).bits, 0x3c02);
  CHECK_EQUAL(__float2half_rn(2.0f - 0x1p-11f).bits, 0x4000);  // carries into the exponent
  CHECK_EQUAL(__float2half_rn(0x1p-14f - 0x1p-25f).bits, 0x0400);
  CHECK_EQUAL(__float2half_rn(0x1p-25f).bits, 0);
  CHECK_EQUAL(__float2half_rn(65519.9f).bits, 0x7bff);
  CHECK_EQUAL(__float2half_rn(-65520.0f).bits, 0xfc00);
  CHECK_EQUAL(__float2bfloat16_rn(1.0f + 0x1p-8f).bits, 0x3f80);
  CHECK_EQUAL(__float2bfloat16_rn(1.0f + 0x3p-8f).bits, 0x3f82);
}

// 2^32 threads and more: 32 lanes each of more rows than emulation comes to.
TEST(rows_are_counted_where_threads_are_beyond_32_bits) {
  blockDim = dim3(128);
  blockIdx = dim3((1u << 25) + 3);
  threadIdx = dim3(70);
  CHECK_EQUAL(viditq::row_of_warp(), (1 << 27) + 14);
}

}  // namespace
