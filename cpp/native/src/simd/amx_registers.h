// The tile registers of AMX: 8 of 16 rows of 64 bytes, all of them used whole. Intel 64 and IA-32
// Architectures Software Developer's Manual, volume 1, chapter 18.
#pragma once

#ifdef VIDITQ_EMULATED_TILES
#include "emulated_tiles.h"  // of tests
#else
#include <immintrin.h>
#endif

#include <cstdint>

namespace viditq {
namespace {

constexpr int kRegisterRows = 16;
constexpr int kRegisterBytes = 64;
constexpr int kRegisterWords = kRegisterBytes / 4;

// The operand of ldtilecfg: palette 1.
struct alignas(64) RegisterShapes {
  uint8_t palette = 1;
  uint8_t start_row = 0;
  uint8_t reserved[14] = {};
  uint16_t row_bytes[16] = {64, 64, 64, 64, 64, 64, 64, 64};
  uint8_t rows[16] = {16, 16, 16, 16, 16, 16, 16, 16};
};

// Not a local variable: g++ 12 tells the optimizer that ldtilecfg reads 8 bytes of it only.
const RegisterShapes kWholeRegisters;

// The registers belong to the thread; without tile data the processor saves less between threads.
inline void begin_tiles() { _tile_loadconfig(&kWholeRegisters); }

inline void end_tiles() { _tile_release(); }

}  // namespace
}  // namespace viditq
