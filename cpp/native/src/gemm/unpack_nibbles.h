// The definition of Tile::unpack_nibbles, compiled once per instruction set; the compiler makes
// vectors of it.
#pragma once

#include <cstdint>

#include "gemm/tile.h"

namespace viditq {
namespace {

void unpack_nibbles(const uint8_t* nibbles, int64_t count, int8_t* bytes) {
  for (int64_t run = 0; run < count; run += kNibbleRun) {
    const uint8_t* from = nibbles + run;
    int8_t* to = bytes + 2 * run;
    for (int i = 0; i < kNibbleRun; i++) {
      to[i] = static_cast<int8_t>(from[i] & 0xf);
      to[kNibbleRun + i] = static_cast<int8_t>(from[i] >> 4);
    }
  }
}

}  // namespace
}  // namespace viditq
