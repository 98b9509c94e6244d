// Exact integer product of activation codes and packed weights.
#include <algorithm>
#include <cstring>

#include "arguments.h"
#include "packed_weights.h"

namespace viditq {
namespace {

// Rows of activations that are packed at a time; a multiple of every tile's rows. With 4608 columns
// they take 432 KiB, which stays in the second-level cache beside a panel of weights.
constexpr int64_t kBlockRows = 96;

// Activation codes as a tile reads them: panels of tile rows, each [steps, rows, kStep], unsigned,
// padded with zeros.
struct PackedRows {
  AlignedBuffer<uint8_t> panels = nullptr;
  // Sum of the packed codes of each row.
  int32_t row_sum[kBlockRows];

  void pack(const uint8_t* codes, uint8_t flip, int64_t rows, int64_t inner, const Tile& tile,
            int64_t steps) {
    std::memset(panels.get(), 0, kBlockRows * steps * kStep);
    const uint32_t flip_step = flip * 0x01010101u;
    for (int64_t m = 0; m < rows; m++) {
      const uint8_t* row = codes + m * inner;
      uint8_t* to = panels.get() + m / tile.rows * tile.rows * steps * kStep +
                    m % tile.rows * kStep;
      int64_t k = 0;
      for (; k + kStep <= inner; k += kStep) {
        uint32_t step;
        std::memcpy(&step, row + k, kStep);
        step ^= flip_step;
        std::memcpy(to, &step, kStep);
        to += tile.rows * kStep;
      }
      for (int64_t i = 0; k + i < inner; i++) to[i] = row[k + i] ^ flip;
      int32_t sum = 0;
      for (k = 0; k < inner; k++) sum += static_cast<uint8_t>(row[k] ^ flip);
      row_sum[m] = sum;
    }
  }
};

// With a = a' - oa and w = w' + ow, where a' and w' are the packed codes:
// sum a w = sum a' w' + ow sum a' - oa sum w' - K oa ow. Unsigned, so that intermediate results may
// wrap; the sum itself fits int32.
void store(const int32_t* tile_sums, const PackedRows& a, int64_t first_row, int64_t rows,
           uint32_t a_offset, const viditq_weights& w, int64_t first_channel, int64_t channels,
           int32_t* sums) {
  const uint32_t w_offset = static_cast<uint32_t>(w.offset);
  for (int64_t m = 0; m < rows; m++) {
    const uint32_t row_term = w_offset * static_cast<uint32_t>(a.row_sum[first_row + m]) -
                              static_cast<uint32_t>(w.inner) * a_offset * w_offset;
    const int32_t* from = tile_sums + m * w.tile->channels;
    int32_t* to = sums + m * w.channels + first_channel;
    for (int64_t n = 0; n < channels; n++) {
      to[n] = static_cast<int32_t>(
          static_cast<uint32_t>(from[n]) + row_term -
          a_offset * static_cast<uint32_t>(w.channel_sum[first_channel + n]));
    }
  }
}

void multiply_block(const PackedRows& a, int64_t rows, uint32_t a_offset,
                    const viditq_weights& w, int32_t* sums) {
  const Tile& tile = *w.tile;
  alignas(64) int32_t tile_sums[kMaxTile];
  for (int64_t panel = 0; panel < w.panel_count(); panel++) {
    const int64_t first_channel = panel * tile.channels;
    const int64_t channels = std::min<int64_t>(tile.channels, w.channels - first_channel);
    for (int64_t m = 0; m < rows; m += tile.rows) {
      tile.multiply(a.panels.get() + m * w.steps * kStep,
                    w.panels.get() + panel * w.panel_bytes(), w.steps, tile_sums);
      store(tile_sums, a, m, std::min<int64_t>(tile.rows, rows - m), a_offset, w, first_channel,
            channels, sums + m * w.channels);
    }
  }
}

}  // namespace
}  // namespace viditq

int viditq_multiply(const uint8_t* a, int a_signed, int64_t rows, int64_t inner,
                    const viditq_weights* weights, int32_t* sums) {
  if (weights == nullptr) return VIDITQ_NULL_POINTER;
  if (rows < 1 || inner != weights->inner) return VIDITQ_BAD_SIZE;
  int64_t a_bytes;
  int64_t sums_bytes;
  if (!viditq::byte_count(rows, inner, 1, &a_bytes) ||
      !viditq::byte_count(rows, weights->channels, sizeof(int32_t), &sums_bytes)) {
    return VIDITQ_OVERFLOW;
  }
  const int status = viditq::check_buffers({{a, a_bytes}}, {{sums, sums_bytes}});
  if (status != VIDITQ_OK) return status;

  viditq::PackedRows block;
  block.panels =
      viditq::allocate<uint8_t>(viditq::kBlockRows * weights->steps * viditq::kStep);
  if (block.panels == nullptr) return VIDITQ_NO_MEMORY;
  // Signed codes become unsigned by adding 128, which flips the highest bit.
  const uint8_t flip = a_signed ? 0x80 : 0;
  for (int64_t first = 0; first < rows; first += viditq::kBlockRows) {
    const int64_t count = std::min(viditq::kBlockRows, rows - first);
    block.pack(a + first * inner, flip, count, inner, *weights->tile, weights->steps);
    viditq::multiply_block(block, count, flip, *weights, sums + first * weights->channels);
  }
  return VIDITQ_OK;
}
