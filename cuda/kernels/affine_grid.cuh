// The grid of one token and its codes, in the float32 arithmetic of the Java reference
// (org.viditq.core.quant.MinMaxGrid and AffineGrid): true division, round half to even, no fma.
#pragma once

#include "platform.cuh"

namespace viditq {

// Code range of b bits, 2 to 8: 0..2^b-1, or -2^(b-1)..2^(b-1)-1 if symmetric.
struct IntegerFormat {
  int bits;
  bool symmetric;

  __device__ __forceinline__ int min_code() const { return symmetric ? -(1 << (bits - 1)) : 0; }
  __device__ __forceinline__ int max_code() const {
    return symmetric ? (1 << (bits - 1)) - 1 : (1 << bits) - 1;
  }
};

__device__ __forceinline__ IntegerFormat format_of(const viditq_cuda_quantizer& quantizer) {
  return {quantizer.bits, quantizer.symmetric != 0};
}

struct Grid {
  float scale;
  int32_t zero_point;
};

// lo = min(min x, 0), hi = max(max x, 0).
__device__ __forceinline__ Grid grid_of(IntegerFormat format, float lo, float hi) {
  const float width = format.symmetric ? fmaxf(-lo, hi) : hi - lo;
  Grid grid;
  grid.scale = fmaxf(__fdiv_rn(width, static_cast<float>(format.max_code())), 1e-6f);
  grid.zero_point = format.symmetric ? 0 : static_cast<int32_t>(rintf(__fdiv_rn(-lo, grid.scale)));
  return grid;
}

__device__ __forceinline__ int code_of(IntegerFormat format, Grid grid, float x) {
  // Clamping before adding the zero point gives the same code and cannot leave the int range.
  const float lowest = static_cast<float>(format.min_code() - grid.zero_point);
  const float highest = static_cast<float>(format.max_code() - grid.zero_point);
  const float steps = fminf(fmaxf(rintf(__fdiv_rn(x, grid.scale)), lowest), highest);
  return static_cast<int>(steps) + grid.zero_point;
}

}  // namespace viditq
