// The inner loop of attention's float32 products: a tile of some rows by a panel of two vectors.
#pragma once

#include "simd/vector.h"

// Rows of the largest tile: their sums, two vectors each, fit the registers beside one row of B.
#if VIDITQ_VECTOR_BYTES == 64
#define VIDITQ_TILE_ROWS 12
#else
#define VIDITQ_TILE_ROWS 6
#endif
#define VIDITQ_EACH_ROW(X) X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11)

namespace viditq {
namespace {

constexpr int64_t kTileRows = VIDITQ_TILE_ROWS;
constexpr int64_t kPanel = 2 * kWidth;  // columns

// A matrix [rows, inner] at any two steps, one of which is 1.
struct Strided {
  const float* first;
  int64_t row_step;
  int64_t inner_step;

  Strided from_row(int64_t row) const { return {first + row * row_step, row_step, inner_step}; }
};

// c = a b, or c += a b, for `rows` of a, b [inner, kPanel] dense, c [rows, kPanel] dense. One named
// variable per sum: arrays of vectors are spilled by g++ 12.
template <int rows, bool accumulate>
__attribute__((always_inline)) inline void multiply_tile(const Strided& a, const float* b,
                                                         int64_t inner, float* c) {
  static_assert(rows <= kTileRows, "sums must fit the registers");
#define VIDITQ_DECLARE(i)                     \
  Vec left##i{}, right##i{};                  \
  if constexpr (accumulate && i < rows) {     \
    left##i = load(c + i * kPanel);           \
    right##i = load(c + i * kPanel + kWidth); \
  }
#define VIDITQ_ADD(i)                                      \
  if constexpr (i < rows) {                                \
    const Vec value = broadcast(a_column[i * a.row_step]); \
    left##i += value * b_left;                             \
    right##i += value * b_right;                           \
  }
#define VIDITQ_STORE(i)                       \
  if constexpr (i < rows) {                   \
    store(c + i * kPanel, left##i);           \
    store(c + i * kPanel + kWidth, right##i); \
  }
  VIDITQ_EACH_ROW(VIDITQ_DECLARE)
  for (int64_t k = 0; k < inner; k++) {
    const float* a_column = a.first + k * a.inner_step;
    const Vec b_left = load(b + k * kPanel);
    const Vec b_right = load(b + k * kPanel + kWidth);
    VIDITQ_EACH_ROW(VIDITQ_ADD)
  }
  VIDITQ_EACH_ROW(VIDITQ_STORE)
#undef VIDITQ_DECLARE
#undef VIDITQ_ADD
#undef VIDITQ_STORE
}

// The same for any number of rows. Calls between() once per tile.
template <bool accumulate, typename Between>
__attribute__((always_inline)) inline void multiply_panel(const Strided& a, int64_t rows,
                                                          const float* b, int64_t inner, float* c,
                                                          const Between& between) {
  constexpr int kSome = kTileRows / 3;
  int64_t row = 0;
  for (; row + kTileRows <= rows; row += kTileRows) {
    multiply_tile<kTileRows, accumulate>(a.from_row(row), b, inner, c + row * kPanel);
    between();
  }
  for (; row + kSome <= rows; row += kSome) {
    multiply_tile<kSome, accumulate>(a.from_row(row), b, inner, c + row * kPanel);
    between();
  }
  for (; row < rows; row++) {
    multiply_tile<1, accumulate>(a.from_row(row), b, inner, c + row * kPanel);
    between();
  }
}

}  // namespace
}  // namespace viditq
