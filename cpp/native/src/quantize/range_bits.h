// A range that holds zero, as the bits of its ends: among values of the same sign, larger
// magnitudes have larger bits, and NaN and infinity the largest. So one signed maximum finds the
// highest value, one unsigned maximum the lowest, and both tell whether all were finite.
#pragma once

#include <cstdint>
#include <cstring>

namespace viditq {
namespace {

struct RangeBits {
  static constexpr uint32_t kSign = 0x80000000;
  static constexpr int32_t kInfinity = 0x7f800000;

  // The unsigned maximum of kSign, the end that was, and all bits.
  uint32_t low;
  // The signed maximum of the end that was and all bits.
  int32_t high;

  // lo <= 0 <= hi.
  RangeBits(float lo, float hi) {
    // Bits of positive values are below all with a sign; those of zero get one.
    std::memcpy(&low, &lo, sizeof low);
    low |= kSign;
    std::memcpy(&high, &hi, sizeof high);
    if (hi == 0.0f) high = 0;
  }

  // The ends; false where a value was not finite.
  bool store(float* lo, float* hi) const {
    std::memcpy(lo, &low, sizeof low);
    *lo += 0.0f;  // a zero without sign
    std::memcpy(hi, &high, sizeof high);
    return low < (kSign | static_cast<uint32_t>(kInfinity)) && high < kInfinity;
  }
};

}  // namespace
}  // namespace viditq
