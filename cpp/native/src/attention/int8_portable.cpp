#define VIDITQ_VECTOR_BYTES 16
#include "attention/attention_kernels.h"
#include "attention/int8_attention_kernel.h"

namespace viditq {

const AttentionKernels kPortableInt8Attention{int8_attention_scratch, attend_int8};

}  // namespace viditq
