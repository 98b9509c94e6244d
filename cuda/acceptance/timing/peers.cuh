// cuBLASLt's products as contenders, and whether they compute what they are timed for.
#pragma once

#include <string>

#include "cublaslt.h"
#include "device.cuh"

namespace acceptance {

// A product with its operands; keeps both as long as it lives.
class Peer {
 public:
  // Throws std::runtime_error where cuBLASLt offers nothing. Of the algorithms that its heuristic
  // names, each is tried, and the fastest taken.
  Peer(CublasLt& library, const ProductTypes& types, int rows, int channels, int inner,
       size_t l2_bytes, Stopwatch& stopwatch);

  const Contender& contender() const { return contender_; }

 private:
  DeviceMemory memory_;
  std::unique_ptr<Product> product_;
  Contender contender_;
  int algorithm_ = 0;
};

// Multiplies small integers, of which all types hold all sums, and compares with the host. Empty if
// all elements are right, else a sentence.
std::string check_product(CublasLt& library, const ProductTypes& types);

}  // namespace acceptance
