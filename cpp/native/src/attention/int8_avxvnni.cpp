#define VIDITQ_VECTOR_BYTES 32
#define VIDITQ_VNNI
#include "attention/attention_kernels.h"
#include "attention/int8_attention_kernel.h"

namespace viditq {

const AttentionKernels kAvxVnniInt8Attention{int8_attention_scratch, attend_int8};

}  // namespace viditq
