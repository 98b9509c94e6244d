// GELU in its tanh form.
#pragma once

#include "platform.cuh"

namespace viditq {

// 0.5 x (1 + tanh u) with u = sqrt(2 / pi) (x + 0.044715 x^3), as x sigmoid(2 u): one exponential,
// and nothing cancels where u is far below 0.
__device__ __forceinline__ float gelu_tanh(float x) {
  constexpr float kTwiceSqrt2OverPi = 1.5957691216057308f;
  const float twice_u = kTwiceSqrt2OverPi * (x + 0.044715f * x * x * x);
  return __fdiv_rn(x, 1.0f + expf(-twice_u));
}

}  // namespace viditq
