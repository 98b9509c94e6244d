// The inner loop of attention's products in the tile registers of AMX: 32 rows by a panel of 32
// columns. A word is four codes or two values of bfloat16; one instruction adds the products of 16
// rows, 16 words and 16 columns. It takes as long for fewer words, so that words are padded with
// zeros to a whole register.
#pragma once

#include <type_traits>

#include "attention/product_tile.h"
#include "simd/amx_registers.h"

namespace viditq {
namespace {

// Rows of an operand, and words of its rows, exist in multiples of these.
constexpr int64_t kRowUnit = kRegisterRows;
constexpr int64_t kWordUnit = kRegisterWords;

constexpr int64_t kBlockRows = 2 * kRegisterRows;
static_assert(kPanel == 2 * kRegisterWords, "a panel is two registers wide");

enum class WordKind {
  kCodes,  // of a signed, of b unsigned; sums are int32
  kBfloat16,
};

#define VIDITQ_ADD_PRODUCTS(sums, a, b)     \
  if constexpr (kind == WordKind::kCodes) { \
    _tile_dpbsud(sums, a, b);               \
  } else {                                  \
    _tile_dpbf16ps(sums, a, b);             \
  }

template <WordKind kind, bool accumulate, bool lower>
inline void multiply_registers(const float* a, int64_t a_step, const float* b, int64_t words,
                               void* sums) {
  constexpr int64_t kSumsStep = kPanel * sizeof(int32_t);
  constexpr int64_t kBStep = kPanel * sizeof(float);
  const auto at = [&](int row, int column) {
    return static_cast<char*>(sums) + row * kRegisterRows * kSumsStep + column * kRegisterBytes;
  };
  const int64_t a_bytes = a_step * static_cast<int64_t>(sizeof(float));
  const float* lower_a = a + kRegisterRows * a_step;
  // The loads of g++ 12 don't say that they read memory.
  asm volatile("" ::: "memory");
  if constexpr (accumulate) {
    _tile_loadd(0, at(0, 0), kSumsStep);
    _tile_loadd(1, at(0, 1), kSumsStep);
    if constexpr (lower) {
      _tile_loadd(2, at(1, 0), kSumsStep);
      _tile_loadd(3, at(1, 1), kSumsStep);
    }
  } else {
    _tile_zero(0);
    _tile_zero(1);
    if constexpr (lower) {
      _tile_zero(2);
      _tile_zero(3);
    }
  }
  for (int64_t word = 0; word < words; word += kWordUnit) {
    const float* b_rows = b + word * kPanel;
    _tile_loadd(4, a + word, a_bytes);
    _tile_loadd(6, b_rows, kBStep);
    VIDITQ_ADD_PRODUCTS(0, 4, 6)
    _tile_loadd(7, b_rows + kRegisterWords, kBStep);
    VIDITQ_ADD_PRODUCTS(1, 4, 7)
    if constexpr (lower) {
      _tile_loadd(5, lower_a + word, a_bytes);
      VIDITQ_ADD_PRODUCTS(2, 5, 6)
      VIDITQ_ADD_PRODUCTS(3, 5, 7)
    }
  }
  _tile_stored(0, at(0, 0), kSumsStep);
  _tile_stored(1, at(0, 1), kSumsStep);
  if constexpr (lower) {
    _tile_stored(2, at(1, 0), kSumsStep);
    _tile_stored(3, at(1, 1), kSumsStep);
  }
}

#undef VIDITQ_ADD_PRODUCTS

// sums [kBlockRows, kPanel] = a b, or += where accumulate, for a [rows, words], rows a_step words
// apart, and b [words, kPanel]; words is a multiple of kWordUnit, rows at most kBlockRows. Rows
// beyond, up to a multiple of kRowUnit, are read and written, too.
template <WordKind kind, bool accumulate>
inline void multiply_row_block(const float* a, int64_t a_step, int64_t rows, const float* b,
                               int64_t words, void* sums) {
  if (rows > kRegisterRows) {
    multiply_registers<kind, accumulate, true>(a, a_step, b, words, sums);
  } else {
    multiply_registers<kind, accumulate, false>(a, a_step, b, words, sums);
  }
}

}  // namespace
}  // namespace viditq
