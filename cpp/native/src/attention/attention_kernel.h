// softmax(scale q k^T + bias) v for one task, a block of keys at a time with a running maximum and
// sum: M. Milakov and N. Gimelshein, "Online normalizer calculation for softmax", 2018; T. Dao et
// al., "FlashAttention", 2022. Only a block of the scores exists at any time.
//
// Everything is computed transposed, with a query per lane: scores^T = k q^T and out^T = v^T
// weights^T. So keys and values are read where they lie, one value at a time for a panel of
// queries, and maxima and sums need no step across lanes; only q and out are turned over, once per
// task.
#pragma once

#include "attention/attention_prefetch.h"
#include "attention/attention_task.h"
#include "attention/product_tile.h"
#include "simd/exponential.h"
#include "simd/transpose.h"

namespace viditq {
namespace {

// Keys of a block: their scores for a panel of queries stay in the first-level cache. A multiple of
// every kTileRows.
constexpr int64_t kKeyBlock = 132;
static_assert(kQueryUnit % kPanel == 0, "tasks consist of panels");

// Where the parts of a task's working memory lie; offsets in floats, each a multiple of a panel.
struct AttentionScratch {
  int64_t q;        // [panels][d, kPanel]
  int64_t k;        // [kKeyBlock, d]
  int64_t v;        // [kKeyBlock, dv]
  int64_t scores;   // [kKeyBlock, kPanel]
  int64_t out;      // [panels][dv, kPanel]
  int64_t maximum;  // [panels][kPanel]
  int64_t sum;      // [panels][kPanel]
  int64_t total;

  AttentionScratch(int64_t queries, int64_t d, int64_t dv) {
    const int64_t padded = (queries + kPanel - 1) / kPanel * kPanel;
    q = 0;
    k = q + padded * d;
    v = k + kKeyBlock * d;
    scores = v + kKeyBlock * dv;
    out = scores + kKeyBlock * kPanel;
    maximum = out + padded * dv;
    sum = maximum + padded;
    total = sum + padded;
  }
};

inline int64_t attention_scratch(int64_t queries, int64_t d, int64_t dv) {
  return AttentionScratch(queries, d, dv).total;
}

// What products multiply. Scores are scaled behind the rounding of q, in float32.
struct Exact {
  static Vec of(Vec v) { return v; }
};

// Rounded to bfloat16, to nearest, ties to even; NaN and infinity stay what they are.
struct Rounded {
  static Vec of(Vec v) {
    UnsignedVec bits;
    std::memcpy(&bits, &v, sizeof(bits));
    const UnsignedVec magnitude = bits & 0x7fffffff;
    const UnsignedVec rounded = (bits + 0x7fff + (bits >> 16 & 1)) & 0xffff0000;
    bits = magnitude >= 0x7f800000 ? bits : rounded;
    std::memcpy(&v, &bits, sizeof(v));
    return v;
  }
};

// scale * q^T of the panel that starts at query `first`; zeros beyond the last query.
template <typename Form>
inline void pack_queries(const AttentionTask& t, float scale, int64_t first, float* to) {
  for (int64_t column = 0; column < kPanel; column += kWidth) {
    const float* from = t.q + (first + column) * t.q_step;
    const int64_t present = t.queries - first - column;
    for_each_vector(t.d, [&](int64_t i, int64_t lanes) {
      Vec square[kWidth];
      for (int64_t row = 0; row < kWidth; row++) {
        square[row] =
            row < present ? Form::of(load_lanes(from + row * t.q_step + i, lanes)) : Vec{};
      }
      transpose(square);
      for (int64_t row = 0; row < lanes; row++) {
        store(to + (i + row) * kPanel + column, square[row] * scale);
      }
    });
  }
}

// Rows one after the other. In place they lie a multiple of a page apart in many models: too far
// for the processor to fetch them ahead, and on too few lines of the first-level cache.
template <typename Form>
inline void pack_rows(const float* from, int64_t step, int64_t rows, int64_t count, float* to) {
  for (int64_t row = 0; row < rows; row++) {
    for_each_vector(count, [&](int64_t i, int64_t lanes) {
      store_lanes(to + row * count + i, lanes, Form::of(load_lanes(from + row * step + i, lanes)));
    });
  }
}

// Adds the bias of keys first_key.. to the scores of the panel that starts at query `first`.
inline void add_bias(const AttentionTask& t, int64_t first, int64_t first_key, int64_t count,
                     float* scores) {
  const float* bias = t.bias + first * t.bias_query_step + first_key * t.bias_key_step;
  const int64_t queries = t.queries - first < kPanel ? t.queries - first : kPanel;
  for (int64_t key = 0; key < count; key++) {
    float* row = scores + key * kPanel;
    const float* of_key = bias + key * t.bias_key_step;
    if (t.bias_query_step == 0) {
      store(row, load(row) + *of_key);
      store(row + kWidth, load(row + kWidth) + *of_key);
    } else {
      for (int64_t i = 0; i < queries; i++) row[i] += of_key[i * t.bias_query_step];
    }
  }
}

// A panel's maxima, sums or factors.
struct PanelRow {
  Vec left{};
  Vec right{};

