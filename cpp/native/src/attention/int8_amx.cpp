#define VIDITQ_VECTOR_BYTES 64
#define VIDITQ_VNNI
#define VIDITQ_AMX
#include "attention/attention_kernels.h"
#include "attention/int8_attention_kernel.h"

namespace viditq {

const AttentionKernels kAmxInt8Attention{int8_attention_scratch, attend_int8};

}  // namespace viditq
