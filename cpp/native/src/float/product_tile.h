// The inner loop of float32 products: a tile of kTileRows rows by one or two vectors of columns.
#pragma once

#include "vector.h"

// Rows whose sums, with two vectors each, fit the registers beside one row of B.
#if VIDITQ_VECTOR_BYTES == 64
#define VIDITQ_TILE_ROWS 8
#define VIDITQ_EACH_ROW(X) X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7)
#else
#define VIDITQ_TILE_ROWS 4
#define VIDITQ_EACH_ROW(X) X(0) X(1) X(2) X(3)
#endif

namespace viditq {
namespace {

constexpr int64_t kTileRows = VIDITQ_TILE_ROWS;
constexpr int64_t kTileColumns = 2 * kWidth;

// c = a b, or c += a b, for a [kTileRows, inner] with row step lda, b [inner, kTileColumns] dense,
// c with row step ldc. One named variable per sum: arrays of vectors are spilled by g++ 12.
template <bool accumulate>
inline void multiply_tile(const float* a, int64_t lda, const float* b, int64_t inner, float* c,
                          int64_t ldc) {
#define VIDITQ_DECLARE(i)                                                              \
  Vec left##i = accumulate ? load(c + i * ldc) : Vec{};                                \
  Vec right##i = accumulate ? load(c + i * ldc + kWidth) : Vec{};
#define VIDITQ_ADD(i)                                                                  \
  {                                                                                    \
    const Vec value = broadcast(a[i * lda + k]);                                       \
    left##i += value * b_left;                                                         \
    right##i += value * b_right;                                                       \
  }
#define VIDITQ_STORE(i)                                                                \
  store(c + i * ldc, left##i);                                                         \
  store(c + i * ldc + kWidth, right##i);
  VIDITQ_EACH_ROW(VIDITQ_DECLARE)
  for (int64_t k = 0; k < inner; k++) {
    const Vec b_left = load(b + k * kTileColumns);
    const Vec b_right = load(b + k * kTileColumns + kWidth);
    VIDITQ_EACH_ROW(VIDITQ_ADD)
  }
  VIDITQ_EACH_ROW(VIDITQ_STORE)
#undef VIDITQ_DECLARE
#undef VIDITQ_ADD
#undef VIDITQ_STORE
}

// The same for one vector of columns, b [inner, kWidth].
template <bool accumulate>
inline void multiply_narrow_tile(const float* a, int64_t lda, const float* b, int64_t inner,
                                 float* c, int64_t ldc) {
#define VIDITQ_DECLARE(i) Vec sum##i = accumulate ? load(c + i * ldc) : Vec{};
#define VIDITQ_ADD(i) sum##i += broadcast(a[i * lda + k]) * b_row;
#define VIDITQ_STORE(i) store(c + i * ldc, sum##i);
  VIDITQ_EACH_ROW(VIDITQ_DECLARE)
  for (int64_t k = 0; k < inner; k++) {
    const Vec b_row = load(b + k * kWidth);
    VIDITQ_EACH_ROW(VIDITQ_ADD)
  }
  VIDITQ_EACH_ROW(VIDITQ_STORE)
#undef VIDITQ_DECLARE
#undef VIDITQ_ADD
#undef VIDITQ_STORE
}

// c = a b, or c += a b, for a whole number of tile rows. b is a sequence of panels of kTileColumns
// columns, each [inner, kTileColumns], the last one of kWidth columns if `columns`, a multiple of
// kWidth, ends with it.
template <bool accumulate>
inline void multiply_panels(const float* a, int64_t lda, const float* b, int64_t rows,
                            int64_t inner, int64_t columns, float* c, int64_t ldc) {
  int64_t column = 0;
  for (; column + kTileColumns <= columns; column += kTileColumns) {
    for (int64_t row = 0; row < rows; row += kTileRows) {
      multiply_tile<accumulate>(a + row * lda, lda, b + column * inner, inner,
                                c + row * ldc + column, ldc);
    }
  }
  if (column == columns) return;
  for (int64_t row = 0; row < rows; row += kTileRows) {
    multiply_narrow_tile<accumulate>(a + row * lda, lda, b + column * inner, inner,
                                     c + row * ldc + column, ldc);
  }
}

}  // namespace
}  // namespace viditq
