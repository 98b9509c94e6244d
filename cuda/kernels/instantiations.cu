// The kernels for the element types that are built for devices.
#include "quantize_tokens_naive.cuh"
#include "quantize_tokens_warp.cuh"

namespace viditq {

#define VIDITQ_INSTANTIATE(kernel, T)                                                          \
  template __global__ void kernel<T>(const T*, int, int, IntegerFormat, uint8_t*, float*, int32_t*, \
                                     int32_t*, int32_t*);

VIDITQ_INSTANTIATE(quantize_tokens_naive, float)
VIDITQ_INSTANTIATE(quantize_tokens_naive, __half)
VIDITQ_INSTANTIATE(quantize_tokens_warp, float)
VIDITQ_INSTANTIATE(quantize_tokens_warp, __half)

}  // namespace viditq
