#include "floats.h"

#include <cstring>

#include "viditq_cuda.h"

namespace viditq::ort {
namespace {

uint32_t bits_of(float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  return bits;
}

float float_of(uint32_t bits) {
  float value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

constexpr uint32_t kSign = 0x80000000u;
constexpr uint32_t kFloatInfinity = 0x7f800000u;

// The multiplication makes subnormal numbers normal.
float from_half(uint16_t half) {
  const uint32_t magnitude = (half & 0x7fffu) << 13;
  const uint32_t finite = bits_of(float_of(magnitude) * 0x1p112f);
  const bool is_finite = (half & 0x7c00u) != 0x7c00u;
  return float_of((is_finite ? finite : magnitude | kFloatInfinity) | (half & 0x8000u) << 16);
}

uint16_t to_half(float value) {
  const uint32_t sign = bits_of(value) & kSign;
  const uint32_t magnitude = bits_of(value) ^ sign;
  // A normal number: the exponent moves from 127 to 15, and the sum carries where it rounds up.
  const uint32_t odd = magnitude >> 13 & 1;
  const uint32_t normal = (magnitude - (112u << 23) + 0xfff + odd) >> 13;
  // A subnormal one is a multiple of 2^-24, the last place of 0.5.
  const uint32_t subnormal = bits_of(float_of(magnitude) + 0.5f) - bits_of(0.5f);
  const uint32_t beyond = magnitude > kFloatInfinity ? 0x7e00 : 0x7c00;
  const uint32_t half = magnitude >= bits_of(65536.0f)  ? beyond
                        : magnitude < bits_of(0x1p-14f) ? subnormal
                                                        : normal;
  return static_cast<uint16_t>(half | sign >> 16);
}

float from_bfloat(uint16_t bfloat) { return float_of(static_cast<uint32_t>(bfloat) << 16); }

uint16_t to_bfloat(float value) {
  const uint32_t bits = bits_of(value);
  const uint32_t upper = bits >> 16;
  const bool is_nan = (bits & ~kSign) > kFloatInfinity;
  return static_cast<uint16_t>(is_nan ? upper | 0x40 : (bits + 0x7fff + (upper & 1)) >> 16);
}

}  // namespace

void widen(const void* from, int type, int64_t count, float* to) {
  const auto* values = static_cast<const uint16_t*>(from);
  if (type == VIDITQ_CUDA_FLOAT16) {
    for (int64_t i = 0; i < count; i++) to[i] = from_half(values[i]);
  } else {
    for (int64_t i = 0; i < count; i++) to[i] = from_bfloat(values[i]);
  }
}

void narrow(const float* from, int type, int64_t count, void* to) {
  auto* values = static_cast<uint16_t*>(to);
  if (type == VIDITQ_CUDA_FLOAT16) {
    for (int64_t i = 0; i < count; i++) values[i] = to_half(from[i]);
  } else {
    for (int64_t i = 0; i < count; i++) values[i] = to_bfloat(from[i]);
  }
}

void add_gated(const float* x, const float* gate, const float* residual, int64_t count,
               float* out) {
  for (int64_t i = 0; i < count; i++) out[i] = residual[i] + gate[i] * x[i];
}

}  // namespace viditq::ort
