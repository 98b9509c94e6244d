// Rotation by Hadamard matrices.
#pragma once

#include <cstdint>

namespace viditq::ort {

// out = (x / balance) H / sqrt(block) for every block of neighbouring columns of one row, H being
// the Hadamard matrix of Sylvester's construction; null balance for 1. block is a power of two that
// divides columns. To the bit what the CUDA kernel computes: the butterflies are the same, from
// neighbours outwards.
void rotate_row(const float* x, const float* balance, int64_t columns, int64_t block, float* out);

}  // namespace viditq::ort
