// The inner loop of the integer product, one implementation per instruction set.
#pragma once

#include <cstdint>

namespace viditq {

// Inner positions that one step multiplies and adds up: the width of vpdpbusd.
constexpr int kStep = 4;

// sums [rows, channels] = products of one panel of activations and one of weights, where
//   a [steps, rows, kStep] are unsigned codes,
//   w [steps, channels, kStep] are signed codes, aligned to 64 bytes.
struct Tile {
  int rows;
  int channels;
  void (*multiply)(const uint8_t* a, const int8_t* w, int64_t steps, int32_t* sums);
};

// Largest rows * channels of any tile.
constexpr int kMaxTile = 6 * 64;

extern const Tile kPortableTile;
#ifdef __x86_64__
extern const Tile kAvx2Tile;
extern const Tile kAvxVnniTile;
extern const Tile kAvx512VnniTile;
#endif

// The tile of a VIDITQ_* instruction set; null where it is unknown or not supported here.
const Tile* tile_for(int isa);

}  // namespace viditq
