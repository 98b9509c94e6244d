// The integer product of rows of activation codes and packed weights, cut into blocks that stay in
// the caches: a block of rows in the second level, a block of weights in the first.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "packed_weights.h"

namespace viditq {

// Codes of a block of rows, which share each block of weights that comes from the far caches: half of
// a second-level cache.
constexpr int64_t kBlockCodes = 1200 * 1024;

// Rows of a block; multiples of every tile's rows. Fewer would wait for weights whatever the size.
constexpr int64_t kMinBlockRows = 128;
constexpr int64_t kMaxBlockRows = 1024;
static_assert(kMinBlockRows % kMaxTileRows == 0 && kMaxBlockRows % kMaxTileRows == 0,
              "tiles must fill a block of rows");
static_assert(kMaxBlockInner % kMaxInnerStep == 0, "steps must fill a block of inner positions");

// Rows of the blocks that `rows` rows of `inner` codes are best cut into, evenly.
inline int64_t block_rows(int64_t rows, int64_t inner) {
  const int64_t most = std::clamp(kBlockCodes / inner, kMinBlockRows, kMaxBlockRows);
  const int64_t blocks = (rows + most - 1) / most;
  const int64_t even = (rows + blocks - 1) / blocks;
  return (even + kMaxTileRows - 1) / kMaxTileRows * kMaxTileRows;
}

// What one thread computes in.
struct Workspace {
  // Sums of a block of rows and one panel, [rows, tile.channels].
  alignas(64) int32_t sums[kMaxBlockRows * kMaxTileChannels];
  // A block of nibbles as bytes.
  alignas(64) int8_t weights[kMaxBlockInner * kMaxTileChannels];
  // The last rows, where a tile would read beyond them.
  alignas(64) uint8_t rows[kMaxTileRows * kMaxBlockInner];
};

// Unsigned activation codes [count, inner], count at most kMaxBlockRows; one after the other.
struct RowBlock {
  const uint8_t* codes;
  int64_t count;
};

// A block of inner positions of one panel.
struct InnerBlock {
  int64_t first;
  int64_t inner;
  const int8_t* weights;
};

// Codes of the block as bytes, unpacked if they are nibbles.
InnerBlock inner_block(const viditq_weights& weights, int64_t panel, int64_t first,
                       Workspace* workspace);

// Rows, a multiple of the tile's, whose codes may be read where they lie.
int64_t rows_in_place(const RowBlock& a, const viditq_weights& weights);

// Sums, or more sums, of the rows of one tile from m on.
void multiply_tile(const RowBlock& a, const viditq_weights& weights, const InnerBlock& block,
                   int64_t m, bool in_place, Workspace* workspace);

// workspace->sums = sums of products of the packed codes of one panel. Calls finish(m, rows) as soon
// as the sums of rows m to m + rows - 1 are complete, but for one tile: while one tile's sums are
// finished, the next tile's are computed where products have an execution unit of their own. Between
// begin and end of the tile.
template <typename Finish>
void multiply_panel(const RowBlock& a, const viditq_weights& w, int64_t panel, Workspace* workspace,
                    const Finish& finish) {
  const int64_t tile_rows = w.tile->rows;
  const int64_t in_place = rows_in_place(a, w);
  for (int64_t first = 0; first < w.padded_inner;) {
    const InnerBlock block = inner_block(w, panel, first, workspace);
    first += block.inner;
    const bool last = first == w.padded_inner;
    for (int64_t m = 0; m < a.count; m += tile_rows) {
      multiply_tile(a, w, block, m, m < in_place, workspace);
      if (last && m > 0) finish(m - tile_rows, tile_rows);
    }
  }
  const int64_t rest = (a.count - 1) / tile_rows * tile_rows;
  finish(rest, a.count - rest);
}

}  // namespace viditq
