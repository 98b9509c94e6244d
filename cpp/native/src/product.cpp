#include "product.h"

namespace viditq {
namespace {

// Weights of one block, as bytes.
const int8_t* weight_block(const viditq_weights& w, const uint8_t* panel, int64_t first,
                           int64_t inner, Workspace* workspace) {
  const uint8_t* block = panel + w.panel_bytes(first);
  if (!w.nibbles) return reinterpret_cast<const int8_t*>(block);
  w.tile->unpack_nibbles(block, w.panel_bytes(inner), workspace->weights);
  return workspace->weights;
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

InnerBlock inner_block(const viditq_weights& w, int64_t panel, int64_t first,
                       Workspace* workspace) {
  const int64_t inner = std::min(w.block_inner, w.padded_inner - first);
  const uint8_t* codes = w.panels.get() + panel * w.panel_bytes();
  return {first, inner, weight_block(w, codes, first, inner, workspace)};
}

// A tile reads each row up to padded_inner: weights there are zeros, and meet the first codes of the
// rows that follow.
int64_t rows_in_place(const RowBlock& a, const viditq_weights& w) {
  const int64_t beyond = (w.padded_inner - 1) / w.inner;  // rows that follow and are read
  return std::max<int64_t>(a.count - beyond, 0) / w.tile->rows * w.tile->rows;
}

void multiply_tile(const RowBlock& a, const viditq_weights& w, const InnerBlock& block, int64_t m,
                   bool in_place, Workspace* workspace) {
  const Tile& tile = *w.tile;
  if (!in_place) copy_rows(a, w, m, block.first, block.inner, workspace->rows);
  tile.multiply(in_place ? a.codes + m * w.inner + block.first : workspace->rows,
                in_place ? w.inner : block.inner, block.weights, block.inner, block.first > 0,
                workspace->sums + m * tile.channels);
}

}  // namespace viditq
