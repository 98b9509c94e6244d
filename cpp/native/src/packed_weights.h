// Weight codes in the order in which a tile reads them.
#pragma once

#include <cstdint>

#include "aligned_buffer.h"
#include "tile.h"
#include "viditq.h"

// Panels of tile->channels channels, each [steps, channels, kStep], padded with zeros.
struct viditq_weights {
  const viditq::Tile* tile;
  int64_t channels;
  int64_t inner;
  int64_t steps;
  // Packed codes are signed: code = packed + offset.
  int32_t offset;
  viditq::AlignedBuffer<int8_t> panels;
  // Sum of the packed codes of each channel.
  viditq::AlignedBuffer<int32_t> channel_sum;

  int64_t panel_bytes() const { return steps * tile->channels * viditq::kStep; }
  int64_t panel_count() const { return (channels + tile->channels - 1) / tile->channels; }
};
