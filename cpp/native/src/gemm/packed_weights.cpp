#include "gemm/packed_weights.h"

#include <cstring>

#include "entry/arguments.h"
#include "gemm/factors.h"

namespace viditq {
namespace {

constexpr int64_t kNibblesPerWord = 8;

int64_t row_bytes(const viditq_weight_codes& codes) {
  return codes.layout == VIDITQ_NIBBLES
             ? (codes.inner + kNibblesPerWord - 1) / kNibblesPerWord * sizeof(int32_t)
             : codes.inner;
}

// The packed code at position k of a row.
int32_t packed_code(const uint8_t* row, int layout, int64_t k) {
  switch (layout) {
    case VIDITQ_SIGNED_BYTES:
      return static_cast<int8_t>(row[k]);
    case VIDITQ_UNSIGNED_BYTES:
      return row[k] - 128;
    default:
      return k % 2 == 0 ? row[k / 2] & 0xf : row[k / 2] >> 4;
  }
}

// What is added to packed codes to give codes.
int32_t packed_offset(const viditq_weight_codes& codes) {
  return codes.layout == VIDITQ_UNSIGNED_BYTES ? codes.offset + 128 : codes.offset;
}

bool has_layout(const viditq_weight_codes& codes) {
  if (codes.layout != VIDITQ_UNSIGNED_BYTES && codes.layout != VIDITQ_SIGNED_BYTES &&
      codes.layout != VIDITQ_NIBBLES) {
    return false;
  }
  // Codes beyond a byte would let sums leave int32.
  const int32_t lowest = codes.layout == VIDITQ_SIGNED_BYTES ? -128 : 0;
  const int32_t highest = codes.layout == VIDITQ_NIBBLES ? 15 : lowest + 255;
  return codes.offset >= -128 - lowest && codes.offset <= 255 - highest;
}

// Where packed code k of the panel's channel n goes: byte, and for nibbles which half of it.
void put(viditq_weights* weights, uint8_t* panel, int64_t n, int64_t k, int32_t code) {
  const int64_t position = (k / kStep * weights->tile->channels + n) * kStep + k % kStep;
  if (!weights->nibbles) {
    panel[position] = static_cast<uint8_t>(code);
    return;
  }
  const int64_t run = position / (2 * kNibbleRun);
  const int64_t in_run = position % (2 * kNibbleRun);
  panel[run * kNibbleRun + in_run % kNibbleRun] |=
      static_cast<uint8_t>(in_run < kNibbleRun ? code : code << 4);
}

void pack(const viditq_weight_codes& codes, viditq_weights* weights) {
  const int64_t width = weights->tile->channels;
  const int64_t bytes = row_bytes(codes);
  std::memset(weights->panels.get(), 0, static_cast<size_t>(weights->bytes()));
  for (int64_t n = 0; n < weights->channels; n++) {
    const uint8_t* row = codes.stored + n * bytes;
    uint8_t* panel = weights->panels.get() + n / width * weights->panel_bytes();
    int32_t sum = 0;
    for (int64_t k = 0; k < weights->inner; k++) {
      const int32_t code = packed_code(row, codes.layout, k);
      put(weights, panel, n % width, k, code);
      sum += code;
    }
    weights->channel_sum[n] = sum;
  }
}

// Up to here, zero points that are 8-bit codes make large factors below kLargeFactor.
constexpr int64_t kFactorInner = kLargeFactor / 256;

// Copies the grids, and computes what products with them need.
void set_grids(const float* scale, const int32_t* zero_point, viditq_weights* weights) {
  weights->int32_epilogue = weights->inner < kFactorInner;
  for (int64_t n = 0; n < weights->channels; n++) {
    weights->scale[n] = scale == nullptr ? 1.0f : scale[n];
    weights->zero_point[n] = zero_point == nullptr ? 0 : zero_point[n];
    const int64_t packed = weights->packed_zero_point(n);
    const bool is_code = packed >= -128 && packed <= 127;
    weights->int32_epilogue &= is_code;
    weights->channel_sum_factor[n] = large_factor(weights->channel_sum[n]);
    weights->zero_point_factor[n] = small_factor(is_code ? static_cast<int32_t>(packed) : 0);
  }
}

// Even blocks of at most tile.block_inner.
int64_t block_inner(const Tile& tile, int64_t padded_inner) {
  const int64_t blocks = (padded_inner + tile.block_inner - 1) / tile.block_inner;
  const int64_t even = (padded_inner + blocks - 1) / blocks;
  return (even + kMaxInnerStep - 1) / kMaxInnerStep * kMaxInnerStep;
}

}  // namespace
}  // namespace viditq

int viditq_pack_weights(viditq_weight_codes codes, int isa, viditq_weights** weights) {
  if (!viditq::has_layout(codes)) return VIDITQ_BAD_FORMAT;
  if (codes.stored == nullptr || weights == nullptr) return VIDITQ_NULL_POINTER;
  *weights = nullptr;
  const int64_t channels = codes.channels;
  const int64_t inner = codes.inner;
  if (channels < 1 || inner < 1) return VIDITQ_BAD_SIZE;
  // Room for the padding of the last panel and of every row, too.
  int64_t bytes;
  if (inner > VIDITQ_MAX_INNER || !viditq::byte_count(channels, inner + viditq::kMaxInnerStep,
                                                      viditq::kMaxTileChannels, &bytes)) {
    return VIDITQ_OVERFLOW;
  }
  const viditq::Tile* tile = viditq::tile_for(isa);
  if (tile == nullptr) return VIDITQ_BAD_ISA;

  std::unique_ptr<viditq_weights> packed(new (std::nothrow) viditq_weights());
  if (packed == nullptr) return VIDITQ_NO_MEMORY;
  packed->tile = tile;
  packed->channels = channels;
  packed->inner = inner;
  packed->padded_inner = (inner + tile->inner_step - 1) / tile->inner_step * tile->inner_step;
  packed->block_inner = viditq::block_inner(*tile, packed->padded_inner);
  packed->nibbles = codes.layout == VIDITQ_NIBBLES;
  packed->offset = viditq::packed_offset(codes);
  packed->panels = viditq::allocate<uint8_t>(packed->bytes());
  packed->channel_sum = viditq::allocate<int32_t>(channels);
  packed->scale = viditq::allocate<float>(channels);
  packed->zero_point = viditq::allocate<int32_t>(channels);
  packed->zero_point_factor = viditq::allocate<int32_t>(channels);
  packed->channel_sum_factor = viditq::allocate<int32_t>(channels);
  if (packed->panels == nullptr || packed->channel_sum == nullptr || packed->scale == nullptr ||
      packed->zero_point == nullptr || packed->zero_point_factor == nullptr ||
      packed->channel_sum_factor == nullptr) {
    return VIDITQ_NO_MEMORY;
  }
  viditq::pack(codes, packed.get());
  viditq::set_grids(codes.scale, codes.zero_point, packed.get());
  *weights = packed.release();
  return VIDITQ_OK;
}

void viditq_free_weights(viditq_weights* weights) { delete weights; }

int64_t viditq_weights_bytes(const viditq_weights* weights) {
  if (weights == nullptr) return 0;
  // Of each channel: sum, scale, zero point and two factors.
  return weights->bytes() + weights->channels * 5 * static_cast<int64_t>(sizeof(int32_t)) +
         static_cast<int64_t>(sizeof(viditq_weights));
}
