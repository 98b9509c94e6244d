// The float32 kernels that are compiled once per instruction set.
#pragma once

#include <cstdint>

#include "attention/attention_kernels.h"
#include "gemm/epilogue.h"

namespace viditq {

struct FloatKernels {
  void (*normalize_row)(const float* x, int64_t count, float eps, const float* factor, float base,
                        const float* offset, float* out);
  // out = (n * (1 + scale) + shift) / balance of the normalized row n, a null balance being 1, and
  // the range of these values, clipped through zero. False if n holds NaN or infinity; scale, shift
  // and balance are finite, balances not 0, so that otherwise no value is NaN, and an infinite one
  // shows in the range. The values are to the bit those of normalize_row, divided.
  bool (*modulate_row_range)(const float* x, int64_t count, float eps, const float* scale,
                             const float* shift, const float* balance, float* out, float* lo,
                             float* hi);
  void (*rms_row)(const float* x, int64_t count, float eps, const float* weight, float* out);
  void (*normalize_group)(const float* x, int64_t channels, int64_t positions, const float* gamma,
                          const float* beta, float eps, float* out);
  void (*activate)(const float* x, int64_t count, int activation, float* out);
  // Of a row of a product in float32; out may be the product.
  void (*float_epilogue)(const float* product, int64_t count, const RowEpilogue& epilogue,
                         float* out);
  // Of rows from `from` to `to` - 1 of the block; for zero points within 8-bit codes.
  void (*quantized_epilogue)(const SumBlock& block, int64_t from, int64_t to);
  AttentionKernels attention;
  // To nearest, ties to even.
  void (*round_to_bfloat16)(const float* from, int64_t count, uint16_t* to);
  // Of VIDITQ_FLOAT16 or VIDITQ_BFLOAT16, to float32; exact.
  void (*widen)(const void* from, int type, int64_t count, float* to);
  // Of values rounded to bfloat16, with float32 instructions.
  AttentionKernels rounded_attention;
};

extern const FloatKernels kPortableFloat;
#ifdef __x86_64__
extern const FloatKernels kAvx2Float;
extern const FloatKernels kAvx512Float;
#endif

// The kernels for a VIDITQ_* instruction set; null where it is unknown or not supported here.
const FloatKernels* float_kernels_for(int isa);

}  // namespace viditq
