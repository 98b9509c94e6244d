// Weights as the CPU's integer product reads them, from the layout of the CUDA kernels.
#pragma once

#include <memory>
#include <vector>

#include "viditq.h"
#include "viditq_cuda.h"

namespace viditq::ort {

struct FreeWeights {
  void operator()(viditq_weights* weights) const { viditq_free_weights(weights); }
};
using NativeWeights = std::unique_ptr<viditq_weights, FreeWeights>;

// One set, laid out for an instruction set. Throws Refusal if the sums of the set are not those of
// its codes, which the product does not read but computes.
NativeWeights repack(const viditq_cuda_weights& weights, int set, int32_t channels, int32_t inner,
                     int isa);

// All sets, and then lets the system take the pages that the codes lie in: nobody reads them again.
// Where they are mapped from a file, the memory is free.
std::vector<NativeWeights> repack_all(const viditq_cuda_weights& weights, int32_t channels,
                                      int32_t inner, int isa);

}  // namespace viditq::ort
