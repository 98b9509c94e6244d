// The epilogues of linear layers: out = residual + gate * act(y + bias), of products in float32 and
// of int32 sums.
#pragma once

#include "gemm/dequantize.h"
#include "gemm/epilogue.h"
#include "pointwise/nonlinearity.h"

namespace viditq {
namespace {

// product(i, lanes) gives lanes of the row's product.
template <typename Product, typename Activation>
inline void apply_epilogue(const Product& product, int64_t count, const RowEpilogue& e,
                           const Activation& activation, float* out) {
  for_each_vector(count, [&](int64_t i, int64_t lanes) {
    Vec y = product(i, lanes);
    if (e.bias != nullptr) y += load_lanes(e.bias + i, lanes);
    y = activation(y);
    if (e.gate != nullptr) y *= load_lanes(e.gate + i, lanes);
    if (e.residual != nullptr) y += load_lanes(e.residual + i, lanes);
    store_lanes(out + i, lanes, y);
  });
}

// Rows from `from` to `to` - 1 of some vectors of channels from `first` on. Only a single vector
// may have fewer lanes than its width.
template <int vectors, bool gated_or_added, bool streamed, typename Activation>
inline void epilogue_of_channels(const SumBlock& b, int64_t from, int64_t to, int64_t first,
                                 int64_t lanes, const Activation& activation) {
  ChannelFactors channels[vectors];
  for (int v = 0; v < vectors; v++) channels[v] = ChannelFactors(b, first + v * kWidth, lanes);
  const int64_t sums_step = b.sums_step;
  const int64_t out_step = b.out.step;
  const int32_t* sums = b.sums + from * sums_step + first;
  float* out = b.out.first + from * out_step + first;
  for (int64_t row = from; row < to; row++, sums += sums_step, out += out_step) {
    const RowFactors factors(b, row);
    RowEpilogue e{};
    if (gated_or_added) e = row_epilogue(b, row);
    for (int v = 0; v < vectors; v++) {
      Vec y = dequantize(load_int_lanes(sums + v * kWidth, lanes), factors, channels[v]);
      y = activation(y);
      if (gated_or_added) y = gate_and_add(y, e, first + v * kWidth, lanes);
      if (streamed) {
        stream(out + v * kWidth, y);
      } else {
        store_lanes(out + v * kWidth, lanes, y);
      }
    }
  }
}

template <bool gated_or_added, bool streamed, typename Activation>
inline void epilogue_of_rows(const SumBlock& b, int64_t from, int64_t to,
                             const Activation& activation) {
  int64_t n = 0;
  for (; n + 3 * kWidth <= b.channels; n += 3 * kWidth) {
    epilogue_of_channels<3, gated_or_added, streamed>(b, from, to, n, kWidth, activation);
  }
  for (; n + 2 * kWidth <= b.channels; n += 2 * kWidth) {
    epilogue_of_channels<2, gated_or_added, streamed>(b, from, to, n, kWidth, activation);
  }
  for (; n < b.channels; n += kWidth) {
    const int64_t lanes = b.channels - n < kWidth ? b.channels - n : kWidth;
    epilogue_of_channels<1, gated_or_added, streamed>(b, from, to, n, lanes, activation);
  }
}

void quantized_epilogue(const SumBlock& b, int64_t from, int64_t to) {
  with_activation(b.activation, [&](auto activation) {
    const bool gated_or_added = b.gate != nullptr || b.residual != nullptr;
    if (gated_or_added && b.out.stream) {
      epilogue_of_rows<true, true>(b, from, to, activation);
    } else if (gated_or_added) {
      epilogue_of_rows<true, false>(b, from, to, activation);
    } else if (b.out.stream) {
      epilogue_of_rows<false, true>(b, from, to, activation);
    } else {
      epilogue_of_rows<false, false>(b, from, to, activation);
    }
  });
}

void float_epilogue(const float* product, int64_t count, const RowEpilogue& e, float* out) {
  with_activation(e.activation, [&](auto activation) {
    apply_epilogue([&](int64_t i, int64_t lanes) { return load_lanes(product + i, lanes); }, count,
                   e, activation, out);
  });
}

}  // namespace
}  // namespace viditq
