// What a kernel source needs to compile: CUDA under nvcc, the emulation under g++.
#pragma once

#include <cstdint>

#ifdef __CUDACC__
#include <cuda_bf16.h>
#include <cuda_fp16.h>
#else
#include "emulation.h"
#endif

#include "viditq_cuda.h"

namespace viditq {

constexpr int kLanes = 32;
constexpr unsigned kAllLanes = 0xffffffffu;

__host__ __device__ __forceinline__ float to_float(float x) { return x; }
__host__ __device__ __forceinline__ float to_float(__half x) { return __half2float(x); }
__host__ __device__ __forceinline__ float to_float(__nv_bfloat16 x) { return __bfloat162float(x); }

template <typename T>
__host__ __device__ __forceinline__ T from_float(float x);
template <>
__host__ __device__ __forceinline__ float from_float<float>(float x) {
  return x;
}
template <>
__host__ __device__ __forceinline__ __half from_float<__half>(float x) {
  return __float2half_rn(x);
}
template <>
__host__ __device__ __forceinline__ __nv_bfloat16 from_float<__nv_bfloat16>(float x) {
  return __float2bfloat16_rn(x);
}

// The block's dynamic shared memory, aligned to 1024 bytes.
__device__ __forceinline__ unsigned char* dynamic_shared() {
#ifdef __CUDACC__
  extern __shared__ __align__(1024) unsigned char memory[];
  return memory;
#else
  return emulation::dynamic_shared();
#endif
}

// kCount neighbouring elements, moved by one access of up to 16 bytes.
template <typename T, int kCount>
struct __align__(sizeof(T) * kCount < 16 ? sizeof(T) * kCount : 16) Vector {
  T elements[kCount];
};

template <int kCount, typename T>
__device__ __forceinline__ Vector<T, kCount> load_vector(const T* from) {
  return *reinterpret_cast<const Vector<T, kCount>*>(from);
}

template <int kCount, typename T>
__device__ __forceinline__ void store_vector(T* to, const Vector<T, kCount>& vector) {
  *reinterpret_cast<Vector<T, kCount>*>(to) = vector;
}

// Where row r of codes starts.
__host__ __device__ __forceinline__ int64_t code_row(int64_t row, int columns) {
  constexpr int kUnit = VIDITQ_CUDA_CODE_ROW;
  return row * ((columns + kUnit - 1) / kUnit * kUnit);
}

// The set that the device-side index chooses, clamped so that no index reads beyond the sets.
__device__ __forceinline__ int chosen_set(const int32_t* active_set, int sets) {
  const int set = active_set == nullptr ? 0 : *active_set;
  return set < 0 ? 0 : set < sets ? set : sets - 1;
}

}  // namespace viditq
