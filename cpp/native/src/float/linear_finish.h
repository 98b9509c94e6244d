// The last step of linear layers: out = residual + gate * act(y + bias).
#pragma once

#include "finish.h"
#include "nonlinearity.h"

namespace viditq {
namespace {

// product(i, lanes) gives lanes of the row's product.
template <typename Product, typename Activation>
inline void finish(const Product& product, int64_t count, const RowFinish& f,
                   const Activation& activation, float* out) {
  for_each_vector(count, [&](int64_t i, int64_t lanes) {
    Vec y = product(i, lanes);
    if (f.bias != nullptr) y += load_lanes(f.bias + i, lanes);
    y = activation(y);
    if (f.gate != nullptr) y *= load_lanes(f.gate + i, lanes);
    if (f.residual != nullptr) y += load_lanes(f.residual + i, lanes);
    store_lanes(out + i, lanes, y);
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

// Intermediate results may wrap; the exact sum fits int32 for zero points within 8-bit codes.
void dequantize(const SumBlock& b) {
  with_activation(b.activation, [&](auto activation) {
    for (int64_t row = 0; row < b.rows; row++) {
      const int32_t* sums = b.sums + row * b.sums_step;
      const float scale = b.scale[row];
      const uint32_t zero_point = static_cast<uint32_t>(b.packed_zero_point(row));
      const uint32_t weight_factor = static_cast<uint32_t>(b.packed_code_sum(row)) -
                                     static_cast<uint32_t>(b.inner) * zero_point;
      const auto product = [&](int64_t i, int64_t lanes) {
        const UnsignedVec wrapped = load_unsigned(sums + i, lanes) -
                                    zero_point * load_unsigned(b.weight_code_sum + i, lanes) -
                                    weight_factor * load_unsigned(b.weight_zero_point + i, lanes);
        IntVec exact;
        std::memcpy(&exact, &wrapped, sizeof(exact));
        return __builtin_convertvector(exact, Vec) *
               (scale * load_lanes(b.weight_scale + i, lanes));
      };
      finish(product, b.channels, b.finish(row), activation, b.out + row * b.out_step);
    }
  });
}

void finish_row(const float* product, int64_t count, const RowFinish& f, float* out) {
  with_activation(f.activation, [&](auto activation) {
    finish([&](int64_t i, int64_t lanes) { return load_lanes(product + i, lanes); }, count, f,
           activation, out);
  });
}

}  // namespace
}  // namespace viditq
