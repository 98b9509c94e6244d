// What attention prefetches while it multiplies.
#pragma once

#include "attention/attention_task.h"
#include "simd/prefetch.h"

namespace viditq {
namespace {

// What the products of a block of keys and a panel of queries prefetch between their tiles.
struct AttentionPrefetch {
  RowPrefetch<false> keys;     // of the next block
  RowPrefetch<false> values;   // of the next block
  RowPrefetch<false> queries;  // of the next panel
  RowPrefetch<true> out;       // of this panel

  // For the block of up to key_block keys from `key` on, the panel of `panel` queries from `first`.
  AttentionPrefetch(const AttentionTask& t, int64_t key, int64_t key_block, int64_t first,
                    int64_t panel) {
    const int64_t last_key = key + key_block;
    const int64_t next_panel = first + panel;
    const auto at_most = [](int64_t most, int64_t left) { return left < most ? left : most; };
    if (last_key < t.keys && first == 0) {
      const int64_t rows = at_most(key_block, t.keys - last_key);
      keys = {t.k + last_key * t.k_step, t.k_step, rows, t.d};
      values = {t.v + last_key * t.v_step, t.v_step, rows, t.dv};
    }
    if (key == 0 && next_panel < t.queries) {
      queries = {t.q + next_panel * t.q_step, t.q_step, at_most(panel, t.queries - next_panel),
                 t.d};
    }
    if (last_key >= t.keys) {
      out = {t.out + first * t.v_step, t.v_step, at_most(panel, t.queries - first), t.dv};
    }
  }

  void some() {
    keys.next(8);
    values.next(8);
    queries.next(3);
    out.next(3);
  }
};

}  // namespace
}  // namespace viditq
