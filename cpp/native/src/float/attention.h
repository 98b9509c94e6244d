// softmax(scale q k^T + bias) v for one task, a block of keys at a time with a running maximum and
// sum: M. Milakov and N. Gimelshein, "Online normalizer calculation for softmax", 2018; T. Dao et
// al., "FlashAttention", 2022. Only a block of the scores exists at any time.
#pragma once

#include "attention_task.h"
#include "exponential.h"
#include "product_tile.h"

namespace viditq {
namespace {

constexpr int64_t kKeyBlock = 256;   // a multiple of every kTileColumns
constexpr int64_t kQueryBlock = 32;  // a multiple of every kTileRows; divides kTaskQueries

inline int64_t round_up(int64_t value, int64_t multiple) {
  return (value + multiple - 1) / multiple * multiple;
}

// Where the parts of a task's working memory lie; offsets in floats, each a multiple of a vector.
struct AttentionScratch {
  int64_t out_columns;
  int64_t q;
  int64_t k;
  int64_t v;
  int64_t scores;
  int64_t out;
  int64_t maximum;
  int64_t sum;
  int64_t total;

  AttentionScratch(int64_t d, int64_t dv) {
    out_columns = round_up(dv, kWidth);
    q = 0;
    k = q + kTaskQueries * round_up(d, kWidth);
    v = k + kKeyBlock * round_up(d, kWidth);
    scores = v + kKeyBlock * out_columns;
    out = scores + kQueryBlock * kKeyBlock;
    maximum = out + kTaskQueries * out_columns;
    sum = maximum + kTaskQueries;
    total = sum + kTaskQueries;
  }
};

int64_t attention_scratch(int64_t d, int64_t dv) { return AttentionScratch(d, dv).total; }

// scale * q, dense, with rows of zeros up to a whole tile.
inline void pack_queries(const AttentionTask& t, int64_t padded, float* to) {
  for (int64_t row = 0; row < padded; row++) {
    for_each_vector(t.d, [&](int64_t i, int64_t lanes) {
      const Vec q = row < t.queries ? load_lanes(t.q + row * t.q_step + i, lanes) : Vec{};
      store_lanes(to + row * t.d + i, lanes, q * t.scale);
    });
  }
}

// k^T as panels [d, kTileColumns] of keys; columns beyond `count` are zero.
inline void pack_keys(const AttentionTask& t, int64_t first, int64_t count, float* to) {
  for (int64_t panel = 0; panel < count; panel += kTileColumns) {
    float* to_panel = to + panel * t.d;
    for (int64_t key = 0; key < kTileColumns; key++) {
      const float* from = t.k + (first + panel + key) * t.k_step;
      const bool present = panel + key < count;
      for (int64_t i = 0; i < t.d; i++) {
        to_panel[i * kTileColumns + key] = present ? from[i] : 0.0f;
      }
    }
  }
}

// v as panels [count, kTileColumns or kWidth] of channels; channels beyond dv are zero.
inline void pack_values(const AttentionTask& t, int64_t first, int64_t count, int64_t columns,
                        float* to) {
  for (int64_t column = 0; column < columns; column += kTileColumns) {
    const int64_t width = columns - column < kTileColumns ? kWidth : kTileColumns;
    float* to_panel = to + column * count;
    for (int64_t key = 0; key < count; key++) {
      const float* from = t.v + (first + key) * t.v_step + column;
      for (int64_t i = 0; i < width; i += kWidth) {
        const int64_t left = t.dv - column - i;
        const Vec v = left <= 0 ? Vec{} : load_lanes(from + i, left < kWidth ? left : kWidth);
        store(to_panel + key * width + i, v);
      }
    }
  }
}

inline void add_bias(const AttentionTask& t, int64_t row, int64_t first, int64_t count,
                     float* scores) {
  if (t.bias == nullptr || row >= t.queries) return;
  const float* bias = t.bias + row * t.bias_query_step + first * t.bias_key_step;
  for_each_vector(count, [&](int64_t i, int64_t lanes) {
    const Vec b = t.bias_key_step == 1 ? load_lanes(bias + i, lanes) : broadcast(*bias);
    store_lanes(scores + i, lanes, load_lanes(scores + i, lanes) + b);
  });
}

inline float largest(const float* scores, int64_t count) {
  float result = scores[0];
  if (count >= kWidth) {
    Vec vector = load(scores);
    int64_t i = kWidth;
    for (; i + kWidth <= count; i += kWidth) vector = max(vector, load(scores + i));
    result = horizontal_max(vector);
    for (; i < count; i++) result = scores[i] > result ? scores[i] : result;
    return result;
  }
  for (int64_t i = 1; i < count; i++) result = scores[i] > result ? scores[i] : result;
  return result;
}

// Replaces scores by e^(score - maximum); returns their sum.
inline float exponentiate(float* scores, int64_t count, float maximum) {
  Vec sum{};
  int64_t i = 0;
  for (; i + kWidth <= count; i += kWidth) {
    const Vec weight = exponential(load(scores + i) - maximum);
    store(scores + i, weight);
    sum += weight;
  }
  float total = horizontal_sum(sum);
  if (i < count) {
    const Vec weight = exponential(load_part(scores + i, count - i) - maximum);
    store_part(scores + i, count - i, weight);
    for (int64_t lane = 0; lane < count - i; lane++) total += weight[lane];
  }
  return total;
}

// Takes a block of scores of one row into its running maximum, sum and output.
inline void soften(float* scores, int64_t count, bool first_block, int64_t out_columns,
                   float* maximum, float* sum, float* out) {
  const float block_maximum = largest(scores, count);
  if (first_block) {
    *maximum = block_maximum;
    *sum = exponentiate(scores, count, block_maximum);
    for (int64_t i = 0; i < out_columns; i += kWidth) store(out + i, Vec{});
    return;
  }
  if (block_maximum > *maximum) {
    const float shrink = exponential(broadcast(*maximum - block_maximum))[0];
    *maximum = block_maximum;
    *sum *= shrink;
    for (int64_t i = 0; i < out_columns; i += kWidth) store(out + i, load(out + i) * shrink);
  }
  *sum += exponentiate(scores, count, *maximum);
}

void attend(const AttentionTask& t, float* scratch) {
  const AttentionScratch at(t.d, t.dv);
  const int64_t padded = round_up(t.queries, kTileRows);
  float* scores = scratch + at.scores;
  float* out = scratch + at.out;
  pack_queries(t, padded, scratch + at.q);
  for (int64_t first = 0; first < t.keys; first += kKeyBlock) {
    const int64_t count = t.keys - first < kKeyBlock ? t.keys - first : kKeyBlock;
    pack_keys(t, first, count, scratch + at.k);
    pack_values(t, first, count, at.out_columns, scratch + at.v);
    for (int64_t row = 0; row < padded; row += kQueryBlock) {
      const int64_t rows = padded - row < kQueryBlock ? padded - row : kQueryBlock;
      multiply_panels<false>(scratch + at.q + row * t.d, t.d, scratch + at.k, rows, t.d,
                             round_up(count, kTileColumns), scores, kKeyBlock);
      for (int64_t r = 0; r < rows; r++) {
        add_bias(t, row + r, first, count, scores + r * kKeyBlock);
        soften(scores + r * kKeyBlock, count, first == 0, at.out_columns,
               scratch + at.maximum + row + r, scratch + at.sum + row + r,
               out + (row + r) * at.out_columns);
      }
      multiply_panels<true>(scores, kKeyBlock, scratch + at.v, rows, count, at.out_columns,
                            out + row * at.out_columns, at.out_columns);
    }
  }
  for (int64_t row = 0; row < t.queries; row++) {
    const float factor = 1.0f / scratch[at.sum + row];
    for_each_vector(t.dv, [&](int64_t i, int64_t lanes) {
      store_lanes(t.out + row * t.v_step + i, lanes,
                  load_lanes(out + row * at.out_columns + i, lanes) * factor);
    });
  }
}

}  // namespace
}  // namespace viditq
