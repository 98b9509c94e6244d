// Exact integer product of activation codes and packed weights.
#include <algorithm>

#include "entry/arguments.h"
#include "gemm/product.h"

namespace viditq {
namespace {

// Codes of one row as unsigned bytes and their sum. Signed codes become unsigned by adding 128,
// which flips the highest bit.
int32_t to_unsigned(const uint8_t* codes, uint8_t flip, int64_t inner, uint8_t* out) {
  int32_t sum = 0;
  for (int64_t k = 0; k < inner; k++) {
    out[k] = codes[k] ^ flip;
    sum += out[k];
  }
  return sum;
}

// With a = a' - oa and w = w' + ow, where a' and w' are the packed codes:
// sum a w = sum a' w' + ow sum a' - oa sum w' - K oa ow. Unsigned, so that intermediate results may
// wrap; the sum itself fits int32.
void store(const int32_t* packed_sums, const int32_t* row_sum, int64_t rows, uint32_t a_offset,
           const viditq_weights& w, int64_t panel, int32_t* sums) {
  const int64_t first_channel = panel * w.tile->channels;
  const int64_t channels = std::min<int64_t>(w.tile->channels, w.channels - first_channel);
  const uint32_t w_offset = static_cast<uint32_t>(w.offset);
  for (int64_t m = 0; m < rows; m++) {
    const uint32_t row_term = w_offset * static_cast<uint32_t>(row_sum[m]) -
                              static_cast<uint32_t>(w.inner) * a_offset * w_offset;
    const int32_t* from = packed_sums + m * w.tile->channels;
    int32_t* to = sums + m * w.channels + first_channel;
    for (int64_t n = 0; n < channels; n++) {
      to[n] =
          static_cast<int32_t>(static_cast<uint32_t>(from[n]) + row_term -
                               a_offset * static_cast<uint32_t>(w.channel_sum[first_channel + n]));
    }
  }
}

}  // namespace
}  // namespace viditq

int viditq_multiply(const uint8_t* codes, int symmetric, int64_t rows, int64_t inner,
                    const viditq_weights* weights, int32_t* sums) {
  if (weights == nullptr) return VIDITQ_NULL_POINTER;
  if (rows < 1 || inner != weights->inner) return VIDITQ_BAD_SIZE;
  int64_t codes_bytes;
  int64_t sums_bytes;
  if (!viditq::byte_count(rows, inner, 1, &codes_bytes) ||
      !viditq::byte_count(rows, weights->channels, sizeof(int32_t), &sums_bytes)) {
    return VIDITQ_OVERFLOW;
  }
  const int status = viditq::check_buffers({{codes, codes_bytes}}, {{sums, sums_bytes}});
  if (status != VIDITQ_OK) return status;

  const auto workspace = viditq::allocate<viditq::Workspace>(1);
  const int64_t block_rows = viditq::block_rows(rows, *weights, 1);
  const auto packed = viditq::allocate<uint8_t>(std::min(rows, block_rows) * inner);
  if (workspace == nullptr || packed == nullptr) return VIDITQ_NO_MEMORY;
  const viditq::Tile& tile = *weights->tile;
  const uint8_t flip = symmetric ? 0x80 : 0;
  if (tile.begin != nullptr) tile.begin();
  for (int64_t first = 0; first < rows; first += block_rows) {
    const int64_t count = std::min(block_rows, rows - first);
    int32_t row_sum[viditq::kMaxBlockRows];
    for (int64_t m = 0; m < count; m++) {
      row_sum[m] =
          viditq::to_unsigned(codes + (first + m) * inner, flip, inner, packed.get() + m * inner);
    }
    for (int64_t panel = 0; panel < weights->panel_count(); panel++) {
      viditq::PanelProduct product({packed.get(), count}, *weights, panel, workspace.get());
      product.run([&](int64_t from, int64_t to) {
        viditq::store(workspace[0].sums + from * tile.channels, row_sum + from, to - from, flip,
                      *weights, panel, sums + (first + from) * weights->channels);
      });
    }
  }
  if (tile.end != nullptr) tile.end();
  return VIDITQ_OK;
}

int viditq_exercise_multiplier(int isa, int64_t repetitions, int64_t* operations) {
  if (operations == nullptr) return VIDITQ_NULL_POINTER;
  constexpr int64_t kMostRepetitions = INT64_C(1) << 40;  // the count fits int64
  if (repetitions < 1 || repetitions > kMostRepetitions) return VIDITQ_BAD_SIZE;
  const viditq::Tile* tile = viditq::tile_for(isa);
  if (tile == nullptr || tile->exercise == nullptr) return VIDITQ_BAD_ISA;
  if (tile->begin != nullptr) tile->begin();
  *operations = tile->exercise(repetitions);
  if (tile->end != nullptr) tile->end();
  return VIDITQ_OK;
}
