// The inner loops of quantization over one row, one implementation per vector width.
#pragma once

#include <cstdint>

namespace viditq {

struct Rotation;

struct RowKernels {
  // out = x / balance, true divisions.
  void (*divide)(const float* x, const float* balance, int64_t count, float* out);

  // Lowers *lo, at most zero, to the smallest value and raises *hi, at least zero, to the largest;
  // false if one is NaN or infinite, where *lo and *hi are undefined.
  bool (*extend_range)(const float* x, int64_t count, float* lo, float* hi);

  // codes = clamp(round-half-even(x / scale), lowest, highest) + zero_point; returns their sum. The
  // bounds are integers below 2^8 in magnitude; x is finite, scale at least 1e-6. As many values
  // of the next row as this one has may be prefetched: next_row is where it will be read,
  // if there is one, and never where another thread writes.
  int32_t (*encode)(const float* x, int64_t count, float scale, float lowest, float highest,
                    int32_t zero_point, const float* next_row, uint8_t* codes);

  // The same where x / scale, rounded, lies between lowest and highest + 1 without clamping, and
  // highest - lowest is at most 255: a row on the grid of its own range.
  int32_t (*encode_in_range)(const float* x, int64_t count, float scale, float lowest,
                             float highest, int32_t zero_point, const float* next_row,
                             uint8_t* codes);

  // Rotates `count` values in place; `spare` has room for as many as a block has.
  void (*rotate)(float* values, int64_t count, const Rotation& rotation, float* spare);
};

// The vector kernels multiply by 1/scale instead of dividing, which is several times faster. Steps
// beyond the bounds are clamped, whatever they round to; for others, below 2^8, the product is
// within 3 * 2^-24 * 2^8 < 5e-5 of the quotient, so that both round to the same integer unless the
// product lies closer than this to a tie. Only such vectors are divided.
constexpr float kTieMargin = 1e-4f;

extern const RowKernels kPortableRows;
#ifdef __x86_64__
extern const RowKernels kAvx2Rows;
extern const RowKernels kAvx512Rows;
#endif

// The kernels for a VIDITQ_* instruction set; null where it is unknown or not supported here.
const RowKernels* rows_for(int isa);

}  // namespace viditq
