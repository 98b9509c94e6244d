// The last step of linear layers: out = residual + gate * act(y + bias).
#pragma once

#include "dequantize.h"
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

// Rows from `from` to `to` - 1 of some vectors of channels from `first` on. Only a single vector
// may have fewer lanes than its width.
template <int vectors, bool gated_or_added, bool streamed, typename Activation>
inline void dequantize_channels(const SumBlock& b, int64_t from, int64_t to, int64_t first,
                                int64_t lanes, const Activation& activation) {
  ChannelFactors channels[vectors];
  for (int v = 0; v < vectors; v++) channels[v] = ChannelFactors(b, first + v * kWidth, lanes);
  const int64_t sums_step = b.sums_step;
  const int64_t out_step = b.out.step;
  const int32_t* sums = b.sums + from * sums_step + first;
  float* out = b.out.first + from * out_step + first;
  for (int64_t row = from; row < to; row++, sums += sums_step, out += out_step) {
    const RowFactors factors(b, row);
    RowFinish f{};
    if (gated_or_added) f = b.finish(row);
    for (int v = 0; v < vectors; v++) {
      Vec y = dequantize(load_int_lanes(sums + v * kWidth, lanes), factors, channels[v]);
      y = activation(y);
      if (gated_or_added) y = gate_and_add(y, f, first + v * kWidth, lanes);
      if (streamed) {
        stream(out + v * kWidth, y);
      } else {
        store_lanes(out + v * kWidth, lanes, y);
      }
    }
  }
}

template <bool gated_or_added, bool streamed, typename Activation>
inline void dequantize_rows(const SumBlock& b, int64_t from, int64_t to,
                            const Activation& activation) {
  int64_t n = 0;
  for (; n + 3 * kWidth <= b.channels; n += 3 * kWidth) {
    dequantize_channels<3, gated_or_added, streamed>(b, from, to, n, kWidth, activation);
  }
  for (; n + 2 * kWidth <= b.channels; n += 2 * kWidth) {
    dequantize_channels<2, gated_or_added, streamed>(b, from, to, n, kWidth, activation);
  }
  for (; n < b.channels; n += kWidth) {
    const int64_t lanes = b.channels - n < kWidth ? b.channels - n : kWidth;
    dequantize_channels<1, gated_or_added, streamed>(b, from, to, n, lanes, activation);
  }
}

void dequantize(const SumBlock& b, int64_t from, int64_t to) {
  with_activation(b.activation, [&](auto activation) {
    const bool gated_or_added = b.gate != nullptr || b.residual != nullptr;
    if (gated_or_added && b.out.stream) {
      dequantize_rows<true, true>(b, from, to, activation);
    } else if (gated_or_added) {
      dequantize_rows<true, false>(b, from, to, activation);
    } else if (b.out.stream) {
      dequantize_rows<false, true>(b, from, to, activation);
    } else {
      dequantize_rows<false, false>(b, from, to, activation);
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
