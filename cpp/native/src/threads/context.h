// What the operators of viditq_operators.h compute with.
#pragma once

#include "gemm/product.h"
#include "memory/aligned_buffer.h"
#include "simd/float_kernels.h"
#include "threads/thread_pool.h"

namespace viditq {

// Memory that is kept from call to call and grows when a call needs more: new pages would cost more
// than what is computed in them.
class Scratch {
 public:
  // Undefined values; null if there is no memory.
  float* at_least(int64_t floats) {
    if (floats > capacity_) {
      capacity_ = 0;
      memory_.reset();
      memory_ = allocate<float>(floats);
      if (memory_ != nullptr) capacity_ = floats;
    }
    return memory_.get();
  }

 private:
  AlignedBuffer<float> memory_;
  int64_t capacity_ = 0;
};

}  // namespace viditq

struct viditq_context {
  viditq_context(int threads, int isa, const viditq::FloatKernels* kernels)
      : pool(threads), isa(isa), kernels(*kernels) {}

  viditq::ThreadPool pool;
  const int isa;
  const viditq::FloatKernels& kernels;
  // One per thread of the pool; made by the first quantized layer.
  viditq::AlignedBuffer<viditq::Workspace> workspaces;
  viditq::Scratch scratch;
};

namespace viditq {

// Floats that a task handles at least: some microseconds of work, a hundred times what a task
// costs.
constexpr int64_t kTaskFloats = 16384;

// Rows of a task, for rows of `columns` floats.
inline int64_t task_rows(int64_t columns) {
  return columns >= kTaskFloats ? 1 : kTaskFloats / columns;
}

}  // namespace viditq
