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

inline Packed pack(const std::vector<uint8_t>& codes, bool is_signed, int64_t channels,
                   int64_t inner, int isa, const float* scale = nullptr,
                   const int32_t* zero_point = nullptr) {
  viditq_weights* packed = nullptr;
  CHECK_EQUAL(viditq_pack_weights(codes.data(), is_signed, channels, inner, scale, zero_point, isa,
                                  &packed),
              VIDITQ_OK);
  return Packed(packed);
}

}  // namespace weights
