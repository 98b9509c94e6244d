// The integer product of rows of activation codes and packed weights, cut so that each level of the
// memory is read as seldom as possible.
//
// The rows are cut into blocks whose codes stay in half of a second-level cache. A block of rows is
// multiplied with one panel of weights after the other; a panel, in turn, is cut along the inner
// extent into blocks that stay in the first-level cache (or the second, where a tile can bear it).
// With an inner block of a panel, all tiles of the block of rows are computed before the next inner
// block is fetched, so that weights come from far away once per block of rows, and rows once per
// panel:
//
//                                          panel 0    panel 1    panel 2
//                                         +---------+---------+---------+
//             inner block 0               |/////////|         |         |  one inner block of a
//                                         +---------+---------+---------+  panel: stays in the
//             inner block 1               |         |         |         |  first-level cache
//                                         +---------+---------+---------+
//            inner 0    inner 1
//          +----------+----------+        +---------+
//          |//////////|          | tile 0 | sums of |
//   block  +----------+----------+ tile 1 | a block |   sums of the block of rows and a panel:
//   of     |//////////|          | tile 2 | of rows |   kept from inner block to inner block
//   rows   +----------+----------+   ..   |         |
//                                         +---------+
//   a block of rows stays in the second-level cache
//
// After the last inner block, the sums of a tile are complete and its epilogue runs: in the
// micro-kernel's registers (Tile::fused_epilogue), or while the next tile is multiplied, so that
// float32 work and products overlap where a processor has units for both. Meanwhile the weights of
// the next inner block are prefetched, a share with each tile.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "gemm/packed_weights.h"

namespace viditq {

// Codes of a block of rows: half of a second-level cache.
constexpr int64_t kBlockCodes = 1200 * 1024;

// Rows of a block; multiples of every tile's rows. Fewer would wait for weights whatever the size.
constexpr int64_t kMinBlockRows = 128;
constexpr int64_t kMaxBlockRows = 512;
static_assert(kMinBlockRows % kMaxTileRows == 0 && kMaxBlockRows % kMaxTileRows == 0,
              "tiles must fill a block of rows");
static_assert(kMaxBlockInner % kMaxInnerStep == 0, "steps must fill a block of inner positions");

// Rows of the blocks that `rows` rows of weights.inner codes are best cut into, evenly: for each
// thread one, if there are enough, so that it multiplies what it has quantized and nobody else
// writes to the pages of its results.
inline int64_t block_rows(int64_t rows, const viditq_weights& weights, int64_t threads) {
  const int64_t most = std::clamp(kBlockCodes / weights.inner, kMinBlockRows, kMaxBlockRows);
  const int64_t fewest = std::min(threads, rows / weights.tile->min_thread_rows);
  const int64_t blocks = std::max((rows + most - 1) / most, fewest);
  const int64_t even = (rows + blocks - 1) / blocks;
  return (even + kMaxTileRows - 1) / kMaxTileRows * kMaxTileRows;
}

// What one thread computes in.
struct Workspace {
  // Sums of a block of rows and one panel, [rows, tile.channels].
  alignas(64) int32_t sums[kMaxBlockRows * kMaxTileChannels];
  // An inner block of nibbles as bytes.
  alignas(64) int8_t weights[kMaxBlockInner * kMaxTileChannels];
  // The last rows, where a tile would read beyond them.
  alignas(64) uint8_t rows[kMaxTileRows * kMaxBlockInner];
  // What the epilogue needs of each row; see SumBlock.
  alignas(64) int32_t zero_point_factor[kMaxBlockRows];
  alignas(64) int32_t row_sum_factor[kMaxBlockRows];
  alignas(64) int64_t gate_offset[kMaxBlockRows];
};

// Unsigned activation codes [count, inner], count at most kMaxBlockRows; one after the other.
struct RowBlock {
  const uint8_t* codes;
  int64_t count;
};

// The product of a block of rows and one panel of weights.
class PanelProduct {
 public:
  PanelProduct(const RowBlock& a, const viditq_weights& weights, int64_t panel,
               Workspace* workspace);

  // workspace->sums = sums of products of the packed codes. Calls epilogue(from, to) for rows
  // `from` to `to` - 1 when their sums are complete: those of one tile while the next one's are
  // computed. Between begin and end of the tile.
  template <typename Epilogue>
  void run(const Epilogue& epilogue) {
    run(epilogue, nullptr, nullptr);
  }

  // The same, but rows that fill a tile get their epilogue from `fused`, where it is not null, as
  // rows of `block`.
  template <typename Epilogue>
  void run(const Epilogue& epilogue, FusedMicroKernel fused, const SumBlock* block) {
    Rows<Epilogue> complete{epilogue, 0, 0};
    for (int64_t first = 0; first < weights_.padded_inner; first += inner_) {
      take_inner_block(first);
      const bool last = first + inner_ == weights_.padded_inner;
      for (int64_t m = 0; m < a_.count; m += tile_.rows) {
        if (last && fused != nullptr && m + tile_.rows <= a_.count) {
          multiply_fused(m, fused, *block);
          continue;
        }
        if (complete.none()) {
          multiply(m, nullptr, nullptr);
        } else {
          multiply(m, &Rows<Epilogue>::epilogue_share, &complete);
        }
        if (last) {
          complete.from = m;
          complete.to = std::min<int64_t>(m + tile_.rows, a_.count);
        }
      }
    }
    epilogue(complete.from, complete.to);
  }

 private:
  template <typename Epilogue>
  struct Rows {
    const Epilogue& epilogue;
    int64_t from;
    int64_t to;

    bool none() const { return from == to; }

    static void epilogue_share(void* state, int64_t share, int64_t shares) {
      const Rows& rows = *static_cast<const Rows*>(state);
      const int64_t count = rows.to - rows.from;
      const int64_t from = rows.from + count * share / shares;
      const int64_t to = rows.from + count * (share + 1) / shares;
      if (from < to) rows.epilogue(from, to);
    }
  };

  // Makes `inner_` positions of the panel from `first` on those that multiply multiplies.
  void take_inner_block(int64_t first);

  // Sums, or more sums, of the rows of one tile from m on; work as in Interleaved.
  void multiply(int64_t m, void (*work)(void* state, int64_t share, int64_t shares), void* state);

  // The last sums of the rows of one tile from m on, and their epilogue.
  void multiply_fused(int64_t m, FusedMicroKernel fused, const SumBlock& block);

  // The codes of the rows of one tile from m on, `step` bytes from row to row.
  const uint8_t* rows(int64_t m, int64_t* step);

  // Prefetches a share of the codes that follow.
  void prefetch_next();

  const RowBlock a_;
  const viditq_weights& weights_;
  const Tile& tile_;
  const uint8_t* const panel_;
  Workspace* const workspace_;
  // Rows, a multiple of the tile's, whose codes may be read where they lie.
  const int64_t in_place_;

  int64_t first_ = 0;
  int64_t inner_ = 0;
  // Codes of the inner block as bytes, unpacked if they are nibbles.
  const int8_t* block_ = nullptr;
  // The codes that follow, whether of this panel or the next, and how many bytes of them each tile
  // prefetches.
  const uint8_t* next_ = nullptr;
  int64_t next_share_ = 0;
};

}  // namespace viditq
