// The tensor maps that the kernels for Hopper need.
#pragma once

#include "warp_group.cuh"
#ifdef __CUDACC__
#include <cuda_runtime.h>
#endif

namespace viditq {

// The span of the swizzle.
constexpr int kTensorBoxBytes = 128;

// A map of bytes [sets, rows, inner] whose rows start at multiples of 16, with boxes of box_rows
// rows by kTensorBoxBytes.
inline bool make_map(const uint8_t* base, int sets, int rows, int inner, int box_rows,
                     TensorMap* map) {
  const int64_t row_bytes = code_row(1, inner);
#ifdef __CUDACC__
  // The driver's function, found at run time: the library does not link the driver.
  static const auto encode = [] {
    void* function = nullptr;
    cudaDriverEntryPointQueryResult result;
    const cudaError_t error = cudaGetDriverEntryPointByVersion("cuTensorMapEncodeTiled", &function,
                                                               12000, cudaEnableDefault, &result);
    return error == cudaSuccess && result == cudaDriverEntryPointSuccess
               ? reinterpret_cast<decltype(&cuTensorMapEncodeTiled)>(function)
               : nullptr;
  }();
  if (encode == nullptr) return false;
  const cuuint64_t extents[] = {static_cast<cuuint64_t>(inner), static_cast<cuuint64_t>(rows),
                                static_cast<cuuint64_t>(sets)};
  const cuuint64_t strides[] = {static_cast<cuuint64_t>(row_bytes),
                                static_cast<cuuint64_t>(row_bytes * rows)};
  const cuuint32_t box[] = {kTensorBoxBytes, static_cast<cuuint32_t>(box_rows), 1};
  const cuuint32_t steps[] = {1, 1, 1};
  return encode(map, CU_TENSOR_MAP_DATA_TYPE_UINT8, 3, const_cast<uint8_t*>(base), extents, strides,
                box, steps, CU_TENSOR_MAP_INTERLEAVE_NONE, CU_TENSOR_MAP_SWIZZLE_128B,
                CU_TENSOR_MAP_L2_PROMOTION_L2_256B,
                CU_TENSOR_MAP_FLOAT_OOB_FILL_NONE) == CUDA_SUCCESS;
#else
  *map = {base, inner, rows, sets, row_bytes, row_bytes * rows, box_rows};
  return true;
#endif
}

}  // namespace viditq
