// The inner loop of the integer product, one implementation per instruction set.
#pragma once

#include <cstdint>

#include "finish.h"

namespace viditq {

// Inner positions that one step multiplies and adds up: the width of vpdpbusd.
constexpr int kStep = 4;

// What a tile does between its products, so that memory and the other execution units are busy,
// too.
struct Meanwhile {
  // Where to ask for weights that are multiplied soon: with each step of products, this many bytes
  // more.
  const uint8_t* weights;
  int64_t weights_step;
  // A share of other work, the first of `shares` being 0; null for none.
  void (*work)(void* state, int64_t share, int64_t shares);
  void* state;
};

// Tile::multiply, and the results of rows `row` to row + rows - 1 of `block`, whose sums are read
// where accumulate, and not written.
using MultiplyFinish = void (*)(const uint8_t* a, int64_t a_step, const int8_t* w, int64_t inner,
                                bool accumulate, const SumBlock& block, int64_t row);

// A product of rows of activation codes and one panel of weights.
struct Tile {
  int rows;
  int channels;
  // What inner extents are padded to; a multiple of kStep.
  int inner_step;
  // Inner positions after which the rows of a panel are multiplied anew, so that the weights
  // between stay in the caches: most that it should be.
  int block_inner;
  // Rows at least that make a block of a thread's own worth while: with fewer, it would fetch
  // weights more often than codes of other threads cost.
  int own_rows;

  // sums [rows, channels] = a w^T, or += where accumulate, for
  //   a [rows, inner], unsigned codes, rows a_step bytes apart,
  //   w [inner / kStep, channels, kStep], signed codes, aligned to 64 bytes;
  // inner is a multiple of inner_step.
  void (*multiply)(const uint8_t* a, int64_t a_step, const int8_t* w, int64_t inner,
                   bool accumulate, int32_t* sums);
  // The same where products have an execution unit of their own, which other work leaves idle, if
  // it is not mixed with them; null elsewhere.
  void (*multiply_meanwhile)(const uint8_t* a, int64_t a_step, const int8_t* w, int64_t inner,
                             bool accumulate, int32_t* sums, const Meanwhile& meanwhile);

  // What multiplies the last inner positions of a block's rows and makes results of sums before
  // they leave the registers; null for blocks, or tiles, of which sums are stored first.
  MultiplyFinish (*finisher)(const SumBlock& block);

  // bytes [2 * count] from nibbles [count], count a multiple of 64: of each 64 bytes the low
  // nibbles make 64 bytes, the high nibbles the next 64.
  void (*unpack_nibbles)(const uint8_t* nibbles, int64_t count, int8_t* bytes);

  // Multiplies and adds in registers only, and returns how many operations (a product and a sum are
  // two) that was; null where products are more than one instruction.
  int64_t (*exercise)(int64_t repetitions);

  // What the thread must do before and after its products; null where nothing.
  void (*begin)();
  void (*end)();
};

// Largest extents of any tile.
constexpr int kMaxTileRows = 32;
constexpr int kMaxTileChannels = 48;

constexpr int kMaxInnerStep = 64;
constexpr int kMaxBlockInner = 2304;

// Of tiles whose weights should stay in the first-level cache.
constexpr int kBlockInner = 768;

// Of tiles that multiply slower than weights arrive.
constexpr int kOwnRows = 256;

// Nibbles that are unpacked at a time.
constexpr int kNibbleRun = 64;

extern const Tile kPortableTile;
#ifdef __x86_64__
extern const Tile kAvx2Tile;
extern const Tile kAvxVnniTile;
extern const Tile kAvx512VnniTile;
extern const Tile kAmxTile;
#endif

// The tile of a VIDITQ_* instruction set; null where it is unknown or not supported here.
const Tile* tile_for(int isa);

}  // namespace viditq
