#define VIDITQ_VECTOR_BYTES 64
#define VIDITQ_AMX
#include "attention/attention_kernels.h"
#include "attention/bf16_attention_kernel.h"

namespace viditq {

const AttentionKernels kAmxBf16Attention{bf16_attention_scratch, attend_bf16};

}  // namespace viditq
