// Emulated PTX of sm_90a: mbarrier, tensor copies (TMA) with the 128-byte swizzle, and wgmma.
#pragma once

#include "tensor_core.h"

namespace emulation {

// A barrier object: a phase ends when all arrivals and all announced bytes have come.
struct PhaseBarrier {
  int16_t arrivals;
  int16_t pending;
  int32_t bytes_and_phase;  // twice the bytes outstanding, plus the phase's parity

  int phase() const { return bytes_and_phase & 1; }

  void init(int count) {
    arrivals = static_cast<int16_t>(count);
    pending = arrivals;
    bytes_and_phase = 0;
  }

  void arrive(int announced_bytes) {
    if (pending <= 0) fail("More arrivals at an mbarrier than it was initialized with.");
    bytes_and_phase += 2 * announced_bytes;
    pending--;
    end_phase_if_complete();
  }

  void bytes_arrived(int bytes) {
    // Hardware lets copies land before they are announced; no kernel here means to.
    if (bytes_and_phase >> 1 < bytes) fail("More bytes arrive at an mbarrier than were announced.");
    bytes_and_phase -= 2 * bytes;
    end_phase_if_complete();
  }

  // Waits until the phase of this parity has ended.
  void wait(int parity) const {
    wait_until([=] {
      land_at(this);
      return phase() != parity;
    });
  }

  void end_phase_if_complete() {
    if (pending != 0 || bytes_and_phase >> 1 != 0) return;
    pending = arrivals;
    bytes_and_phase ^= 1;
  }
};
static_assert(sizeof(PhaseBarrier) == 8, "the size of an mbarrier");

constexpr int kSwizzleSpan = 128;
constexpr int kSwizzleAtom = 8 * kSwizzleSpan;

// The 128-byte swizzle: the 16-byte chunk of an address is exclusive-ored with its 128-byte line.
inline const unsigned char* swizzled(const unsigned char* address) {
  const uintptr_t bits = reinterpret_cast<uintptr_t>(address);
  return reinterpret_cast<const unsigned char*>(bits ^ ((bits >> 7 & 7) << 4));
}

// A tensor of bytes [sets, rows, inner] and the box [box_rows, 128] that a copy moves.
struct TensorMap {
  const uint8_t* base;
  int inner;
  int rows;
  int sets;
  int64_t row_bytes;
  int64_t set_bytes;
  int box_rows;

  // cp.async.bulk.tensor: the box at (k, row, set); what lies outside the tensor becomes 0.
  void copy(void* shared, int k, int row, int set, PhaseBarrier* barrier) const {
    if (!is_aligned(shared, kSwizzleAtom)) fail("A swizzled box needs 1024-byte alignment.");
    if (!is_aligned(base, 16) || row_bytes % 16 != 0 || set_bytes % 16 != 0) {
      fail("A tensor map needs 16-byte aligned rows.");
    }
    issue_at(barrier, [=, *this] {
      unsigned char* to = static_cast<unsigned char*>(shared);
      for (int r = 0; r < box_rows; r++) {
        for (int b = 0; b < kSwizzleSpan; b++) {
          const bool inside = row + r < rows && k + b < inner && set < sets;
          *const_cast<unsigned char*>(swizzled(to + r * kSwizzleSpan + b)) =
              inside ? base[set * set_bytes + (row + r) * row_bytes + k + b] : 0;
        }
      }
      barrier->bytes_arrived(box_rows * kSwizzleSpan);
    });
  }
};

// wgmma.mma_async.m64n128k32: d += x * w^T with x [64, 32] and w [128, 32] at swizzled addresses in
// shared memory. Warp w of the four holds rows 16 w and on of d, in fragments as mma.m16n8k32's.
template <bool kSignedX>
void multiply_m64n128k32(int32_t (&d)[16][4], const unsigned char* x, const unsigned char* w) {
  collective(Collective::kWarpGroup, kFullMask, nullptr, 0);
  const int me = lane();
  const int first_row = thread() / kWarpSize % 4 * 16;
  issue(Queue::kProducts, [&d, x, w, me, first_row] {
    const auto byte_at = [](const unsigned char* tile, int row, int k) {
      return *swizzled(tile + row * kSwizzleSpan + k);
    };
    for (int half = 0; half < 2; half++) {
      int x_row[32];
      for (int k = 0; k < 32; k++) {
        const uint8_t byte = byte_at(x, first_row + me / 4 + half * 8, k);
        x_row[k] = kSignedX ? static_cast<int8_t>(byte) : byte;
      }
      for (int channel = 0; channel < 128; channel++) {
        if (channel % 8 / 2 != me % 4) continue;
        uint32_t sum = static_cast<uint32_t>(d[channel / 8][half * 2 + channel % 2]);
        for (int k = 0; k < 32; k++) {
          sum += static_cast<uint32_t>(x_row[k] * static_cast<int8_t>(byte_at(w, channel, k)));
        }
        d[channel / 8][half * 2 + channel % 2] = static_cast<int32_t>(sum);
      }
    }
  });
}

// cp.async.bulk: bytes as they lie.
inline void copy_bytes(void* shared, const void* global, int bytes, PhaseBarrier* barrier) {
  if (!is_aligned(shared, 16) || !is_aligned(global, 16) || bytes <= 0 || bytes % 16 != 0) {
    fail("A bulk copy needs multiples of 16 bytes.");
  }
  issue_at(barrier, [=] {
    std::memcpy(shared, global, static_cast<size_t>(bytes));
    barrier->bytes_arrived(bytes);
  });
}

// wgmma.mma_async.m64n128k32 with the first operand in registers: d += w * x^T with w [64, 32], of
// which warp w of the four holds rows 16 w and on in fragments as mma.m16n8k32's, and x [128, 32]
// at swizzled addresses in shared memory.
template <bool kSignedX>
void multiply_m64n128k32_from_registers(int32_t (&d)[16][4], const uint32_t (&w)[4],
                                        const unsigned char* x) {
  struct Words {
    uint32_t of[4][4];  // of the four lanes that share the rows of this one
    uint32_t own[4];
  };
  Words words;
  const Exchange& all = collective(Collective::kWarpGroup, kFullMask, w, 4);
  const int me = lane();
  for (int j = 0; j < 4; j++) {
    std::memcpy(words.of[j], all.words[me / 4 * 4 + j], sizeof words.of[j]);
  }
  std::memcpy(words.own, w, sizeof words.own);
  issue(Queue::kProducts, [&d, &w, words, x, me] {
    // Hardware reads the registers sometime before the wait.
    if (std::memcmp(words.own, w, sizeof words.own) != 0) {
      fail("Registers of a warp group's product changed before it was waited for.");
    }
    for (int half = 0; half < 2; half++) {
      int w_row[32];
      for (int k = 0; k < 32; k++) {
        w_row[k] = words.of[k % 16 / 4][half + k / 16 * 2] >> k % 4 * 8 & 0xff;
      }
      for (int row = 0; row < 128; row++) {
        if (row % 8 / 2 != me % 4) continue;
        uint32_t sum = static_cast<uint32_t>(d[row / 8][half * 2 + row % 2]);
        for (int k = 0; k < 32; k++) {
          const uint8_t byte = *swizzled(x + row * kSwizzleSpan + k);
          sum += static_cast<uint32_t>(w_row[k] * (kSignedX ? static_cast<int8_t>(byte) : byte));
        }
        d[row / 8][half * 2 + row % 2] = static_cast<int32_t>(sum);
      }
    }
  });
}

}  // namespace emulation
