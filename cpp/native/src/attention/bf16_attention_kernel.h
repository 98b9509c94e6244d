// Attention whose products are those of bfloat16 by AVX512_BF16, for one task: as
// attention_kernel.h, whose softmax it has, but with two values of q, k, the weights and v in a
// word of 32 bits, whose products and sums are one instruction. With VIDITQ_AMX, by AMX-BF16:
// products are those of tile registers, which words and rows are padded for.
#pragma once

#include <type_traits>

#include "attention/attention_kernel.h"
#ifdef VIDITQ_AMX
#include "attention/amx_products.h"
#endif
#include "dense/bfloat16.h"

namespace viditq {
namespace {

constexpr int64_t kPairBlock = 128;  // keys, whose weights fill whole words

#ifndef VIDITQ_AMX
constexpr int64_t kWordUnit = 1;
constexpr int64_t kRowUnit = 1;
#endif

constexpr int64_t pairs_of(int64_t values) {
  return (values + 2 * kWordUnit - 1) / (2 * kWordUnit) * kWordUnit;
}

// Of a panel's output [dv, kPanel].
constexpr int64_t output_rows(int64_t dv) { return (dv + kRowUnit - 1) / kRowUnit * kRowUnit; }

// Where the parts of a task's working memory lie; offsets in floats, each a multiple of a panel.
struct Bf16Scratch {
  int64_t row;      // [kPanel, pairs of d]
  int64_t q;        // [panels][pairs of d, kPanel]
  int64_t k;        // [kPairBlock, pairs of d]
  int64_t v;        // [dv, pairs of kPairBlock]
  int64_t scores;   // [kPairBlock, kPanel]
  int64_t weights;  // [pairs of kPairBlock, kPanel]
  int64_t out;      // [panels][output_rows(dv), kPanel]
  int64_t maximum;  // [panels][kPanel]
  int64_t sum;      // [panels][kPanel]
  int64_t total;

