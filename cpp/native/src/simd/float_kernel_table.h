// The float kernels of all folders as one table; the last include of a file per instruction set.
#pragma once

#include "attention/attention_kernel.h"
#include "dense/bfloat16.h"
#include "dense/widen.h"
#include "gemm/epilogue_kernels.h"
#include "norm/normalization_kernels.h"
#include "pointwise/activation_kernel.h"
#include "simd/float_kernels.h"

#define VIDITQ_FLOAT_TABLE                                                                 \
  {                                                                                        \
    normalize_row, modulate_row_range, rms_row, normalize_group, activate, float_epilogue, \
        quantized_epilogue, {attention_scratch, attend}, round_to_bfloat16, widen, {       \
      attention_scratch, attend_rounded                                                    \
    }                                                                                      \
  }
