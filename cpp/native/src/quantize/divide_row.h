// The definition of RowKernels::divide, compiled once per instruction set; the compiler makes
// vectors of it.
#pragma once

#include <cstdint>

namespace viditq {
namespace {

void divide(const float* __restrict x, const float* __restrict balance, int64_t count,
            float* __restrict out) {
  for (int64_t i = 0; i < count; i++) out[i] = x[i] / balance[i];
}

}  // namespace
}  // namespace viditq
