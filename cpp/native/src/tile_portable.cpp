#include "tile.h"

namespace viditq {
namespace {

constexpr int kRows = 4;
constexpr int kChannels = 16;

void multiply(const uint8_t* a, const int8_t* w, int64_t steps, int32_t* sums) {
  for (int i = 0; i < kRows * kChannels; i++) sums[i] = 0;
  for (int64_t step = 0; step < steps; step++) {
    for (int m = 0; m < kRows; m++) {
      for (int n = 0; n < kChannels; n++) {
        int32_t sum = 0;
        for (int k = 0; k < kStep; k++) sum += a[m * kStep + k] * w[n * kStep + k];
        sums[m * kChannels + n] += sum;
      }
    }
    a += kRows * kStep;
    w += kChannels * kStep;
  }
}

}  // namespace

const Tile kPortableTile{kRows, kChannels, multiply};

}  // namespace viditq
