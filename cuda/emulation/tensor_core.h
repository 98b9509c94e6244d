// Emulated PTX: cp.async, ldmatrix and mma.sync, with the fragment layouts of the PTX manual.
#pragma once

#include <algorithm>

#include "emulation.h"

namespace emulation {

inline bool is_aligned(const void* pointer, size_t bytes) {
  return reinterpret_cast<uintptr_t>(pointer) % bytes == 0;
}

// cp.async.cg.shared.global: 16 bytes, of which the first `valid` come from memory, the rest are 0.
inline void copy_async_16(void* shared, const void* global, int valid) {
  if (!is_aligned(shared, 16) || !is_aligned(global, 16)) fail("cp.async needs 16-byte alignment.");
  if (valid < 0 || valid > 16) fail("cp.async copies 0 to 16 bytes.");
  issue(Queue::kCopies, [=] {
    unsigned char bytes[16] = {};
    std::memcpy(bytes, global, static_cast<size_t>(valid));
    std::memcpy(shared, bytes, sizeof bytes);
  });
}

// ldmatrix.x4: four matrices of 8 rows of 16 bytes; lane i passes the address of row i % 8 of
// matrix i / 8, and receives word lane % 4 of row lane / 4 of each.
inline void load_matrix_x4(uint32_t (&words)[4], const void* row) {
  if (!is_aligned(row, 16)) fail("ldmatrix needs 16-byte alignment.");
  uint32_t address[2];
  std::memcpy(address, &row, sizeof row);
  const Exchange& rows = collective(Collective::kLoadMatrix, kFullMask, address, 2);
  for (int matrix = 0; matrix < 4; matrix++) {
    const unsigned char* from;
    std::memcpy(&from, rows.words[matrix * 8 + lane() / 4], sizeof from);
    std::memcpy(&words[matrix], from + lane() % 4 * 4, 4);
  }
}

template <bool kSigned>
int byte_of(uint32_t word, int index) {
  const uint8_t byte = static_cast<uint8_t>(word >> (8 * index));
  return kSigned ? static_cast<int8_t>(byte) : byte;
}

// mma.sync.m16n8k32: d += a * b, wrapping in int32. Lane l holds of a [16, 32] the words at rows
// l / 4 and l / 4 + 8 (registers 0 and 1) and bytes 16 to the right of these (2 and 3), of b [32,
// 8] column l / 4, and of d rows l / 4 (0, 1) and l / 4 + 8 (2, 3), columns l % 4 * 2 and one more.
template <bool kSignedA, bool kSignedB>
void multiply_m16n8k32(int32_t (&d)[4], const uint32_t (&a)[4], const uint32_t (&b)[2]) {
  const uint32_t mine[6] = {a[0], a[1], a[2], a[3], b[0], b[1]};
  const Exchange& all = collective(Collective::kMultiply, kFullMask, mine, 6);
  const int group = lane() / 4;
  for (int i = 0; i < 4; i++) {
    const int column = lane() % 4 * 2 + i % 2;
    uint32_t sum = static_cast<uint32_t>(d[i]);
    for (int k = 0; k < 32; k++) {
      const int quad = k % 16 / 4;
      const uint32_t a_word = all.words[group * 4 + quad][i / 2 + k / 16 * 2];
      const uint32_t b_word = all.words[column * 4 + quad][4 + k / 16];
      sum += static_cast<uint32_t>(byte_of<kSignedA>(a_word, k % 4) *
                                   byte_of<kSignedB>(b_word, k % 4));
    }
    d[i] = static_cast<int32_t>(sum);
  }
}

}  // namespace emulation
