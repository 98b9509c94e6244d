#define VIDITQ_VECTOR_BYTES 64
#include "attention/attention_kernels.h"
#include "attention/bf16_attention_kernel.h"

namespace viditq {

const AttentionKernels kAvx512Bf16Attention{bf16_attention_scratch, attend_bf16};

}  // namespace viditq
