// The last step of linear layers on one row: out = residual + gate * act(y + bias).
#pragma once

#include "finish.h"
#include "nonlinearity.h"

namespace viditq {
namespace {

// product(i, lanes) gives lanes of the row's product.
template <typename Product>
inline void finish(const Product& product, int64_t count, const RowFinish& f, float* out) {
  with_activation(f.activation, [&](auto activation) {
    for_each_vector(count, [&](int64_t i, int64_t lanes) {
      Vec y = product(i, lanes);
      if (f.bias != nullptr) y += load_lanes(f.bias + i, lanes);
      y = activation(y);
      if (f.gate != nullptr) y *= load_lanes(f.gate + i, lanes);
      if (f.residual != nullptr) y += load_lanes(f.residual + i, lanes);
      store_lanes(out + i, lanes, y);
    });
  });
}

// Lanes of an int32 array, as unsigned numbers, which wrap.
inline UnsignedVec load_unsigned(const int32_t* from, int64_t lanes) {
  UnsignedVec v{};
  if (lanes == kWidth) {
    std::memcpy(&v, from, sizeof(v));
  } else {
    std::memcpy(&v, from, static_cast<size_t>(lanes) * sizeof(int32_t));
  }
  return v;
}

// Intermediate results may wrap; the corrected sum fits int32 for zero points within 8-bit codes.
void dequantize_row(const int32_t* sums, int64_t count, const RowGrids& g, const RowFinish& f,
                    float* out) {
  const uint32_t zero_point = static_cast<uint32_t>(g.zero_point);
  const uint32_t weight_factor =
      static_cast<uint32_t>(g.inner) * zero_point - static_cast<uint32_t>(g.code_sum);
  finish(
      [&](int64_t i, int64_t lanes) {
        const UnsignedVec wrapped = load_unsigned(sums + i, lanes) -
                                    zero_point * load_unsigned(g.weight_code_sum + i, lanes) +
                                    weight_factor * load_unsigned(g.weight_zero_point + i, lanes);
        IntVec exact;
        std::memcpy(&exact, &wrapped, sizeof(exact));
        return __builtin_convertvector(exact, Vec) *
               (g.scale * load_lanes(g.weight_scale + i, lanes));
      },
      count, f, out);
}

void finish_row(const float* product, int64_t count, const RowFinish& f, float* out) {
  finish([&](int64_t i, int64_t lanes) { return load_lanes(product + i, lanes); }, count, f, out);
}

}  // namespace
}  // namespace viditq
