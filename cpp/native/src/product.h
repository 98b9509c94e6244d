// The integer product of rows of activation codes and packed weights, cut into blocks that stay in
// the caches: a block of rows in the second level, a block of weights in the first.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "packed_weights.h"

namespace viditq {

// Codes of a block of rows, which share each block of weights that comes from the far caches: half
// of a second-level cache.
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
  const int64_t fewest = std::min(threads, rows / weights.tile->own_rows);
  const int64_t blocks = std::max((rows + most - 1) / most, fewest);
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
  // What SumBlock wants to know of each row.
  alignas(64) int32_t zero_point_factors[kMaxBlockRows];
  alignas(64) int32_t code_sum_factors[kMaxBlockRows];
  alignas(64) int64_t gate_offsets[kMaxBlockRows];
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

  // workspace->sums = sums of products of the packed codes. Calls finish(from, to) for rows `from`
  // to `to` - 1 when their sums are complete: those of one tile while the next one's are computed.
  // Between begin and end of the tile.
  template <typename Finish>
  void run(const Finish& finish) {
    run(finish, nullptr, nullptr);
  }

  // The same, but rows that fill a tile are finished by `direct`, where it is not null, as rows of
  // `block`.
  template <typename Finish>
  void run(const Finish& finish, MultiplyFinish direct, const SumBlock* block) {
    Rows<Finish> complete{finish, 0, 0};
    for (int64_t first = 0; first < weights_.padded_inner; first += inner_) {
      take_inner_block(first);
      const bool last = first + inner_ == weights_.padded_inner;
      for (int64_t m = 0; m < a_.count; m += tile_.rows) {
        if (last && direct != nullptr && m + tile_.rows <= a_.count) {
          multiply_finish(m, direct, *block);
          continue;
        }
        if (complete.none()) {
          multiply(m, nullptr, nullptr);
        } else {
          multiply(m, &Rows<Finish>::finish_share, &complete);
        }
        if (last) {
          complete.from = m;
          complete.to = std::min<int64_t>(m + tile_.rows, a_.count);
        }
      }
    }
    finish(complete.from, complete.to);
  }

 private:
  template <typename Finish>
  struct Rows {
    const Finish& finish;
    int64_t from;
    int64_t to;

    bool none() const { return from == to; }

    static void finish_share(void* state, int64_t share, int64_t shares) {
      const Rows& rows = *static_cast<const Rows*>(state);
      const int64_t count = rows.to - rows.from;
      const int64_t from = rows.from + count * share / shares;
      const int64_t to = rows.from + count * (share + 1) / shares;
      if (from < to) rows.finish(from, to);
    }
  };

  // Makes `inner_` positions of the panel from `first` on those that multiply multiplies.
  void take_inner_block(int64_t first);

  // Sums, or more sums, of the rows of one tile from m on; work as in Meanwhile.
  void multiply(int64_t m, void (*work)(void* state, int64_t share, int64_t shares), void* state);

  // The last sums of the rows of one tile from m on, and their results.
  void multiply_finish(int64_t m, MultiplyFinish direct, const SumBlock& block);

  // The codes of the rows of one tile from m on, `step` bytes from row to row.
  const uint8_t* rows(int64_t m, int64_t* step);

  // Asks for a share of the codes that follow.
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
  // The codes that follow, whether of this panel or the next; each multiplication asks for a share.
  const uint8_t* next_ = nullptr;
  int64_t next_share_ = 0;
};

}  // namespace viditq
