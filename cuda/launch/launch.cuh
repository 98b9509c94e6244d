// Starting a kernel, on a stream or in the emulation, and the checks that all launches share.
#pragma once

#include <initializer_list>

#include "platform.cuh"
#ifndef __CUDACC__
#include <cstdio>
#include <exception>
#endif

namespace viditq {

// Shared memory that a block gets without asking, and that every GPU from sm_80 on grants if asked.
constexpr int kFreeSharedBytes = 48 * 1024;
constexpr int kMostSharedBytes = 99 * 1024;

constexpr int kWarpsPerBlock = 4;
constexpr int kNaiveThreads = 128;

inline unsigned blocks_for(int64_t items, int64_t per_block) {
  return static_cast<unsigned>((items + per_block - 1) / per_block);
}

template <typename... Parameters, typename... Arguments>
int launch(void (*kernel)(Parameters...), dim3 grid, dim3 block, int shared_bytes, void* stream,
           const Arguments&... arguments) {
#ifdef __CUDACC__
  if (shared_bytes > kFreeSharedBytes &&
      cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, shared_bytes) !=
          cudaSuccess) {
    return VIDITQ_CUDA_LAUNCH_FAILED;
  }
  kernel<<<grid, block, shared_bytes, static_cast<cudaStream_t>(stream)>>>(arguments...);
  return cudaGetLastError() == cudaSuccess ? VIDITQ_CUDA_OK : VIDITQ_CUDA_LAUNCH_FAILED;
#else
  (void)stream;
  try {
    emulation::run_grid(grid, block, static_cast<size_t>(shared_bytes),
                        emulation::launch_schedule(), [&] { kernel(arguments...); });
    return VIDITQ_CUDA_OK;
  } catch (const std::exception& e) {
    std::fprintf(stderr, "viditq emulation: %s\n", e.what());
    return VIDITQ_CUDA_LAUNCH_FAILED;
  }
#endif
}

// Calls body with a value of the element type; its result is a status.
template <typename Body>
int with_type(int type, Body body) {
  switch (type) {
    case VIDITQ_CUDA_FLOAT32:
      return body(float());
    case VIDITQ_CUDA_FLOAT16:
      return body(__half());
    case VIDITQ_CUDA_BFLOAT16:
      return body(__nv_bfloat16());
    default:
      return VIDITQ_CUDA_BAD_FORMAT;
  }
}

inline bool any_null(std::initializer_list<const void*> buffers) {
  for (const void* buffer : buffers) {
    if (buffer == nullptr) return true;
  }
  return false;
}

// Null counts as aligned.
inline bool all_aligned(std::initializer_list<const void*> buffers) {
  for (const void* buffer : buffers) {
    if (reinterpret_cast<uintptr_t>(buffer) % 16 != 0) return false;
  }
  return true;
}

}  // namespace viditq
