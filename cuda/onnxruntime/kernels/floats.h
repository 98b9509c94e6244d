// 16-bit activations as float32, and back.
#pragma once

#include <cstdint>

namespace viditq::ort {

// `type` is VIDITQ_CUDA_FLOAT16 or VIDITQ_CUDA_BFLOAT16; values are rounded to nearest, ties to
// even, beyond the greatest to infinity.
void widen(const void* from, int type, int64_t count, float* to);
void narrow(const float* from, int type, int64_t count, void* to);

// out = residual + gate * x in float32.
void add_gated(const float* x, const float* gate, const float* residual, int64_t count, float* out);

}  // namespace viditq::ort
