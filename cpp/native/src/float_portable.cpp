#define VIDITQ_VECTOR_BYTES 16
#include "float/table.h"

namespace viditq {

const FloatKernels kPortableFloat = VIDITQ_FLOAT_TABLE;

}  // namespace viditq
