// What a kernel source needs to compile: CUDA under nvcc, the emulation under g++.
#pragma once

#include <cstdint>

#ifdef __CUDACC__
#include <cuda_fp16.h>
#else
#include "emulation.h"
#endif

namespace viditq {

constexpr unsigned kAllLanes = 0xffffffffu;

__device__ __forceinline__ float to_float(float x) { return x; }
__device__ __forceinline__ float to_float(__half x) { return __half2float(x); }

}  // namespace viditq
