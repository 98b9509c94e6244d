// Everything in this folder as one table; the last include of a file per instruction set.
#pragma once

#include "activate.h"
#include "attention.h"
#include "bfloat16.h"
#include "float_kernels.h"
#include "linear_finish.h"
#include "normalization.h"
#include "widen.h"

#define VIDITQ_FLOAT_TABLE                                                                        \
  {                                                                                               \
    normalize_row, modulate_row_range, rms_row, normalize_group, activate, finish_row, dequantize, \
        attention_scratch, attend, round_to_bfloat16, widen                                       \
  }
