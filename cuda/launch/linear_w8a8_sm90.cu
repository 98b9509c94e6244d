// Launch of the linear layer for Hopper, and the tensor maps that it needs.
#include "linear_w8a8_sm90.cuh"

#include "linear.cuh"
#ifdef __CUDACC__
#include <cuda_runtime.h>
#endif

namespace viditq {
namespace {

// A map of bytes [sets, rows, inner] whose rows start at multiples of 16, with boxes of box_rows rows
// by 128 bytes.
bool make_map(const uint8_t* base, int sets, int rows, int inner, int box_rows, TensorMap* map) {
  const int64_t row_bytes = code_row(1, inner);
#ifdef __CUDACC__
  // The driver's function, found at run time: the library does not link the driver.
  static const auto encode = [] {
    void* function = nullptr;
    cudaDriverEntryPointQueryResult result;
    const cudaError_t error = cudaGetDriverEntryPointByVersion(
        "cuTensorMapEncodeTiled", &function, 12000, cudaEnableDefault, &result);
    return error == cudaSuccess && result == cudaDriverEntryPointSuccess
               ? reinterpret_cast<decltype(&cuTensorMapEncodeTiled)>(function)
               : nullptr;
  }();
  if (encode == nullptr) return false;
  const cuuint64_t extents[] = {static_cast<cuuint64_t>(inner), static_cast<cuuint64_t>(rows),
                                static_cast<cuuint64_t>(sets)};
  const cuuint64_t strides[] = {static_cast<cuuint64_t>(row_bytes),
                                static_cast<cuuint64_t>(row_bytes * rows)};
  const cuuint32_t box[] = {HopperTile::kInner, static_cast<cuuint32_t>(box_rows), 1};
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

}  // namespace

template <typename T>
int launch_linear_w8a8_sm90(const LinearOperands<T>& in, bool x_symmetric, void* stream) {
  TensorMap x_map;
  TensorMap w_map;
  if (!make_map(in.x_codes, 1, in.rows, in.inner, HopperTile::kRows, &x_map) ||
      !make_map(in.weights.codes, in.weights.sets, in.channels, in.inner, HopperTile::kChannels,
                &w_map)) {
    return VIDITQ_CUDA_LAUNCH_FAILED;
  }
  return launch(x_symmetric ? linear_w8a8_sm90<true, T> : linear_w8a8_sm90<false, T>,
                dim3(blocks_for(in.rows, HopperTile::kRows),
                     blocks_for(in.channels, HopperTile::kChannels)),
                HopperTile::kThreads, HopperTile::kSharedBytes, stream, in, x_map, w_map);
}

template int launch_linear_w8a8_sm90(const LinearOperands<float>&, bool, void*);
template int launch_linear_w8a8_sm90(const LinearOperands<__half>&, bool, void*);
template int launch_linear_w8a8_sm90(const LinearOperands<__nv_bfloat16>&, bool, void*);

}  // namespace viditq
