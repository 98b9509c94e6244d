// Packed weights for tests.
#pragma once

#include <memory>
#include <vector>

#include "check.h"
#include "viditq.h"

namespace weights {

struct Free {
  void operator()(viditq_weights* packed) const { viditq_free_weights(packed); }
};
using Packed = std::unique_ptr<viditq_weights, Free>;

// Weight codes as an entry point takes them; without grids.
inline viditq_weight_codes stored(const uint8_t* codes, int layout, int64_t channels, int64_t inner,
                                  int32_t offset = 0) {
  viditq_weight_codes stored{};
  stored.stored = codes;
  stored.layout = layout;
  stored.offset = offset;
  stored.channels = channels;
  stored.inner = inner;
  return stored;
}

inline Packed pack(const viditq_weight_codes& codes, int isa) {
  viditq_weights* packed = nullptr;
  CHECK_EQUAL(viditq_pack_weights(codes, isa, &packed), VIDITQ_OK);
  return Packed(packed);
}

inline Packed pack(const std::vector<uint8_t>& codes, bool is_signed, int64_t channels,
                   int64_t inner, int isa, const float* scale = nullptr,
                   const int32_t* zero_point = nullptr) {
  viditq_weight_codes bytes = stored(
      codes.data(), is_signed ? VIDITQ_SIGNED_BYTES : VIDITQ_UNSIGNED_BYTES, channels, inner);
  bytes.scale = scale;
  bytes.zero_point = zero_point;
  return pack(bytes, isa);
}

}  // namespace weights
