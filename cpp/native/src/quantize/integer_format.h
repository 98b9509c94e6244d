// The integer code range of a quantizer; org.viditq.core.quant.IntegerFormat in C++.
#pragma once

#include <cstdint>

namespace viditq {

struct IntegerFormat {
  int bits;
  bool symmetric;

  bool valid() const { return bits >= 2 && bits <= 8; }
  int32_t min_code() const { return symmetric ? -(1 << (bits - 1)) : 0; }
  int32_t max_code() const { return symmetric ? (1 << (bits - 1)) - 1 : (1 << bits) - 1; }
  // What the range is divided by to give the scale.
  int32_t steps() const { return max_code(); }
  // Longest row whose sum of codes fits int32.
  int64_t max_columns() const { return INT32_MAX / (symmetric ? 1 << (bits - 1) : max_code()); }
};

}  // namespace viditq
