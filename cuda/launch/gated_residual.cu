// Launch of the gated residual.
#include "gated_residual.cuh"
#include "launch.cuh"

int viditq_cuda_gated_residual(const void* x, const void* gate, int32_t rows_per_gate,
                               const void* residual, int32_t rows, int32_t channels, void* out,
                               int32_t type, void* stream) {
  if (viditq::any_null({x, gate, residual, out})) return VIDITQ_CUDA_NULL_POINTER;
  if (rows < 1 || channels < 1 || rows_per_gate < 1 || rows % rows_per_gate != 0) {
    return VIDITQ_CUDA_BAD_SIZE;
  }
  if (!viditq::all_aligned({x, gate, residual, out})) return VIDITQ_CUDA_MISALIGNED;
  return viditq::with_type(type, [&](auto element) {
    using T = decltype(element);
    constexpr int kWidth = 16 / sizeof(T);
    constexpr int kThreads = 256;
    const bool wide = channels % kWidth == 0;
    const int64_t vectors = static_cast<int64_t>(rows) * channels / (wide ? kWidth : 1);
    return viditq::launch(wide ? viditq::gated_residual<T, kWidth> : viditq::gated_residual<T, 1>,
                          viditq::blocks_for(vectors, kThreads), kThreads, 0, stream,
                          static_cast<const T*>(x), static_cast<const T*>(gate), rows_per_gate,
                          static_cast<const T*>(residual), rows, channels, static_cast<T*>(out));
  });
}
