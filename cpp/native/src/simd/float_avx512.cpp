#define VIDITQ_VECTOR_BYTES 64
#include "simd/float_kernel_table.h"

namespace viditq {

const FloatKernels kAvx512Float = VIDITQ_FLOAT_TABLE;

}  // namespace viditq
