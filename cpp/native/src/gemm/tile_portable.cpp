#include "gemm/tile.h"
#include "gemm/unpack_nibbles.h"

namespace viditq {
namespace {

constexpr int kRows = 4;
constexpr int kChannels = 16;

void multiply(const uint8_t* a, int64_t a_step, const int8_t* w, int64_t inner, bool accumulate,
              int32_t* sums) {
  for (int i = 0; i < kRows * kChannels && !accumulate; i++) sums[i] = 0;
  for (int64_t first = 0; first < inner; first += kStep) {
    for (int m = 0; m < kRows; m++) {
      const uint8_t* codes = a + m * a_step + first;
      for (int n = 0; n < kChannels; n++) {
        int32_t sum = 0;
        for (int k = 0; k < kStep; k++) sum += codes[k] * w[n * kStep + k];
        sums[m * kChannels + n] += sum;
      }
    }
    w += kChannels * kStep;
  }
}

}  // namespace

const Tile kPortableTile{kRows,   kChannels, 2 * kStep,      kBlockInner, kMinThreadRows, multiply,
                         nullptr, nullptr,   unpack_nibbles, nullptr,     nullptr,        nullptr};

}  // namespace viditq
