// The kernels that the nodes of an operator library run on.
#pragma once

#include <memory>
#include <string>

#include "kernels.h"
#include "nvinfer.h"

namespace viditq::ort {

// The kernels of one node. Calls may come from several threads at a time, except for keep_weights.
// Nodes run where they are called: streams are null.
class NodeKernels : public trt::Kernels {
 public:
  // What the address of a buffer of that type must be a multiple of.
  virtual size_t alignment(nvinfer1::DataType type) const = 0;

  bool has_linear_kernel(int32_t, int kernel) override { return kernel == VIDITQ_CUDA_FAST; }
};

// What a session asks for, by configuration entries of these names.
struct Settings {
  std::string instruction_set = {};  // viditq.isa
  std::string threads = {};          // viditq.threads
};

// The CPU's own kernels. Throws Refusal where the settings cannot be followed.
std::unique_ptr<NodeKernels> native_kernels(const Settings& settings);

// The CUDA kernels in emulation, for which there is nothing to set.
std::unique_ptr<NodeKernels> emulated_kernels();

// One of them: each operator library has its own.
std::unique_ptr<NodeKernels> make_kernels(const Settings& settings);

// What becomes of values that no grid holds, in every library.
constexpr char kNotFinite[] =
    "the values to quantize hold NaN or infinity, or a row whose range is beyond float32.";

}  // namespace viditq::ort
