#include "packed_weights.h"

#include <cstring>

#include "arguments.h"

namespace viditq {
namespace {

// Writes one channel into its panel; returns the sum of its packed codes.
int32_t pack_channel(const uint8_t* codes, int32_t offset, const viditq_weights& weights,
                     int8_t* first) {
  int32_t sum = 0;
  for (int64_t k = 0; k < weights.inner; k++) {
    const int32_t code = offset == 0 ? static_cast<int8_t>(codes[k]) : codes[k] - offset;
    first[k / kStep * weights.tile->channels * kStep + k % kStep] = static_cast<int8_t>(code);
    sum += code;
  }
  return sum;
}

void pack(const uint8_t* codes, viditq_weights* weights) {
  const int64_t width = weights->tile->channels;
  std::memset(weights->panels.get(), 0, weights->panel_bytes() * weights->panel_count());
  for (int64_t n = 0; n < weights->channels; n++) {
    int8_t* first =
        weights->panels.get() + n / width * weights->panel_bytes() + n % width * kStep;
    weights->channel_sum[n] =
        pack_channel(codes + n * weights->inner, weights->offset, *weights, first);
  }
}

}  // namespace
}  // namespace viditq

int viditq_pack_weights(const uint8_t* codes, int codes_signed, int64_t channels, int64_t inner,
                        int isa, viditq_weights** weights) {
  if (codes == nullptr || weights == nullptr) return VIDITQ_NULL_POINTER;
  *weights = nullptr;
  if (channels < 1 || inner < 1) return VIDITQ_BAD_SIZE;
  // Room for the padding of the last panel, too.
  int64_t bytes;
  if (inner > VIDITQ_MAX_INNER ||
      !viditq::byte_count(channels, inner + viditq::kStep, 2, &bytes)) {
    return VIDITQ_OVERFLOW;
  }
  const viditq::Tile* tile = viditq::tile_for(isa);
  if (tile == nullptr) return VIDITQ_BAD_ISA;

  std::unique_ptr<viditq_weights> packed(new (std::nothrow) viditq_weights());
  if (packed == nullptr) return VIDITQ_NO_MEMORY;
  packed->tile = tile;
  packed->channels = channels;
  packed->inner = inner;
  packed->steps = (inner + viditq::kStep - 1) / viditq::kStep;
  packed->offset = codes_signed ? 0 : 128;
  packed->panels = viditq::allocate<int8_t>(packed->panel_bytes() * packed->panel_count());
  packed->channel_sum = viditq::allocate<int32_t>(channels);
  if (packed->panels == nullptr || packed->channel_sum == nullptr) return VIDITQ_NO_MEMORY;
  viditq::pack(codes, packed.get());
  *weights = packed.release();
  return VIDITQ_OK;
}

void viditq_free_weights(viditq_weights* weights) { delete weights; }

int64_t viditq_weights_bytes(const viditq_weights* weights) {
  if (weights == nullptr) return 0;
  return weights->panel_bytes() * weights->panel_count() +
         weights->channels * static_cast<int64_t>(sizeof(int32_t)) +
         static_cast<int64_t>(sizeof(viditq_weights));
}
