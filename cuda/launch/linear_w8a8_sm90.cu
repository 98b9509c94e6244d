// Launch of the linear layer for Hopper on weights stored as bytes.
#include "linear.cuh"
#include "linear_w8a8_sm90.cuh"
#include "tensor_map.cuh"

namespace viditq {

template <typename T>
int launch_linear_w8a8_sm90(const LinearOperands<T>& in, bool x_symmetric, void* stream) {
  using Tile = HopperTile;
  static_assert(Tile::kInner == kTensorBoxBytes, "a stage is one box wide");
  TensorMap x_map;
  TensorMap w_map;
  if (!make_map(in.x_codes, 1, in.rows, in.inner, Tile::kRows, &x_map) ||
      !make_map(in.weights.codes, in.weights.sets, in.channels, in.inner, Tile::kChannels,
                &w_map)) {
    return VIDITQ_CUDA_LAUNCH_FAILED;
  }
  return launch(x_symmetric ? linear_w8a8_sm90<true, T> : linear_w8a8_sm90<false, T>,
                dim3(blocks_for(in.rows, Tile::kRows), blocks_for(in.channels, Tile::kChannels)),
                Tile::kThreads, StageRing<Tile>::kSharedBytes, stream, in, x_map, w_map);
}

template int launch_linear_w8a8_sm90(const LinearOperands<float>&, bool, void*);
template int launch_linear_w8a8_sm90(const LinearOperands<__half>&, bool, void*);
template int launch_linear_w8a8_sm90(const LinearOperands<__nv_bfloat16>&, bool, void*);

}  // namespace viditq
