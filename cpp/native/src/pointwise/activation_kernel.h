// The pointwise nonlinearities, over whole arrays.
#pragma once

#include "pointwise/nonlinearity.h"

namespace viditq {
namespace {

void activate(const float* x, int64_t count, int activation, float* out) {
  with_activation(activation, [&](auto f) {
    for_each_vector(count, [&](int64_t i, int64_t lanes) {
      store_lanes(out + i, lanes, f(load_lanes(x + i, lanes)));
    });
  });
}

}  // namespace
}  // namespace viditq
