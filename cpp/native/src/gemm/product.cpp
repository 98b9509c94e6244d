#include "gemm/product.h"

namespace viditq {
namespace {

constexpr int64_t kLine = 64;

int64_t round_up(int64_t value, int64_t step) { return (value + step - 1) / step * step; }

// A tile reads each row up to padded_inner: weights there are zeros, and meet the first codes of
// the rows that follow.
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

PanelProduct::PanelProduct(const RowBlock& a, const viditq_weights& weights, int64_t panel,
                           Workspace* workspace)
    : a_(a),
      weights_(weights),
      tile_(*weights.tile),
      panel_(weights.panels.get() + panel * weights.panel_bytes()),
      workspace_(workspace),
      in_place_(rows_in_place(a, weights)) {}

void PanelProduct::take_inner_block(int64_t first) {
  first_ = first;
  inner_ = std::min(weights_.block_inner, weights_.padded_inner - first);
  const uint8_t* codes = panel_ + weights_.panel_bytes(first);
  const int64_t bytes = weights_.panel_bytes(inner_);
  if (weights_.nibbles) {
    tile_.unpack_nibbles(codes, bytes, workspace_->weights);
    block_ = workspace_->weights;
  } else {
    block_ = reinterpret_cast<const int8_t*>(codes);
  }
  next_ = codes + bytes;
  const int64_t left = weights_.panels.get() + weights_.bytes() - next_;
  const int64_t next_bytes = std::min(weights_.panel_bytes(weights_.block_inner), left);
  const int64_t tiles = (a_.count + tile_.rows - 1) / tile_.rows;
  next_share_ = round_up((next_bytes + tiles - 1) / tiles, kLine);
}

const uint8_t* PanelProduct::rows(int64_t m, int64_t* step) {
  if (m < in_place_) {
    *step = weights_.inner;
    return a_.codes + m * weights_.inner + first_;
  }
  copy_rows(a_, weights_, m, first_, inner_, workspace_->rows);
  *step = inner_;
  return workspace_->rows;
}

void PanelProduct::prefetch_next() {
  for (int64_t i = 0; i < next_share_; i += kLine) __builtin_prefetch(next_ + i, 0, 2);
  next_ += next_share_;
}

void PanelProduct::multiply(int64_t m, void (*work)(void* state, int64_t share, int64_t shares),
                            void* state) {
  int64_t codes_step;
  const uint8_t* codes = rows(m, &codes_step);
  int32_t* sums = workspace_->sums + m * tile_.channels;
  if (tile_.multiply_interleaved != nullptr) {
    const int64_t steps = inner_ / tile_.inner_step;
    const int64_t share = round_up((next_share_ + steps - 1) / steps, kLine);
    const Interleaved interleaved{next_, share, work, state};
    tile_.multiply_interleaved(codes, codes_step, block_, inner_, first_ > 0, sums, interleaved);
    next_ += interleaved.prefetch_bytes * steps;
    return;
  }
  tile_.multiply(codes, codes_step, block_, inner_, first_ > 0, sums);
  prefetch_next();
  if (work != nullptr) work(state, 0, 1);
}

void PanelProduct::multiply_fused(int64_t m, FusedMicroKernel fused, const SumBlock& block) {
  int64_t codes_step;
  const uint8_t* codes = rows(m, &codes_step);
  fused(codes, codes_step, block_, inner_, first_ > 0, block, m);
  prefetch_next();
}

}  // namespace viditq
