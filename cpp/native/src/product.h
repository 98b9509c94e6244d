// The integer product of rows of activation codes and packed weights, cut into blocks that stay in
// the caches: a block of rows in the second level, a block of weights in the first.
#pragma once

#include <cstdint>

#include "packed_weights.h"

namespace viditq {

// Rows of a block; a multiple of every tile's rows. They share each block of weights that comes from
// the far caches: with fewer rows, it comes more often than the products hide.
constexpr int64_t kBlockRows = 256;

// Inner positions of a block; a multiple of every tile's inner step. 768 x 48 bytes of weights are
// three quarters of a first-level cache.
constexpr int64_t kBlockInner = 768;

// What one thread computes in.
struct Workspace {
  // Sums of a block of rows and one panel, [rows, tile.channels].
  alignas(64) int32_t sums[kBlockRows * kMaxTileChannels];
  // A block of nibbles as bytes.
  alignas(64) int8_t weights[kBlockInner * kMaxTileChannels];
  // The last rows, where a tile would read beyond them.
  alignas(64) uint8_t rows[kMaxTileRows * kBlockInner];
};

// Unsigned activation codes [count, inner], count at most kBlockRows; one after the other.
struct RowBlock {
  const uint8_t* codes;
  int64_t count;
};

// Where the finished product of a panel will be written: rows of `bytes`, `step` bytes apart. Its lines
// are asked for while the products are computed. No bytes: nowhere yet.
struct PanelOutput {
  const char* first = nullptr;
  int64_t step = 0;
  int64_t bytes = 0;
};

// workspace->sums = sums of products of the packed codes of one panel. Between begin and end of the
// tile.
void multiply_panel(const RowBlock& a, const viditq_weights& weights, int64_t panel,
                    const PanelOutput& output, Workspace* workspace);

}  // namespace viditq
