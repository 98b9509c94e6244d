// Attention's kernels, one pair per instruction set and precision.
#pragma once

#include <cstdint>

#include "attention/attention_task.h"

namespace viditq {

struct AttentionKernels {
  // Floats of working memory for attend, aligned to 64 bytes.
  int64_t (*scratch)(int64_t queries, int64_t d, int64_t dv);
  void (*attend)(const AttentionTask& task, float* scratch);
};

extern const AttentionKernels kPortableInt8Attention;
#ifdef __x86_64__
extern const AttentionKernels kAvx2Int8Attention;
extern const AttentionKernels kAvxVnniInt8Attention;
extern const AttentionKernels kAvx512Int8Attention;
extern const AttentionKernels kAvx512Bf16Attention;
extern const AttentionKernels kAmxInt8Attention;
extern const AttentionKernels kAmxBf16Attention;
#endif

// Those of a VIDITQ_* instruction set that is supported here; null where VIDITQ_ATTENTION_* is
// unknown.
const AttentionKernels* attention_kernels_for(int isa, int precision);

}  // namespace viditq
