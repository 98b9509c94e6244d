#define VIDITQ_VECTOR_BYTES 16
#include "simd/float_kernel_table.h"

namespace viditq {

const FloatKernels kPortableFloat = VIDITQ_FLOAT_TABLE;

}  // namespace viditq
