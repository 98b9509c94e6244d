// libviditq_ort_emulated.so: nodes run on the CUDA kernels in emulation.
#include "node_kernels.h"

std::unique_ptr<viditq::ort::NodeKernels> viditq::ort::make_kernels(const Settings&) {
  return emulated_kernels();
}
