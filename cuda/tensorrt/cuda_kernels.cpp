// The kernels behind viditq_cuda.h: on a device, or in emulation.
#include <string>

#include "kernels.h"
#include "report.h"

namespace viditq::trt {
namespace {

void require_launched(int status) {
  if (status != VIDITQ_CUDA_OK) {
    throw Refusal(std::string("the kernel did not start: ") + viditq_cuda_status_message(status) +
                  ".");
  }
}

class CudaKernels final : public Kernels {
 public:
  void quantize(const viditq_cuda_quantizer& in, const viditq_cuda_tokens& out,
                void* stream) override {
    require_launched(viditq_cuda_quantize(in, out, VIDITQ_CUDA_FAST, stream));
  }

  void gelu_quantize(const viditq_cuda_quantizer& in, const viditq_cuda_tokens& out,
                     void* stream) override {
    require_launched(viditq_cuda_gelu_quantize(in, out, VIDITQ_CUDA_FAST, stream));
  }

  void norm_modulate_quantize(const viditq_cuda_quantizer& in, const float* shift,
                              const float* scale, int32_t samples, float epsilon,
                              const viditq_cuda_tokens& out, void* stream) override {
    require_launched(viditq_cuda_norm_modulate_quantize(in, shift, scale, samples, epsilon, out,
                                                        VIDITQ_CUDA_FAST, stream));
  }

  void hadamard_quantize(const viditq_cuda_quantizer& in, const viditq_cuda_rotation& rotation,
                         const viditq_cuda_tokens& out, void* stream) override {
    require_launched(viditq_cuda_hadamard_quantize(in, rotation, out, VIDITQ_CUDA_FAST, stream));
  }

  void linear(const LinearOperands& o, void* stream) override {
    require_launched(viditq_cuda_linear(o.x, o.x_symmetric, o.weights, o.epilogue, o.rows,
                                        o.channels, o.inner, o.out, o.type, o.kernel, stream));
  }

  void gated_residual(const GatedResidualOperands& o, void* stream) override {
    require_launched(viditq_cuda_gated_residual(o.x, o.gate, o.rows_per_gate, o.residual, o.rows,
                                                o.channels, o.out, o.type, stream));
  }

  void attention(const AttentionOperands& o, void* stream) override {
    require_launched(
        viditq_cuda_attention_int8(o.in, o.workspace, o.out, VIDITQ_CUDA_FAST, stream));
  }

  int64_t attention_workspace(const viditq_cuda_attention& in) override {
    return viditq_cuda_attention_workspace(in);
  }

  bool has_linear_kernel(int32_t weight_bits, int kernel) override {
    return viditq_cuda_has_linear_kernel(weight_bits, kernel) != 0;
  }
};

}  // namespace

Kernels& cuda_kernels() {
  static CudaKernels kernels;
  return kernels;
}

}  // namespace viditq::trt
