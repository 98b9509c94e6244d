// How weight codes lie in memory for the integer product. Plain C++: the host packs, kernels read.
//
// 8 bits: rows of signed bytes [channels, inner], each row starting at a multiple of 16 bytes.
//
// 4 bits: unsigned nibbles in the order in which mma.m16n8k32 wants them in registers, so that a
// lane reads its operands of 32 channels by 32 inner positions with one 16-byte access and unpacks
// each register with one or two logic operations. Blocks of 32 channels, within these blocks of 32
// inner positions, within these 16 bytes per lane: word j of lane l belongs to channel 8 j + l / 4;
// byte b of it holds inner position 4 (l % 4) + b in its low nibble and 16 more in its high nibble.
// Beyond the last channel and inner position (up to a multiple of 64) lie zeros.
#pragma once

#include <cstdint>

#ifdef __CUDACC__
#define VIDITQ_HOST_DEVICE __host__ __device__ inline
#else
#define VIDITQ_HOST_DEVICE inline
#endif

namespace viditq {

constexpr int kNibbleBlock = 32;
constexpr int kNibbleBlockBytes = kNibbleBlock * kNibbleBlock / 2;
constexpr int kNibbleInnerUnit = 64;

// Blocks along the inner extent.
VIDITQ_HOST_DEVICE int nibble_blocks(int inner) {
  return (inner + kNibbleInnerUnit - 1) / kNibbleInnerUnit * (kNibbleInnerUnit / kNibbleBlock);
}

// Where the nibble of (channel, k) lies: byte offset, and whether it is the high one.
struct NibblePlace {
  int64_t byte;
  bool high;
};

VIDITQ_HOST_DEVICE NibblePlace nibble_place(int channel, int k, int inner) {
  const int64_t block =
      static_cast<int64_t>(channel / kNibbleBlock) * nibble_blocks(inner) + k / kNibbleBlock;
  const int word = channel % kNibbleBlock / 8;
  const int lane = channel % 8 * 4 + k % 16 / 4;
  return {block * kNibbleBlockBytes + lane * 16 + word * 4 + k % 4, k % kNibbleBlock >= 16};
}

}  // namespace viditq
