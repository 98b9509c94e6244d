#define VIDITQ_VECTOR_BYTES 32
#include "simd/float_kernel_table.h"

namespace viditq {

const FloatKernels kAvx2Float = VIDITQ_FLOAT_TABLE;

}  // namespace viditq
