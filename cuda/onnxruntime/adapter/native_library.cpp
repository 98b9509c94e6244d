// libviditq_ort.so: nodes run on the CPU's own kernels.
#include "node_kernels.h"

std::unique_ptr<viditq::ort::NodeKernels> viditq::ort::make_kernels(const Settings& settings) {
  return native_kernels(settings);
}
