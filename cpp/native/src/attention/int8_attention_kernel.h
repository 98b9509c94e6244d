// Attention whose products are those of 8-bit codes, for one task. What is computed is defined in
// AttentionPrecision.INT8 of the Java contract; codes and sums do not depend on the instruction
// set: each float32 operation up to them is written down there, and none is fused with another.
//
// As in attention_kernel.h everything is transposed, with a query per lane:
//
//   k' = k - mean, codes of q and k' per token          pack_query_codes, pack_key_codes
//   sums^T  = k codes * q codes^T                       multiply_codes
//   x^T     = sums, scaled                              score_codes
//   p^T     = codes of 2^(x - largest of the block)     weigh
//   sums^T  = v codes^T * p codes                       multiply_codes
//   out^T   = shrink * out^T + scaled sums              add_values
//
// Where a vector has VNNI, a word is four codes: of four inner positions for q, k and p, whose
// products and sums are one instruction. Its first operand is unsigned: q has 128 added, which
// k's sums of codes take out again, and weights are unsigned anyway. Elsewhere a word is a code as
// a float32, and sums are exact because they stay below 2^24. With VIDITQ_AMX, products are those
// of tile registers, which words are padded for.
#pragma once

#include <type_traits>

#include "attention/attention_prefetch.h"
#include "attention/attention_task.h"
#include "attention/product_tile.h"
#ifdef VIDITQ_AMX
#include "attention/amx_products.h"
#endif
#include "simd/exponential.h"
#include "simd/transpose.h"

namespace viditq {
namespace {

static_assert(kQueryUnit % kPanel == 0, "tasks consist of panels");

#ifdef VIDITQ_VNNI
constexpr int64_t kCodesPerWord = 4;
#else
constexpr int64_t kCodesPerWord = 1;
#endif

#ifndef VIDITQ_AMX
constexpr int64_t kWordUnit = 1;
#endif
constexpr int64_t kCodeUnit = kCodesPerWord * kWordUnit;

// Words are moved as floats, whatever their bits are.
constexpr int64_t words_of(int64_t codes) {
  return (codes + kCodeUnit - 1) / kCodeUnit * kWordUnit;
}

// As MinMaxGrid of the Java contract.
constexpr float kLeastCodeScale = 1e-6f;
constexpr float kGreatestCode = 127.0f;

// What 255 * 2^r is for |r| <= 1/2: a polynomial that is off by 0.18 % at most (E. Remez), as
// weights are rounded to 1 / 255 of the largest anyway.
constexpr float kWeight0 = 255.1130012f;
constexpr float kWeight1 = 179.3792415f;
constexpr float kWeight2 = 60.79937862f;
constexpr float kLeastExponent = -16.0f;  // of which the code is 0

// Biases beyond, which only masks have, are cut: the largest finite ones must not overflow.
constexpr float kGreatestBias = 0x1p100f;
constexpr float kLog2E = 1.44269504f;
constexpr float kLowest = -3.40282347e38f;

// Where the parts of a task's working memory lie; offsets in floats, each a multiple of a panel.
struct Int8Scratch {
  int64_t row;       // what is being quantized, or multiplied
  int64_t mean;      // of keys: [d]
  int64_t mean_sum;  // [d], float64
  int64_t q;         // [panels][words of d, kPanel]
  int64_t q_factor;  // [panels][kPanel]
  int64_t k;         // [kWeightBlock, words of d]
  int64_t k_scale;   // [kWeightBlock]
  int64_t k_start;   // [kWeightBlock], int32: what sums begin with
  int64_t v;         // VNNI: [dv, words of kWeightBlock]; else [kWeightBlock, dv]
  int64_t v_scale;   // [dv]
  int64_t v_square;  // VNNI: [words of kWeightBlock, dv]
  int64_t scores;    // [kWeightBlock, kPanel]
  int64_t weights;   // VNNI: [words of kWeightBlock, kPanel]; else in place of the scores
  int64_t out;       // [panels][dv, kPanel]
  int64_t maximum;   // [panels][kPanel]
  int64_t sum;       // [panels][kPanel]
  int64_t total;