  static PanelRow of(const float* from) { return {load(from), load(from + kWidth)}; }
  void store_to(float* to) const {
    store(to, left);
    store(to + kWidth, right);
  }
};

inline bool same(Vec a, Vec b) {
  const IntVec differs = a != b;
  int32_t any = 0;
  for (int64_t i = 0; i < kWidth; i++) any |= differs[i];
  return any == 0;
}

// The largest of `start` and the scores of each query.
inline PanelRow largest(const float* scores, int64_t count, const PanelRow& start) {
  PanelRow even = start;
  PanelRow odd = start;
  int64_t key = 0;
  for (; key + 2 <= count; key += 2) {
    const float* row = scores + key * kPanel;
    even.left = max(even.left, load(row));
    even.right = max(even.right, load(row + kWidth));
    odd.left = max(odd.left, load(row + kPanel));
    odd.right = max(odd.right, load(row + kPanel + kWidth));
  }
  if (key < count) {
    even.left = max(even.left, load(scores + key * kPanel));
    even.right = max(even.right, load(scores + key * kPanel + kWidth));
  }
  return {max(even.left, odd.left), max(even.right, odd.right)};
}

// Weights of scores, by their distance x <= 0 from the largest one; 2e-38, which no sum notices,
// for all that are far below.
struct NaturalWeights {
  static Vec of(Vec x) { return normal_exponential(max(x, broadcast(kLeastPower))); }
};

// Of scores that were scaled by log2 e, too.
struct BinaryWeights {
  static Vec of(Vec x) { return normal_power_of_two(max(x, broadcast(kLeastBinaryPower))); }
};

// Replaces scores by their weights, in the form that is multiplied; returns the sums of these as
// they were.
template <typename Weights, typename Form>
inline PanelRow exponentiate(float* scores, int64_t count, const PanelRow& maximum) {
  PanelRow sum;
  for (int64_t key = 0; key < count; key++) {
    float* row = scores + key * kPanel;
    const Vec left = Weights::of(load(row) - maximum.left);
    const Vec right = Weights::of(load(row + kWidth) - maximum.right);
    store(row, Form::of(left));
    store(row + kWidth, Form::of(right));
    sum.left += left;
    sum.right += right;
  }
  return sum;
}

// The online softmax update: takes a block of scores into the panel's running maximum, sum and
// output; scores become weights.
template <typename Weights, typename Form>
inline void update_online_softmax(float* scores, int64_t count, bool first_block, int64_t dv,
                                  float* maximum, float* sum, float* out) {
  if (first_block) {
    const PanelRow high = largest(scores, count, PanelRow::of(scores));
    high.store_to(maximum);
    exponentiate<Weights, Form>(scores, count, high).store_to(sum);
    return;
  }
  const PanelRow before = PanelRow::of(maximum);
  const PanelRow high = largest(scores, count, before);
  PanelRow total = PanelRow::of(sum);
  if (!same(before.left, high.left) || !same(before.right, high.right)) {
    const PanelRow shrink{Weights::of(before.left - high.left),
                          Weights::of(before.right - high.right)};
    high.store_to(maximum);
    total.left *= shrink.left;
    total.right *= shrink.right;
    for (int64_t i = 0; i < dv; i++) {
      float* row = out + i * kPanel;
      store(row, load(row) * shrink.left);
      store(row + kWidth, load(row + kWidth) * shrink.right);
    }
  }
  const PanelRow added = exponentiate<Weights, Form>(scores, count, high);
  total.left += added.left;
  total.right += added.right;
  total.store_to(sum);
}

// out / sum of the panel that starts at query `first`, a row per query.
inline void unpack_output(const AttentionTask& t, int64_t first, const float* out,
                          const float* sum) {
  for (int64_t column = 0; column < kPanel; column += kWidth) {
    float* to = t.out + (first + column) * t.v_step;
    const int64_t present = t.queries - first - column;
    const Vec factor = 1.0f / load(sum + column);
    for_each_vector(t.dv, [&](int64_t i, int64_t lanes) {
      Vec square[kWidth];
      for (int64_t row = 0; row < kWidth; row++) {
        square[row] = row < lanes ? load(out + (i + row) * kPanel + column) * factor : Vec{};
      }
      transpose(square);
      for (int64_t row = 0; row < kWidth && row < present; row++) {
        store_lanes(to + row * t.v_step + i, lanes, square[row]);
      }
    });
  }
}

// By the weights of scores that scale q k^T + bias makes.
template <typename Weights, typename Form>
inline void attend_by(const AttentionTask& t, float scale, float* scratch) {
  const AttentionScratch at(t.queries, t.d, t.dv);
  float* scores = scratch + at.scores;
  for (int64_t key = 0; key < t.keys; key += kKeyBlock) {
    const int64_t count = t.keys - key < kKeyBlock ? t.keys - key : kKeyBlock;
    pack_rows<Form>(t.k + key * t.k_step, t.k_step, count, t.d, scratch + at.k);
    pack_rows<Form>(t.v + key * t.v_step, t.v_step, count, t.dv, scratch + at.v);
    const Strided keys{scratch + at.k, t.d, 1};
    const Strided values{scratch + at.v, 1, t.dv};
    for (int64_t first = 0; first < t.queries; first += kPanel) {
      float* q = scratch + at.q + first * t.d;
      float* out = scratch + at.out + first * t.dv;
      float* sum = scratch + at.sum + first;
      AttentionPrefetch prefetch(t, key, kKeyBlock, first, kPanel);
      const auto between = [&] { prefetch.some(); };
      if (key == 0) pack_queries<Form>(t, scale, first, q);
      multiply_panel<false>(keys, count, q, t.d, scores, between);
      if (t.bias != nullptr) add_bias(t, first, key, count, scores);
      update_online_softmax<Weights, Form>(scores, count, key == 0, t.dv,
                                           scratch + at.maximum + first, sum, out);
      if (key == 0) {
        multiply_panel<false>(values, t.dv, scores, count, out, between);
      } else {
        multiply_panel<true>(values, t.dv, scores, count, out, between);
      }
      if (key + count == t.keys) unpack_output(t, first, out, sum);
    }
  }
}

template <typename Form>
inline void attend_in(const AttentionTask& t, float* scratch) {
  // Models mask keys by a bias of the least float32, too low to be scaled.
  if (t.bias != nullptr) {
    attend_by<NaturalWeights, Form>(t, t.scale, scratch);
  } else {
    attend_by<BinaryWeights, Form>(t, t.scale * 1.44269504088896341f, scratch);
  }
}

inline void attend(const AttentionTask& t, float* scratch) { attend_in<Exact>(t, scratch); }

inline void attend_rounded(const AttentionTask& t, float* scratch) {
  attend_in<Rounded>(t, scratch);
}

}  // namespace
}  // namespace viditq
