// 32 rows x 32 channels in 4 tile registers; 2 of activations, 2 of weights.
#include "gemm/tile.h"
#include "gemm/unpack_nibbles.h"
#include "simd/amx_registers.h"

namespace viditq {
namespace {

constexpr int kRows = 32;
constexpr int kChannels = 32;

// Twice 20 KB: the weights, and the rows that are multiplied with them.
constexpr int kShortBlockInner = 640;

// Tile::min_thread_rows: products are so fast that codes of other threads would keep them waiting.
constexpr int kFewThreadRows = 128;

constexpr int64_t kLine = 64;  // of the caches

// Steps of products for each share of other work: enough that a share outweighs what it costs to
// begin one, few enough that the processor overlaps the two.
constexpr int64_t kStepsPerShare = 3;

void multiply_interleaved(const uint8_t* a, int64_t a_step, const int8_t* w, int64_t inner,
                          bool accumulate, int32_t* sums, const Interleaved& interleaved) {
  constexpr int64_t kSumsStep = kChannels * sizeof(int32_t);
  // 16 steps of 32 channels: rows of a weight tile are one step of 16 channels.
  constexpr int64_t kWeightStep = kChannels * kStep;
  const uint8_t* lower_a = a + kRegisterRows * a_step;
  int32_t* lower = sums + kRegisterRows * kChannels;
  if (accumulate) {
    _tile_loadd(0, sums, kSumsStep);
    _tile_loadd(1, sums + kRegisterWords, kSumsStep);
    _tile_loadd(2, lower, kSumsStep);
    _tile_loadd(3, lower + kRegisterWords, kSumsStep);
  } else {
    _tile_zero(0);
    _tile_zero(1);
    _tile_zero(2);
    _tile_zero(3);
  }
  const int64_t steps = inner / kRegisterBytes;
  const int64_t shares = (steps + kStepsPerShare - 1) / kStepsPerShare;
  const uint8_t* next_weights = interleaved.next_weights;
  for (int64_t step = 0; step < steps; step++) {
    const int64_t k = step * kRegisterBytes;
    _tile_loadd(4, a + k, a_step);
    _tile_loadd(6, w + k * kChannels, kWeightStep);
    _tile_loadd(7, w + k * kChannels + kRegisterBytes, kWeightStep);
    _tile_dpbusd(0, 4, 6);
    _tile_dpbusd(1, 4, 7);
    _tile_loadd(5, lower_a + k, a_step);
    _tile_dpbusd(2, 5, 6);
    _tile_dpbusd(3, 5, 7);
    for (int64_t line = 0; line < interleaved.prefetch_bytes; line += kLine) {
      __builtin_prefetch(next_weights + line, 0, 2);
    }
    next_weights += interleaved.prefetch_bytes;
    if (interleaved.work != nullptr && step % kStepsPerShare == 0) {
      interleaved.work(interleaved.state, step / kStepsPerShare, shares);
    }
  }
  _tile_stored(0, sums, kSumsStep);
  _tile_stored(1, sums + kRegisterWords, kSumsStep);
  _tile_stored(2, lower, kSumsStep);
  _tile_stored(3, lower + kRegisterWords, kSumsStep);
}

void multiply(const uint8_t* a, int64_t a_step, const int8_t* w, int64_t inner, bool accumulate,
              int32_t* sums) {
  multiply_interleaved(a, a_step, w, inner, accumulate, sums, {nullptr, 0, nullptr, nullptr});
}

int64_t exercise(int64_t repetitions) {
  _tile_zero(0);
  _tile_zero(1);
  _tile_zero(2);
  _tile_zero(3);
  _tile_zero(4);
  _tile_zero(5);
  _tile_zero(6);
  _tile_zero(7);
  for (int64_t i = 0; i < repetitions; i++) {
    _tile_dpbusd(0, 4, 6);
    _tile_dpbusd(1, 4, 7);
    _tile_dpbusd(2, 5, 6);
    _tile_dpbusd(3, 5, 7);
  }
  return repetitions * 4 * kRegisterRows * kRegisterWords * kRegisterBytes * 2;
}

}  // namespace

const Tile kAmxTile{kRows,          kChannels, kRegisterBytes,       kShortBlockInner,
                    kFewThreadRows, multiply,  multiply_interleaved, nullptr,
                    unpack_nibbles, exercise,  begin_tiles,          end_tiles};

}  // namespace viditq
