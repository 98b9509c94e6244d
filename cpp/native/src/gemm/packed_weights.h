// Quantized weights: codes in the order in which a tile reads them, and their grids.
#pragma once

#include <cstdint>

#include "gemm/tile.h"
#include "memory/aligned_buffer.h"
#include "viditq.h"

// Panels of tile->channels channels, each [padded_inner / kStep, channels, kStep], padded with
// zeros; a byte per code, or a nibble, as Tile::unpack_nibbles takes them.
struct viditq_weights {
  const viditq::Tile* tile;
  int64_t channels;
  int64_t inner;
  // inner, rounded up to what the tile wants.
  int64_t padded_inner;
  // Inner positions that are multiplied at a time; a multiple of kMaxInnerStep.
  int64_t block_inner;
  bool nibbles;
  // Packed codes are signed: code = packed + offset.
  int32_t offset;
  viditq::AlignedBuffer<uint8_t> panels;
  // Sum of the packed codes of each channel.
  viditq::AlignedBuffer<int32_t> channel_sum;
  // Grids of each channel.
  viditq::AlignedBuffer<float> scale;
  viditq::AlignedBuffer<int32_t> zero_point;
  // What the epilogue needs of each channel; see SumBlock.
  viditq::AlignedBuffer<int32_t> zero_point_factor;
  viditq::AlignedBuffer<int32_t> channel_sum_factor;
  // Whether all zero points are codes, and the inner extent so short, that the factors hold the
  // corrections: the int32 epilogue serves rows whose zero points are codes, too.
  bool int32_epilogue;

  // Bytes that `inner` positions of a panel take.
  int64_t panel_bytes(int64_t inner) const { return inner * tile->channels / (nibbles ? 2 : 1); }
  int64_t panel_bytes() const { return panel_bytes(padded_inner); }
  int64_t panel_count() const { return (channels + tile->channels - 1) / tile->channels; }
  int64_t bytes() const { return panel_bytes() * panel_count(); }

  // The zero point of a packed code.
  int64_t packed_zero_point(int64_t channel) const {
    return static_cast<int64_t>(zero_point[channel]) - offset;
  }
};