  Int8Scratch(int64_t queries, int64_t d, int64_t dv) {
    const auto whole = [](int64_t floats) { return (floats + kPanel - 1) / kPanel * kPanel; };
    const int64_t padded = whole(queries);
    int64_t end = 0;
    const auto part = [&](int64_t floats) {
      const int64_t begin = end;
      end += whole(floats);
      return begin;
    };
    const int64_t most = d > dv ? d : dv;
    row = part(kPanel * (words_of(d) > most ? words_of(d) : most));
    mean = part(d);
    mean_sum = part(2 * d);
    q = part(padded * words_of(d));
    q_factor = part(padded);
    k = part(kWeightBlock * words_of(d));
    k_scale = part(kWeightBlock);
    k_start = part(kWeightBlock);
    v = part(kWeightBlock * whole(dv));
    v_scale = part(dv);
    v_square = part(words_of(kWeightBlock) * whole(dv));
    scores = part(kWeightBlock * kPanel);
    weights = part(words_of(kWeightBlock) * kPanel);
    out = part(padded * dv);
    maximum = part(padded);
    sum = part(padded);
    total = end;
  }
};

int64_t int8_attention_scratch(int64_t queries, int64_t d, int64_t dv) {
  return Int8Scratch(queries, d, dv).total;
}

// To nearest, ties to even, for |v| < 2^22.
inline Vec rounded(Vec v) {
  const Vec shifter = broadcast(kShifter);
  return (v + shifter) - shifter;
}

// ---- words of codes -----------------------------------------------------------------------------

#ifdef VIDITQ_VNNI
typedef int8_t ByteVec __attribute__((vector_size(VIDITQ_VECTOR_BYTES / 4)));

inline IntVec to_integers(Vec v) {
#if VIDITQ_VECTOR_BYTES == 64
  return (IntVec)_mm512_cvtps_epi32((__m512)v);
#else
  return (IntVec)_mm256_cvtps_epi32((__m256)v);
#endif
}

inline Vec to_floats(IntVec v) {
#if VIDITQ_VECTOR_BYTES == 64
  return (Vec)_mm512_cvtepi32_ps((__m512i)v);
#else
  return (Vec)_mm256_cvtepi32_ps((__m256i)v);
#endif
}

// Four products of unsigned and signed bytes, added to each sum. Of 512 bits not the intrinsic, as
// g++ 12 copies accumulators between registers around it.
inline __attribute__((always_inline)) void add_products(IntVec* sum, IntVec u, IntVec s) {
#if VIDITQ_VECTOR_BYTES == 64
  asm("vpdpbusd %2, %1, %0" : "+v"(*sum) : "v"(u), "v"(s));
#else
  *sum = (IntVec)_mm256_dpbusd_avx_epi32((__m256i)*sum, (__m256i)u, (__m256i)s);
#endif
}

inline IntVec load_words(const float* from) {
  IntVec v;
  std::memcpy(&v, from, sizeof(v));
  return v;
}

inline IntVec broadcast_word(const float* from) {
  int32_t word;
  std::memcpy(&word, from, sizeof(word));
  return word - IntVec{};
}

// Codes, whole numbers in floats, as bytes from `at` on.
inline void store_codes(float* words, int64_t at, int64_t lanes, Vec codes, int32_t offset) {
  const ByteVec bytes = __builtin_convertvector(to_integers(codes) + offset, ByteVec);
  std::memcpy(reinterpret_cast<int8_t*>(words) + at, &bytes, static_cast<size_t>(lanes));
}
#else
inline void store_codes(float* words, int64_t at, int64_t lanes, Vec codes, int32_t) {
  store_lanes(words + at, lanes, codes);
}
#endif

// What is added to the codes of q.
#ifdef VIDITQ_VNNI
constexpr int32_t kQueryOffset = 128;
#else
constexpr int32_t kQueryOffset = 0;
#endif

// The bits of magnitudes, which are ordered as the magnitudes are; those of NaN and infinity lie at
// kNotFinite or above.
constexpr int32_t kNotFinite = 0x7f800000;

inline IntVec magnitude_bits(Vec v) {
  IntVec bits;
  std::memcpy(&bits, &v, sizeof(bits));
  return bits & 0x7fffffff;
}

inline IntVec larger(IntVec a, IntVec b) {
#if VIDITQ_VECTOR_BYTES == 64
  return (IntVec)_mm512_max_epi32((__m512i)a, (__m512i)b);
#else
  return a > b ? a : b;
#endif
}

// Scales of grids whose largest magnitudes have these bits, NaN where one is not finite.
inline Vec scales_of(IntVec largest) {
  Vec values;
  std::memcpy(&values, &largest, sizeof(values));
  const Vec scale = max(values / broadcast(kGreatestCode), broadcast(kLeastCodeScale));
  return largest < kNotFinite ? scale : broadcast(__builtin_nanf(""));
}

inline void transpose_bits(IntVec (&square)[kWidth]) {
  Vec values[kWidth];
  std::memcpy(values, square, sizeof(values));
  transpose(values);
  std::memcpy(square, values, sizeof(values));
}

// Codes of x less means (null for 0), each of up to kWidth rows on a grid of its own; words go to
// rows `words` apart. The scale is NaN, and all codes 0, where a value is not finite.
inline void encode_rows(const float* x, int64_t step, int64_t rows, int64_t count,
                        const float* means, int32_t offset, float* to, float* scales,
                        int32_t* code_sums) {
  const int64_t words = words_of(count);
  const auto value = [&](int64_t row, int64_t i, int64_t lanes) {
    const Vec v = load_lanes(x + row * step + i, lanes);
    return means == nullptr ? v : v - load_lanes(means + i, lanes);
  };
  IntVec square[kWidth] = {};
  for (int64_t row = 0; row < rows; row++) {
    IntVec largest{};
    for_each_vector(count, [&](int64_t i, int64_t lanes) {
      largest = larger(largest, magnitude_bits(value(row, i, lanes)));
    });
    square[row] = largest;
  }
  transpose_bits(square);
  for (int64_t i = 1; i < kWidth; i++) square[0] = larger(square[0], square[i]);
  const Vec scale = scales_of(square[0]);
  store(scales, scale);
  for (int64_t row = 0; row < rows; row++) {
    float* at = to + row * words;
    for (int64_t word = count / kCodesPerWord; word < words; word++) at[word] = 0.0f;
    const Vec divisor = broadcast(scales[row]);
    Vec total{};
    for_each_vector(count, [&](int64_t i, int64_t lanes) {
      const Vec quotient = value(row, i, lanes) / divisor;
      const Vec codes = divisor == divisor ? rounded(quotient) : Vec{};
      total += codes;
      store_codes(at, i, lanes, codes, offset);
    });
    std::memcpy(&square[row], &total, sizeof(total));
  }
  if (code_sums == nullptr) return;
  transpose_bits(square);
  Vec sums{};
  for (int64_t i = 0; i < kWidth; i++) {
    Vec part;
    std::memcpy(&part, &square[i], sizeof(part));
    sums += part;
  }
  const IntVec whole = __builtin_convertvector(sums, IntVec);
  std::memcpy(code_sums, &whole, sizeof(whole));
}

// ---- packing ------------------------------------------------------------------------------------

// Keys whose rows are on their way from memory while one is added up.
constexpr int64_t kKeysAhead = 8;

// Sums in float64, key after key, divided by their number, as float32.
inline void key_means(const AttentionTask& t, double* sums, float* means) {
  for (int64_t i = 0; i < t.d; i++) sums[i] = 0.0;
  for (int64_t key = 0; key < t.keys; key++) {
    const float* row = t.k + key * t.k_step;
    if (key + kKeysAhead < t.keys) {
      for (int64_t i = 0; i < t.d; i += 16) {
        __builtin_prefetch(row + kKeysAhead * t.k_step + i);
      }
    }
    for (int64_t i = 0; i < t.d; i++) sums[i] += static_cast<double>(row[i]);
  }
  const double count = static_cast<double>(t.keys);
  for (int64_t i = 0; i < t.d; i++) means[i] = static_cast<float>(sums[i] / count);
}

// Codes of the panel that starts at query `first`, and what turns a sum times the scale of its key
// into a score in powers of two.
inline void pack_query_codes(const AttentionTask& t, int64_t first, float factor, float* rows,
                             float* to, float* factors) {
  const int64_t words = words_of(t.d);
  for (int64_t column = 0; column < kPanel; column += kWidth) {
    const int64_t left = t.queries - first - column;
    const int64_t present = left < 0 ? 0 : left < kWidth ? left : kWidth;
    float* at = rows + column * words;
    encode_rows(t.q + (first + column) * t.q_step, t.q_step, present, t.d, nullptr, kQueryOffset,
                at, factors + column, nullptr);
    for (int64_t row = 0; row < present && t.trace != nullptr; row++) {
      t.trace->q_scale[first + column + row] = factors[column + row];
    }
    store(factors + column, load(factors + column) * factor);
    for (int64_t i = present * words; i < kWidth * words; i++) at[i] = 0.0f;
  }
  for (int64_t column = 0; column < kPanel; column += kWidth) {
    for_each_vector(words, [&](int64_t i, int64_t lanes) {
      Vec square[kWidth];
      for (int64_t row = 0; row < kWidth; row++) {
        square[row] = load_lanes(rows + (column + row) * words + i, lanes);
      }
      transpose(square);
      for (int64_t row = 0; row < lanes; row++) {
        store(to + (i + row) * kPanel + column, square[row]);
      }
    });
  }
}

// Codes of `count` keys less the means; false if a key is not finite.
inline bool pack_key_codes(const AttentionTask& t, int64_t first, int64_t count, const float* means,
                           float* to, float* scales, int32_t* starts) {
  bool finite = true;
  for (int64_t key = 0; key < count; key += kWidth) {
    const int64_t rows = count - key < kWidth ? count - key : kWidth;
    encode_rows(t.k + (first + key) * t.k_step, t.k_step, rows, t.d, means, 0,
                to + key * words_of(t.d), scales + key, starts + key);
    for (int64_t row = key; row < key + rows; row++) {
      starts[row] *= -kQueryOffset;
      finite = finite && scales[row] == scales[row];
    }
  }
  return finite;
}

// Codes of `count` values, each channel on a grid of its own, whose scale is NaN where a value is
// not finite. Values beyond `count` up to a whole word are 0.
inline void pack_value_codes(const AttentionTask& t, int64_t first, int64_t count, float* square,
                             float* to, float* scales) {
  const float* values = t.v + first * t.v_step;
  // Of the scales, the bits of the largest magnitudes first.
  for (int64_t key = 0; key < count; key++) {
    for_each_vector(t.dv, [&](int64_t i, int64_t lanes) {
      const IntVec bits = magnitude_bits(load_lanes(values + key * t.v_step + i, lanes));
      Vec before = load(scales + i);
      IntVec largest;
      std::memcpy(&largest, &before, sizeof(largest));
      largest = key == 0 ? bits : larger(largest, bits);
      std::memcpy(scales + i, &largest, sizeof(largest));
    });
  }
  for_each_vector(t.dv, [&](int64_t i, int64_t) {
    IntVec largest;
    std::memcpy(&largest, scales + i, sizeof(largest));
    store(scales + i, scales_of(largest));
  });
#ifdef VIDITQ_VNNI
  const int64_t words = words_of(count);
  const int64_t step = words_of(kWeightBlock);
  const int64_t columns = (t.dv + kWidth - 1) / kWidth * kWidth;
  for (int64_t word = 0; word < words; word++) {
    for_each_vector(t.dv, [&](int64_t i, int64_t lanes) {
      const Vec scale = load_lanes(scales + i, lanes);
      UnsignedVec packed{};
      for (int64_t key = 0; key < kCodesPerWord && word * kCodesPerWord + key < count; key++) {
        const Vec v = load_lanes(values + (word * kCodesPerWord + key) * t.v_step + i, lanes);
        const Vec quotient = v / scale;
        const Vec valid = scale == scale ? quotient : Vec{};
        packed |= ((UnsignedVec)to_integers(rounded(valid)) & 0xff) << (8 * key);
      }
      std::memcpy(square + word * columns + i, &packed, sizeof(packed));
    });
  }
  for (int64_t channel = 0; channel < t.dv; channel += kWidth) {
    for (int64_t word = 0; word < words; word += kWidth) {
      Vec block[kWidth];
      for (int64_t row = 0; row < kWidth; row++) {
        block[row] = word + row < words ? load(square + (word + row) * columns + channel) : Vec{};
      }
      transpose(block);
      for (int64_t row = 0; row < kWidth && channel + row < t.dv; row++) {
        store(to + (channel + row) * step + word, block[row]);
      }
    }
  }
#else
  (void)square;
  for (int64_t key = 0; key < count; key++) {
    for_each_vector(t.dv, [&](int64_t i, int64_t lanes) {
      const Vec scale = load_lanes(scales + i, lanes);
      const Vec quotient = load_lanes(values + key * t.v_step + i, lanes) / scale;
      store_lanes(to + key * t.dv + i, lanes, scale == scale ? rounded(quotient) : Vec{});
    });
  }
#endif
}

// ---- products -----------------------------------------------------------------------------------

#ifdef VIDITQ_AMX
// Sums of rows of words a, a_step words apart, and the panel b [words, kPanel]; each row's sums
// begin with starts[row], or 0 if null, and go to take(row, left, right). Calls between() once per
// block of rows.
template <typename Take, typename Between>
__attribute__((always_inline)) inline void multiply_codes(const float* a, int64_t a_step,
                                                          int64_t rows, const float* b,
                                                          int64_t words, const int32_t* starts,
                                                          const Take& take,
                                                          const Between& between) {
  // A block's sums are taken while the products of the next one are on their way.
  alignas(kRegisterBytes) float sums[2][kBlockRows * kPanel];
  const int64_t blocks = (rows + kBlockRows - 1) / kBlockRows;
  for (int64_t block = 0; block <= blocks; block++) {
    const int64_t end = block * kBlockRows;  // of the block before
    if (block < blocks) {
      multiply_row_block<WordKind::kCodes, false>(a + end * a_step, a_step, rows - end, b, words,
                                                  sums[block % 2]);
      between();
    }
    if (block == 0) continue;
    const float* from = sums[(block - 1) % 2];
    for (int64_t row = end - kBlockRows; row < end && row < rows; row++, from += kPanel) {
      const int32_t start = starts == nullptr ? 0 : starts[row];
      take(row, load_words(from) + start, load_words(from + kWidth) + start);
    }
  }
}
#elif defined(VIDITQ_VNNI)
// Sums of `rows` rows of words a, a_step words apart, and the panel b [words, kPanel]; each row's
// sums begin with starts[row], or 0 if null, and go to take(row, left, right).
template <int rows, typename Take>
__attribute__((always_inline)) inline void multiply_code_tile(const float* a, int64_t a_step,
                                                              const float* b, int64_t words,
                                                              const int32_t* starts,
                                                              const Take& take) {
  static_assert(rows <= kTileRows, "sums must fit the registers");
#define VIDITQ_DECLARE(i)                        \
  IntVec left##i{}, right##i{};                  \
  if constexpr (i < rows) {                      \
    if (starts != nullptr) {                     \
      left##i = right##i = starts[i] - IntVec{}; \
    }                                            \
  }
#define VIDITQ_ADD(i)                                           \
  if constexpr (i < rows) {                                     \
    const IntVec codes = broadcast_word(a_column + i * a_step); \
    add_products(&left##i, b_left, codes);                      \
    add_products(&right##i, b_right, codes);                    \
  }
#define VIDITQ_TAKE(i) \
  if constexpr (i < rows) take(i, left##i, right##i);
  VIDITQ_EACH_ROW(VIDITQ_DECLARE)
  for (int64_t word = 0; word < words; word++) {
    const float* a_column = a + word;
    const IntVec b_left = load_words(b + word * kPanel);
    const IntVec b_right = load_words(b + word * kPanel + kWidth);
    VIDITQ_EACH_ROW(VIDITQ_ADD)
  }
  VIDITQ_EACH_ROW(VIDITQ_TAKE)
#undef VIDITQ_DECLARE
#undef VIDITQ_ADD
#undef VIDITQ_TAKE
}

// The same for any number of rows. Calls between() once per tile.
template <typename Take, typename Between>
__attribute__((always_inline)) inline void multiply_codes(const float* a, int64_t a_step,
                                                          int64_t rows, const float* b,
                                                          int64_t words, const int32_t* starts,
                                                          const Take& take,
                                                          const Between& between) {
  constexpr int kSome = kTileRows / 3;
  int64_t row = 0;
  const auto tile = [&](auto count) __attribute__((always_inline)) {
    constexpr int kRows = decltype(count)::value;
    multiply_code_tile<kRows>(
        a + row * a_step, a_step, b, words, starts == nullptr ? nullptr : starts + row,
        [&](int64_t i, IntVec left, IntVec right)
            __attribute__((always_inline)) { take(row + i, left, right); });
    row += kRows;
    between();
  };
  while (row + kTileRows <= rows) tile(std::integral_constant<int, kTileRows>{});
  while (row + 2 * kSome <= rows) tile(std::integral_constant<int, 2 * kSome>{});
  while (row + kSome <= rows) tile(std::integral_constant<int, kSome>{});
  while (row < rows) tile(std::integral_constant<int, 1>{});
}
#endif

// ---- softmax ------------------------------------------------------------------------------------

// A value for each query of a panel.
struct QueryRow {
  Vec left{};
  Vec right{};

  static QueryRow of(const float* from) { return {load(from), load(from + kWidth)}; }
  static QueryRow all(float value) { return {broadcast(value), broadcast(value)}; }
  void store_to(float* to) const {
    store(to, left);
    store(to + kWidth, right);
  }
};

// x: sums times the scales of key and query; and the largest of each query, which x that are NaN
// have no part in.
struct ScoreRows {
  const float* k_scale;
  QueryRow factor;
  float* x;
  QueryRow highest;

  __attribute__((always_inline)) void take(int64_t key, Vec left, Vec right) {
    const Vec scale = broadcast(k_scale[key]);
    const Vec x_left = left * scale * factor.left;
    const Vec x_right = right * scale * factor.right;
    store(x + key * kPanel, x_left);
    store(x + key * kPanel + kWidth, x_right);
    highest.left = max(highest.left, x_left);
    highest.right = max(highest.right, x_right);
  }
};

// Adds the bias of keys first_key.. to the x of the panel that starts at query `first`; returns the
// largest of each query. The sum of a query with a bias that is NaN becomes NaN.
inline QueryRow add_code_bias(const AttentionTask& t, int64_t first, int64_t first_key,
                              int64_t count, float* x, float* sum) {
  const float* bias = t.bias + first * t.bias_query_step + first_key * t.bias_key_step;
  const int64_t queries = t.queries - first < kPanel ? t.queries - first : kPanel;
  QueryRow highest = QueryRow::all(kLowest);
  alignas(VIDITQ_VECTOR_BYTES) float scaled[kPanel] = {};
  for (int64_t key = 0; key < count; key++) {
    const float* of_key = bias + key * t.bias_key_step;
    for (int64_t i = 0; i < kPanel; i++) {
      const float b = of_key[i < queries ? i * t.bias_query_step : 0] * kLog2E;
      if (b != b) sum[i] = b;
      scaled[i] = b > kGreatestBias ? kGreatestBias : b > -kGreatestBias ? b : -kGreatestBias;
    }
    float* row = x + key * kPanel;
    const Vec left = load(row) + load(scaled);
    const Vec right = load(row + kWidth) + load(scaled + kWidth);
    store(row, left);
    store(row + kWidth, right);
    highest.left = max(highest.left, left);
    highest.right = max(highest.right, right);
  }
  return highest;
}

// 255 * 2^(x - highest), before it is rounded to a code.
inline Vec weight_of(Vec x, Vec highest) {
  const Vec shifter = broadcast(kShifter);
  const Vec distance = x - highest;
  // -16 where it is NaN.
  const Vec exponent = max(broadcast(kLeastExponent), distance);
  const Vec shifted = exponent + shifter;
  const Vec r = exponent - (shifted - shifter);
  const Vec p = (broadcast(kWeight2) * r + broadcast(kWeight1)) * r + broadcast(kWeight0);
  UnsignedVec bits;
  UnsignedVec power;
  std::memcpy(&bits, &p, sizeof(bits));
  std::memcpy(&power, &shifted, sizeof(power));
  bits += power << 23;
  Vec result;
  std::memcpy(&result, &bits, sizeof(result));
  return result;
}

// Codes of weights of `count` x, and zeros up to a whole word; returns their sums.
inline QueryRow weigh(const float* x, int64_t count, const QueryRow& highest, float* weights) {
#ifdef VIDITQ_VNNI
  const IntVec ones = 0x01010101 - IntVec{};
  IntVec sums[2] = {};
  for (int64_t word = 0; word < words_of(count); word++) {
    for (int64_t half = 0; half < 2; half++) {
      const Vec high = half == 0 ? highest.left : highest.right;
      const float* from = x + word * kCodesPerWord * kPanel + half * kWidth;
      UnsignedVec packed;
      if ((word + 1) * kCodesPerWord <= count) {
        const UnsignedVec c0 = (UnsignedVec)to_integers(weight_of(load(from), high));
        const UnsignedVec c1 = (UnsignedVec)to_integers(weight_of(load(from + kPanel), high));
        const UnsignedVec c2 = (UnsignedVec)to_integers(weight_of(load(from + 2 * kPanel), high));
        const UnsignedVec c3 = (UnsignedVec)to_integers(weight_of(load(from + 3 * kPanel), high));
        packed = (c0 | c1 << 8) | (c2 << 16 | c3 << 24);
      } else {
        packed = UnsignedVec{};
        for (int64_t key = 0; word * kCodesPerWord + key < count; key++) {
          packed |= (UnsignedVec)to_integers(weight_of(load(from + key * kPanel), high))
                    << (8 * key);
        }
      }
      std::memcpy(weights + word * kPanel + half * kWidth, &packed, sizeof(packed));
      add_products(&sums[half], (IntVec)packed, ones);
    }
  }
  return {to_floats(sums[0]), to_floats(sums[1])};
#else
  QueryRow sums;
  for (int64_t key = 0; key < count; key++) {
    const Vec left = rounded(weight_of(load(x + key * kPanel), highest.left));
    const Vec right = rounded(weight_of(load(x + key * kPanel + kWidth), highest.right));
    store(weights + key * kPanel, left);
    store(weights + key * kPanel + kWidth, right);
    sums.left += left;
    sums.right += right;
  }
  return sums;
#endif
}

// How a block's values are added to those before: out = shrink * out + grow * (scale * sums).
struct ValueRows {
  const float* v_scale;
  QueryRow shrink;
  QueryRow grow;
  bool first;  // nothing is there yet
  float* out;

  __attribute__((always_inline)) void take(int64_t channel, Vec left, Vec right) const {
    const Vec scale = broadcast(v_scale[channel]);
    float* row = out + channel * kPanel;
    if (first) {
      store(row, left * scale * grow.left);
      store(row + kWidth, right * scale * grow.right);
      return;
    }
    store(row, load(row) * shrink.left + left * scale * grow.left);
    store(row + kWidth, load(row + kWidth) * shrink.right + right * scale * grow.right);
  }
};

// 2^x for x <= 0, NaN for NaN; 2^-126 for all below.
inline Vec power_of_distance(Vec x) {
  return normal_power_of_two(max(x, broadcast(kLeastBinaryPower)));
}

// ---- what tests look at -------------------------------------------------------------------------

inline int32_t code_at(const float* words, int64_t i) {
#ifdef VIDITQ_VNNI
  return reinterpret_cast<const int8_t*>(words)[i];
#else
  return static_cast<int32_t>(words[i]);
#endif
}

// The code of a query, of `codes` positions of the panel from words [codes, kPanel].
inline int32_t panel_code(const float* words, int64_t position, int64_t query) {
  return code_at(words + position / kCodesPerWord * kPanel + query, position % kCodesPerWord);
}

inline void trace_queries(const AttentionTask& t, int64_t first, const float* q) {
  for (int64_t i = 0; i < kPanel && first + i < t.queries; i++) {
    for (int64_t c = 0; c < t.d; c++) {
      t.trace->q[(first + i) * t.d + c] =
          static_cast<int8_t>((panel_code(q, c, i) & 0xff) - kQueryOffset);
    }
  }
}

inline void trace_block(const AttentionTask& t, int64_t key, int64_t count, const float* k,
                        const float* k_scale, const float* v, const float* v_scale) {
  for (int64_t i = 0; i < count; i++) {
    t.trace->k_scale[key + i] = k_scale[i];
    for (int64_t c = 0; c < t.d; c++) {
      t.trace->k[(key + i) * t.d + c] = static_cast<int8_t>(code_at(k + i * words_of(t.d), c));
    }
    for (int64_t c = 0; c < t.dv; c++) {
      const int32_t code =
          kCodesPerWord > 1 ? code_at(v + c * words_of(kWeightBlock), i) : code_at(v, i * t.dv + c);
      t.trace->v[(key + i) * t.dv + c] = static_cast<int8_t>(code);
    }
  }
  std::memcpy(t.trace->v_scale + key / kWeightBlock * t.dv, v_scale,
              static_cast<size_t>(t.dv) * sizeof(float));
}

inline void trace_weights(const AttentionTask& t, int64_t first, int64_t key, int64_t count,
                          const float* weights) {
  for (int64_t i = 0; i < kPanel && first + i < t.queries; i++) {
    for (int64_t s = 0; s < count; s++) {
      t.trace->p[(first + i) * t.keys + key + s] =
          static_cast<uint8_t>(panel_code(weights, s, i) & 0xff);
    }
  }
}

// One row of sums, of `step` values from one query of `to` to the next.
inline void trace_sums(const AttentionTask& t, int64_t first, Vec left, Vec right, int64_t step,
                       int32_t* to) {
  float sums[kPanel];
  store(sums, left);
  store(sums + kWidth, right);
  for (int64_t i = 0; i < kPanel && first + i < t.queries; i++) {
    to[(first + i) * step] = static_cast<int32_t>(sums[i]);
  }
}

// ---- the task -----------------------------------------------------------------------------------

// The products of a panel, whose sums, as floats, go to take(row, left, right).
template <typename Take, typename Between>
__attribute__((always_inline)) inline void multiply_keys(const float* k, int64_t count,
                                                         const float* q, int64_t d,
                                                         const int32_t* starts, float* sums,
                                                         const Take& take, const Between& between) {
#ifdef VIDITQ_VNNI
  (void)sums;
  multiply_codes(
      k, words_of(d), count, q, words_of(d), starts,
      [&](int64_t row, IntVec left, IntVec right)
          __attribute__((always_inline)) { take(row, to_floats(left), to_floats(right)); },
      between);
#else
  (void)starts;
  multiply_panel<false>(Strided{k, d, 1}, count, q, d, sums, between);
  for (int64_t row = 0; row < count; row++) {
    take(row, load(sums + row * kPanel), load(sums + row * kPanel + kWidth));
  }
#endif
}

template <typename Take, typename Between>
__attribute__((always_inline)) inline void multiply_values(const float* v, int64_t dv,
                                                           const float* weights, int64_t count,
                                                           float* sums, const Take& take,
                                                           const Between& between) {
#ifdef VIDITQ_VNNI
  (void)sums;
  multiply_codes(
      v, words_of(kWeightBlock), dv, weights, words_of(count), nullptr,
      [&](int64_t row, IntVec left, IntVec right)
          __attribute__((always_inline)) { take(row, to_floats(left), to_floats(right)); },
      between);
#else
  multiply_panel<false>(Strided{v, 1, dv}, dv, weights, count, sums, between);
  for (int64_t row = 0; row < dv; row++) {
    take(row, load(sums + row * kPanel), load(sums + row * kPanel + kWidth));
  }
#endif
}

// out / sum of the panel that starts at query `first`, a row per query; NaN if `spoiled`.
inline void unpack_code_output(const AttentionTask& t, int64_t first, const float* out,
                               const float* sum, bool spoiled) {
  for (int64_t column = 0; column < kPanel; column += kWidth) {
    float* to = t.out + (first + column) * t.v_step;
    const int64_t present = t.queries - first - column;
    const Vec factor = spoiled ? broadcast(__builtin_nanf("")) : 1.0f / load(sum + column);
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

// A panel of queries and a block of keys, whose codes are packed.
template <bool traced>
inline void attend_block(const AttentionTask& t, const Int8Scratch& at, float* scratch, int64_t key,
                         int64_t count, int64_t first) {
  const float* q = scratch + at.q + first * words_of(t.d);
  float* out = scratch + at.out + first * t.dv;
  float* maximum = scratch + at.maximum + first;
  float* sum = scratch + at.sum + first;
  float* x = scratch + at.scores;
  AttentionPrefetch prefetch(t, key, kWeightBlock, first, kPanel);
  const auto between = [&] { prefetch.some(); };

  ScoreRows scores{scratch + at.k_scale, QueryRow::of(scratch + at.q_factor + first), x,
                   QueryRow::all(kLowest)};
  multiply_keys(
      scratch + at.k, count, q, t.d, reinterpret_cast<const int32_t*>(scratch + at.k_start), x,
      [&](int64_t row, Vec left, Vec right) __attribute__((always_inline)) {
        if (traced) trace_sums(t, first, left, right, t.keys, t.trace->scores + key + row);
        scores.take(row, left, right);
      },
      between);
  const QueryRow highest =
      t.bias == nullptr ? scores.highest : add_code_bias(t, first, key, count, x, sum);
#ifdef VIDITQ_VNNI
  float* weights = scratch + at.weights;
#else
  float* weights = x;
#endif
  const QueryRow added = weigh(x, count, highest, weights);
  if (traced) trace_weights(t, first, key, count, weights);

  const QueryRow before = QueryRow::of(maximum);
  const QueryRow high{max(before.left, highest.left), max(before.right, highest.right)};
  high.store_to(maximum);
  ValueRows values{
      scratch + at.v_scale,
      {power_of_distance(before.left - high.left), power_of_distance(before.right - high.right)},
      {power_of_distance(highest.left - high.left), power_of_distance(highest.right - high.right)},
      key == 0,
      out};
  const QueryRow total = QueryRow::of(sum);
  QueryRow{total.left * values.shrink.left + added.left * values.grow.left,
           total.right * values.shrink.right + added.right * values.grow.right}
      .store_to(sum);
#ifdef VIDITQ_VNNI
  float* products = nullptr;
#else
  float* products = scratch + at.row;
#endif
  multiply_values(
      scratch + at.v, t.dv, weights, count, products,
      [&](int64_t row, Vec left, Vec right) __attribute__((always_inline)) {
        if (traced) {
          trace_sums(t, first, left, right, t.dv,
                     t.trace->sums + key / kWeightBlock * t.queries * t.dv + row);
        }
        values.take(row, left, right);
      },
      between);
}

void attend_int8(const AttentionTask& t, float* scratch) {
#ifdef VIDITQ_AMX
  begin_tiles();
#endif
  const Int8Scratch at(t.queries, t.d, t.dv);
  float* means = scratch + at.mean;
  // Sums need the memory of two floats each, which codes get later.
  key_means(t, reinterpret_cast<double*>(scratch + at.mean_sum), means);
  const float factor = t.scale * kLog2E;
  bool finite = true;
  for (int64_t key = 0; key < t.keys; key += kWeightBlock) {
    const int64_t count = t.keys - key < kWeightBlock ? t.keys - key : kWeightBlock;
    finite &= pack_key_codes(t, key, count, means, scratch + at.k, scratch + at.k_scale,
                             reinterpret_cast<int32_t*>(scratch + at.k_start));
    pack_value_codes(t, key, count, scratch + at.v_square, scratch + at.v, scratch + at.v_scale);
    if (t.trace != nullptr) {
      trace_block(t, key, count, scratch + at.k, scratch + at.k_scale, scratch + at.v,
                  scratch + at.v_scale);
    }
    for (int64_t first = 0; first < t.queries; first += kPanel) {
      if (key == 0) {
        float* q = scratch + at.q + first * words_of(t.d);
        pack_query_codes(t, first, factor, scratch + at.row, q, scratch + at.q_factor + first);
        if (t.trace != nullptr) trace_queries(t, first, q);
        QueryRow::all(kLowest).store_to(scratch + at.maximum + first);
        QueryRow{}.store_to(scratch + at.sum + first);
      }
      if (t.trace != nullptr) {
        attend_block<true>(t, at, scratch, key, count, first);
      } else {
        attend_block<false>(t, at, scratch, key, count, first);
      }
      if (key + count == t.keys) {
        unpack_code_output(t, first, scratch + at.out + first * t.dv, scratch + at.sum + first,
                           !finite);
      }
    }
  }
#ifdef VIDITQ_AMX
  end_tiles();
#endif
}

}  // namespace
}  // namespace viditq
