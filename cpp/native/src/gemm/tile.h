// The innermost level of the integer product: a tile of sums and the micro-kernel that computes it.
//
// A product of activation codes a [rows, inner] and weight codes w [channels, inner] is cut into
// tiles of so many rows and channels that all of a tile's int32 sums fit the registers of one
// instruction set. The micro-kernel walks along the inner extent, kStep positions at a time (those
// that one vpdpbusd multiplies and adds up): it loads kStep codes of every channel of the panel of
// weights, broadcasts kStep codes of each row, and adds their products to the sums.
//
//                                           channels (AVX-512: 48 = 3 registers of 16)
//                                       +--------------------------+
//                                       | w: one panel, packed     |
//                                 inner | [inner / kStep,          |
//                                   |   |  channels, kStep]        |
//                                   v   +--------------------------+
//                      inner -->
//          +--------------------------+ +--------------------------+
//     rows | a: codes as they lie,    | | sums: one tile,          |
//    (8)   | row after row            | | in registers             |
//          +--------------------------+ +--------------------------+
//
// A tall tile uses each loaded weight for more rows, a wide one each broadcast for more channels;
// the extents below are those that leave neither loads nor multiplications waiting. Weights are
// packed in the order in which the micro-kernel reads them (packed_weights.h), activations are read
// where the quantizer left them. product.h says which tiles are computed one after the other.
#pragma once

#include <cstdint>

#include "gemm/epilogue.h"

namespace viditq {

// Inner positions that one instruction multiplies and adds up: the width of vpdpbusd.
constexpr int kStep = 4;

// What a micro-kernel mixes with its products, so that memory and the other execution units are
// busy, too.
struct Interleaved {
  // The weights that are multiplied next, to be prefetched: this many bytes more with each step of
  // products.
  const uint8_t* next_weights;
  int64_t prefetch_bytes;
  // Share `share` of `shares` of other work, the epilogue of the tile before; null for none.
  void (*work)(void* state, int64_t share, int64_t shares);
  void* state;
};

// sums [rows, channels] = a w^T, or += where accumulate, for
//   a [rows, inner], unsigned codes, rows a_step bytes apart,
//   w [inner / kStep, channels, kStep], signed codes, aligned to 64 bytes;
// inner is a multiple of Tile::inner_step.
using MicroKernel = void (*)(const uint8_t* a, int64_t a_step, const int8_t* w, int64_t inner,
                             bool accumulate, int32_t* sums);

// The same, mixed with other work.
using InterleavedMicroKernel = void (*)(const uint8_t* a, int64_t a_step, const int8_t* w,
                                        int64_t inner, bool accumulate, int32_t* sums,
                                        const Interleaved& interleaved);

// The same with the epilogue of rows `row` to row + rows - 1 of `block`, applied while the sums are
// in registers; those of the block are read where accumulate, and not written.
using FusedMicroKernel = void (*)(const uint8_t* a, int64_t a_step, const int8_t* w, int64_t inner,
                                  bool accumulate, const SumBlock& block, int64_t row);

// The tile of one instruction set and its micro-kernels.
struct Tile {
  int rows;
  int channels;
  // What inner extents are padded to; a multiple of kStep.
  int inner_step;
  // The most inner positions of a panel that are multiplied with all rows of a block before the
  // next ones are, so that they stay in the caches (product.h).
  int block_inner;
  // The fewest rows that make a block of a thread's own worth while: with fewer, weights would be
  // fetched more often than the codes of other threads cost.
  int min_thread_rows;

  MicroKernel multiply;
  // Where products have an execution unit of their own, which other work leaves idle if it is not
  // mixed with them; null elsewhere.
  InterleavedMicroKernel multiply_interleaved;
  // What multiplies the last inner positions of a block's rows and applies the epilogue before the
  // sums leave the registers; null for blocks, or tiles, of which sums are stored first.
  FusedMicroKernel (*fused_epilogue)(const SumBlock& block);

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

// Tile::block_inner where weights should stay in the first-level cache.
constexpr int kBlockInner = 768;

// Tile::min_thread_rows where products take longer than weights need to arrive.
constexpr int kMinThreadRows = 256;

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
