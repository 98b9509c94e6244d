// The tile registers of AMX in software, for kernels compiled with VIDITQ_EMULATED_TILES
// (simd/amx_registers.h): what the Intel 64 and IA-32 Architectures Software Developer's Manual,
// volume 2, says of each instruction. Ends the program where a processor would raise an exception.
#pragma once

#include <immintrin.h>

#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <cstring>

namespace emulated_tiles {

constexpr int kRegisters = 8;
constexpr int kRows = 16;
constexpr int kBytes = 64;

struct Registers {
  bool configured = false;
  int rows[kRegisters] = {};
  int bytes[kRegisters] = {};
  uint8_t data[kRegisters][kRows][kBytes] = {};
};

inline Registers& registers() {
  static thread_local Registers all;
  return all;
}

inline void require(bool condition) {
  if (!condition) std::abort();
}

inline void load_configuration(const void* from) {
  const uint8_t* bytes = static_cast<const uint8_t*>(from);
  Registers& r = registers();
  r = Registers{};
  require(bytes[0] == 1 && bytes[1] == 0);
  for (int i = 0; i < kRegisters; i++) {
    r.rows[i] = bytes[48 + i];
    r.bytes[i] = bytes[16 + 2 * i] | bytes[17 + 2 * i] << 8;
    require(r.rows[i] <= kRows && r.bytes[i] <= kBytes);
  }
  r.configured = true;
}

inline void release() { registers() = Registers{}; }

// A register that the configuration gives an extent.
inline Registers& with(int index) {
  Registers& r = registers();
  require(r.configured && r.rows[index] > 0 && r.bytes[index] > 0);
  return r;
}

inline void zero(int index) { std::memset(with(index).data[index], 0, kRows * kBytes); }

inline void load(int index, const void* base, int64_t step) {
  Registers& r = with(index);
  std::memset(r.data[index], 0, kRows * kBytes);
  for (int row = 0; row < r.rows[index]; row++) {
    std::memcpy(r.data[index][row], static_cast<const char*>(base) + row * step,
                static_cast<size_t>(r.bytes[index]));
  }
}

inline void store(int index, void* base, int64_t step) {
  const Registers& r = with(index);
  for (int row = 0; row < r.rows[index]; row++) {
    std::memcpy(static_cast<char*>(base) + row * step, r.data[index][row],
                static_cast<size_t>(r.bytes[index]));
  }
}

// The extents of sums += a b fit together.
inline Registers& product(int sums, int a, int b) {
  Registers& r = with(sums);
  with(a);
  with(b);
  require(sums != a && sums != b && a != b);
  require(r.rows[sums] == r.rows[a] && r.bytes[sums] == r.bytes[b]);
  require(r.bytes[a] == 4 * r.rows[b]);
  return r;
}

// Without sanitizers' checks, which registers of fixed extents don't need, tests take half as long.
#define VIDITQ_UNCHECKED __attribute__((no_sanitize("address", "undefined"), optimize("O3")))

template <typename A, typename B>
VIDITQ_UNCHECKED void add_code_products(int sums, int a, int b) {
  Registers& r = product(sums, a, b);
  for (int row = 0; row < r.rows[sums]; row++) {
    uint32_t sum[kBytes / 4];
    std::memcpy(sum, r.data[sums][row], sizeof(sum));
    for (int i = 0; i < r.bytes[a]; i++) {
      const int left = static_cast<A>(r.data[a][row][i]);
      const uint8_t* right = r.data[b][i / 4] + i % 4;
      for (int column = 0; column < kBytes / 4; column++) {
        sum[column] += static_cast<uint32_t>(left * static_cast<B>(right[4 * column]));
      }
    }
    std::memcpy(r.data[sums][row], sum, static_cast<size_t>(r.bytes[sums]));
  }
}

// Denormal numbers are zeros, as operands and as results.
inline float flushed(float value) { return std::fabs(value) < 0x1p-126f ? 0.0f * value : value; }

inline float widened(const uint8_t* bfloat16) {
  const uint32_t bits = static_cast<uint32_t>(bfloat16[0] | bfloat16[1] << 8) << 16;
  float value;
  std::memcpy(&value, &bits, sizeof(value));
  return flushed(value);
}

inline void add_bfloat16_products(int sums, int a, int b) {
  Registers& r = product(sums, a, b);
  for (int row = 0; row < r.rows[sums]; row++) {
    for (int column = 0; column < r.bytes[sums] / 4; column++) {
      float halves[2] = {0.0f, 0.0f};
      for (int i = 0; i < r.bytes[a] / 2; i++) {
        const float left = widened(&r.data[a][row][2 * i]);
        const float right = widened(&r.data[b][i / 2][4 * column + i % 2 * 2]);
        halves[i % 2] = flushed(std::fma(left, right, halves[i % 2]));
      }
      float sum;
      std::memcpy(&sum, &r.data[sums][row][4 * column], sizeof(sum));
      sum = flushed(flushed(sum) + flushed(halves[0] + halves[1]));
      std::memcpy(&r.data[sums][row][4 * column], &sum, sizeof(sum));
    }
  }
}

}  // namespace emulated_tiles

#undef _tile_zero
#undef _tile_loadd
#undef _tile_stored
#undef _tile_dpbusd
#undef _tile_dpbsud
#undef _tile_dpbf16ps
#define _tile_loadconfig(from) emulated_tiles::load_configuration(from)
#define _tile_release() emulated_tiles::release()
#define _tile_zero(index) emulated_tiles::zero(index)
#define _tile_loadd(index, base, step) emulated_tiles::load(index, base, step)
#define _tile_stored(index, base, step) emulated_tiles::store(index, base, step)
#define _tile_dpbusd(sums, a, b) emulated_tiles::add_code_products<uint8_t, int8_t>(sums, a, b)
#define _tile_dpbsud(sums, a, b) emulated_tiles::add_code_products<int8_t, uint8_t>(sums, a, b)
#define _tile_dpbf16ps(sums, a, b) emulated_tiles::add_bfloat16_products(sums, a, b)