  Bf16Scratch(int64_t queries, int64_t d, int64_t dv) {
    const auto whole = [](int64_t floats) { return (floats + kPanel - 1) / kPanel * kPanel; };
    const int64_t padded = whole(queries);
    row = 0;
    q = row + kPanel * pairs_of(d);
    k = q + padded * pairs_of(d);
    v = k + kPairBlock * pairs_of(d);
    scores = v + whole(dv) * pairs_of(kPairBlock);
    weights = scores + kPairBlock * kPanel;
    out = weights + pairs_of(kPairBlock) * kPanel;
    maximum = out + padded * output_rows(dv);
    sum = maximum + padded;
    total = sum + padded;
  }
};

int64_t bf16_attention_scratch(int64_t queries, int64_t d, int64_t dv) {
  return Bf16Scratch(queries, d, dv).total;
}

// Rows of values, one after the other in words.
inline void pack_pairs(const float* from, int64_t step, int64_t rows, int64_t count, float* to) {
  for (int64_t row = 0; row < rows; row++) {
    float* at = to + row * pairs_of(count);
    for (int64_t pair = count / 2; pair < pairs_of(count); pair++) at[pair] = 0.0f;
    round_to_bfloat16(from + row * step, count, reinterpret_cast<uint16_t*>(at));
  }
}

inline void pack_query_pairs(const AttentionTask& t, int64_t first, float* rows, float* to) {
  const int64_t pairs = pairs_of(t.d);
  const int64_t left = t.queries - first;
  const int64_t present = left < kPanel ? left : kPanel;
  pack_pairs(t.q + first * t.q_step, t.q_step, present, t.d, rows);
  for (int64_t i = present * pairs; i < kPanel * pairs; i++) rows[i] = 0.0f;
  for (int64_t column = 0; column < kPanel; column += kWidth) {
    for_each_vector(pairs, [&](int64_t i, int64_t lanes) {
      Vec square[kWidth];
      for (int64_t row = 0; row < kWidth; row++) {
        square[row] = load_lanes(rows + (column + row) * pairs + i, lanes);
      }
      transpose(square);
      for (int64_t row = 0; row < lanes; row++) {
        store(to + (i + row) * kPanel + column, square[row]);
      }
    });
  }
}

// Two rows of bfloat16, value by value beside each other; the first in the lower halves.
inline Vec paired(Vec even, Vec odd) {
  UnsignedVec low;
  UnsignedVec high;
  even = Rounded::of(even);
  odd = Rounded::of(odd);
  std::memcpy(&low, &even, sizeof(low));
  std::memcpy(&high, &odd, sizeof(high));
  low = low >> 16 | (high & 0xffff0000);
  Vec result;
  std::memcpy(&result, &low, sizeof(result));
  return result;
}

// The same of positive normal numbers, which weights are, in the instructions for it.
inline Vec paired_weights(Vec even, Vec odd, __m512i order) {
  const __m512bh halves = _mm512_cvtne2ps_pbh((__m512)odd, (__m512)even);
  return (Vec)_mm512_permutexvar_epi16(order, (__m512i)halves);
}

// v transposed, two keys in a word.
inline void pack_value_pairs(const AttentionTask& t, int64_t first, int64_t count, float* to) {
  const float* values = t.v + first * t.v_step;
  const int64_t pairs = pairs_of(count);
  for_each_vector(t.dv, [&](int64_t i, int64_t lanes) {
    for (int64_t pair = 0; pair < pairs; pair += kWidth) {
      Vec square[kWidth];
      for (int64_t row = 0; row < kWidth; row++) {
        const int64_t key = 2 * (pair + row);
        const float* at = values + key * t.v_step + i;
        square[row] = paired(key < count ? load_lanes(at, lanes) : Vec{},
                             key + 1 < count ? load_lanes(at + t.v_step, lanes) : Vec{});
      }
      transpose(square);
      for (int64_t row = 0; row < lanes; row++) {
        store(to + (i + row) * pairs_of(kPairBlock) + pair, square[row]);
      }
    }
  });
}

#ifdef VIDITQ_AMX
// c [rows, kPanel] = a b, or += where accumulate, times `factor` each, for words a, a_step apart,
// and b [words, kPanel]. Calls between() once per block of rows.
template <bool accumulate, typename Between>
__attribute__((always_inline)) inline void multiply_pairs(const float* a, int64_t a_step,
                                                          int64_t rows, const float* b,
                                                          int64_t words, float factor, float* c,
                                                          const Between& between) {
  for (int64_t row = 0; row < rows; row += kBlockRows) {
    multiply_row_block<WordKind::kBfloat16, accumulate>(a + row * a_step, a_step, rows - row, b,
                                                        words, c + row * kPanel);
    between();
  }
  if (factor == 1.0f) return;
  for (int64_t i = 0; i < rows * kPanel; i += kWidth) store(c + i, load(c + i) * factor);
}
#else
// The intrinsic, but in place: g++ 12 copies accumulators between registers around it.
inline __attribute__((always_inline)) void add_pairs(Vec* sum, Vec a, Vec b) {
  asm("vdpbf16ps %2, %1, %0" : "+v"(*sum) : "v"(a), "v"(b));
}

inline Vec broadcast_pair(const float* from) {
  int32_t word;
  std::memcpy(&word, from, sizeof(word));
  const IntVec words = word - IntVec{};
  Vec pairs;
  std::memcpy(&pairs, &words, sizeof(pairs));
  return pairs;
}

// c [rows, kPanel] = a b, or += where accumulate, times `factor` each, for words a, a_step apart,
// and b [words, kPanel].
template <int rows, bool accumulate>
__attribute__((always_inline)) inline void multiply_pair_tile(const float* a, int64_t a_step,
                                                              const float* b, int64_t words,
                                                              float factor, float* c) {
#define VIDITQ_DECLARE(i)                     \
  Vec left##i{}, right##i{};                  \
  if constexpr (accumulate && i < rows) {     \
    left##i = load(c + i * kPanel);           \
    right##i = load(c + i * kPanel + kWidth); \
  }
#define VIDITQ_ADD(i)                                       \
  if constexpr (i < rows) {                                 \
    const Vec pair = broadcast_pair(a_column + i * a_step); \
    add_pairs(&left##i, b_left, pair);                      \
    add_pairs(&right##i, b_right, pair);                    \
  }
#define VIDITQ_STORE(i)                                \
  if constexpr (i < rows) {                            \
    store(c + i * kPanel, left##i * factor);           \
    store(c + i * kPanel + kWidth, right##i * factor); \
  }
  VIDITQ_EACH_ROW(VIDITQ_DECLARE)
  for (int64_t word = 0; word < words; word++) {
    const float* a_column = a + word;
    const Vec b_left = load(b + word * kPanel);
    const Vec b_right = load(b + word * kPanel + kWidth);
    VIDITQ_EACH_ROW(VIDITQ_ADD)
  }
  VIDITQ_EACH_ROW(VIDITQ_STORE)
#undef VIDITQ_DECLARE
#undef VIDITQ_ADD
#undef VIDITQ_STORE
}

template <bool accumulate, typename Between>
__attribute__((always_inline)) inline void multiply_pairs(const float* a, int64_t a_step,
                                                          int64_t rows, const float* b,
                                                          int64_t words, float factor, float* c,
                                                          const Between& between) {
  constexpr int kSome = kTileRows / 3;
  int64_t row = 0;
  const auto tile = [&](auto count) __attribute__((always_inline)) {
    constexpr int kRows = decltype(count)::value;
    multiply_pair_tile<kRows, accumulate>(a + row * a_step, a_step, b, words, factor,
                                          c + row * kPanel);
    row += kRows;
    between();
  };
  while (row + kTileRows <= rows) tile(std::integral_constant<int, kTileRows>{});
  while (row + 2 * kSome <= rows) tile(std::integral_constant<int, 2 * kSome>{});
  while (row + kSome <= rows) tile(std::integral_constant<int, kSome>{});
  while (row < rows) tile(std::integral_constant<int, 1>{});
}
#endif

template <typename Weights>
inline void attend_pairs(const AttentionTask& t, float scale, float* scratch) {
  const Bf16Scratch at(t.queries, t.d, t.dv);
  float* scores = scratch + at.scores;
  float* weights = scratch + at.weights;
  const __m512i order = _mm512_set_epi32(0x1f000f, 0x1e000e, 0x1d000d, 0x1c000c, 0x1b000b, 0x1a000a,
                                         0x190009, 0x180008, 0x170007, 0x160006, 0x150005, 0x140004,
                                         0x130003, 0x120002, 0x110001, 0x100000);
  for (int64_t key = 0; key < t.keys; key += kPairBlock) {
    const int64_t count = t.keys - key < kPairBlock ? t.keys - key : kPairBlock;
    pack_pairs(t.k + key * t.k_step, t.k_step, count, t.d, scratch + at.k);
    pack_value_pairs(t, key, count, scratch + at.v);
    for (int64_t first = 0; first < t.queries; first += kPanel) {
      float* q = scratch + at.q + first * pairs_of(t.d);
      float* out = scratch + at.out + first * output_rows(t.dv);
      float* sum = scratch + at.sum + first;
      AttentionPrefetch prefetch(t, key, kPairBlock, first, kPanel);
      const auto between = [&] { prefetch.some(); };
      if (key == 0) pack_query_pairs(t, first, scratch + at.row, q);
      multiply_pairs<false>(scratch + at.k, pairs_of(t.d), count, q, pairs_of(t.d), scale, scores,
                            between);
      if (t.bias != nullptr) add_bias(t, first, key, count, scores);
      update_online_softmax<Weights, Exact>(scores, count, key == 0, t.dv,
                                            scratch + at.maximum + first, sum, out);
      for (int64_t pair = 0; pair < pairs_of(count); pair++) {
        for (int64_t column = 0; column < kPanel; column += kWidth) {
          const float* at_pair = scores + 2 * pair * kPanel + column;
          const Vec even = 2 * pair < count ? load(at_pair) : Vec{};
          const Vec odd = 2 * pair + 1 < count ? load(at_pair + kPanel) : Vec{};
          store(weights + pair * kPanel + column, paired_weights(even, odd, order));
        }
      }
      if (key == 0) {
        multiply_pairs<false>(scratch + at.v, pairs_of(kPairBlock), t.dv, weights, pairs_of(count),
                              1.0f, out, between);
      } else {
        multiply_pairs<true>(scratch + at.v, pairs_of(kPairBlock), t.dv, weights, pairs_of(count),
                             1.0f, out, between);
      }
      if (key + count == t.keys) unpack_output(t, first, out, sum);
    }
  }
}

void attend_bf16(const AttentionTask& t, float* scratch) {
#ifdef VIDITQ_AMX
  begin_tiles();
#endif
  // As attend_in.
  if (t.bias != nullptr) {
    attend_pairs<NaturalWeights>(t, t.scale, scratch);
  } else {
    attend_pairs<BinaryWeights>(t, t.scale * 1.44269504088896341f, scratch);
  }
#ifdef VIDITQ_AMX
  end_tiles();
#endif
}

}  // namespace
}  // namespace viditq
