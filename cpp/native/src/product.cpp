#include "product.h"

#include <algorithm>
#include <cstring>

namespace viditq {
namespace {

static_assert(kBlockRows % kMaxTileRows == 0, "tiles must fill a block of rows");
static_assert(kBlockInner % kMaxInnerStep == 0, "steps must fill a block of inner positions");

// Weights of one block, as bytes.
const int8_t* weight_block(const viditq_weights& w, const uint8_t* panel, int64_t first,
                           int64_t inner, Workspace* workspace) {
  const uint8_t* block = panel + w.panel_bytes(first);
  if (!w.nibbles) return reinterpret_cast<const int8_t*>(block);
  w.tile->unpack_nibbles(block, w.panel_bytes(inner), workspace->weights);
  return workspace->weights;
}

constexpr int64_t kLine = 64;

// To be written.
void prefetch_output(const PanelOutput& output, int64_t from_row, int64_t to_row) {
  for (int64_t m = from_row; m < to_row; m++) {
    for (int64_t i = 0; i < output.bytes; i += kLine) {
      __builtin_prefetch(output.first + m * output.step + i, 1, 3);
    }
  }
}

// Asks for a share of the next block of weights, so that it is near when its turn comes.
void prefetch_share(const uint8_t* block, int64_t bytes, int64_t share, int64_t shares) {
  const int64_t lines = bytes / kLine;
  for (int64_t i = lines * share / shares; i < lines * (share + 1) / shares; i++) {
    __builtin_prefetch(block + i * kLine, 0, 2);
  }
}

// Rows, a multiple of the tile's, whose codes may be read where they lie. A tile reads each row up to
// padded_inner: weights there are zeros, and meet the first codes of the rows that follow.
int64_t rows_in_place(const RowBlock& a, const viditq_weights& w) {
  const int64_t beyond = (w.padded_inner - 1) / w.inner;  // rows that follow and are read
  return std::max<int64_t>(a.count - beyond, 0) / w.tile->rows * w.tile->rows;
}

// Rows from m on, as many as a tile has, zeros where there are none.
void copy_rows(const RowBlock& a, const viditq_weights& w, int64_t m, int64_t first, int64_t inner,
               uint8_t* rows) {
  const int64_t present = std::min(inner, w.inner - first);
  for (int64_t i = 0; i < w.tile->rows; i++) {
    uint8_t* row = rows + i * inner;
    const int64_t codes = m + i < a.count ? present : 0;
    if (codes > 0) std::memcpy(row, a.codes + (m + i) * w.inner + first, codes);
    std::memset(row + codes, 0, inner - codes);
  }
}

}  // namespace

void multiply_panel(const RowBlock& a, const viditq_weights& w, int64_t panel,
                    const PanelOutput& output, Workspace* workspace) {
  const Tile& tile = *w.tile;
  const uint8_t* panel_codes = w.panels.get() + panel * w.panel_bytes();
  const int64_t in_place = rows_in_place(a, w);
  for (int64_t first = 0; first < w.padded_inner; first += kBlockInner) {
    const int64_t inner = std::min(kBlockInner, w.padded_inner - first);
    const int8_t* weights = weight_block(w, panel_codes, first, inner, workspace);
    const uint8_t* next = panel_codes + w.panel_bytes(first + inner);
    const int64_t next_bytes =
        std::min(w.panel_bytes(kBlockInner), w.panels.get() + w.bytes() - next);
    for (int64_t m = 0; m < a.count; m += tile.rows) {
      const bool copied = m >= in_place;
      if (copied) copy_rows(a, w, m, first, inner, workspace->rows);
      tile.multiply(copied ? workspace->rows : a.codes + m * w.inner + first,
                    copied ? inner : w.inner, weights, inner, first > 0,
                    workspace->sums + m * tile.channels);
      if (first == 0) prefetch_output(output, m, std::min(a.count, m + tile.rows));
      prefetch_share(next, next_bytes, m / tile.rows, kBlockRows / tile.rows);
    }
  }
}

}  // namespace viditq
