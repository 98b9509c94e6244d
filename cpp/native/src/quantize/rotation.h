// A rotation of blocks of neighbouring channels; org.viditq.core.quant.Rotation in C++, without its
// signs, which are those of the divisors.
#pragma once

#include <cmath>
#include <cstdint>

#include "viditq_operators.h"

namespace viditq {

struct Rotation {
  int64_t block;
  int64_t base;
  const int8_t* matrix;
  bool regular;
  float norm;

  explicit Rotation(const viditq_rotation& rotation)
      : block(rotation.block),
        base(rotation.base),
        matrix(rotation.matrix),
        regular(rotation.regular != 0),
        norm(1.0f / std::sqrt(static_cast<float>(rotation.block))) {}

  // Whether there is such a rotation of rows of so many columns; the matrix is checked apart.
  bool fits(int64_t columns) const {
    if (block < 2 || block > columns || columns % block != 0 || base < 1 || block % base != 0) {
      return false;
    }
    const int64_t inner = block / base;
    const bool power = (inner & (inner - 1)) == 0;
    // A power of four has its only bit at an even place.
    return power && (!regular || (base == 1 && (inner & INT64_C(0x5555555555555555)) != 0));
  }
};

}  // namespace viditq
