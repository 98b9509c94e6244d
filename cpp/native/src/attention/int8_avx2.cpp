#define VIDITQ_VECTOR_BYTES 32
#include "attention/attention_kernels.h"
#include "attention/int8_attention_kernel.h"

namespace viditq {

const AttentionKernels kAvx2Int8Attention{int8_attention_scratch, attend_int8};

}  // namespace viditq
