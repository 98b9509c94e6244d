// What operations launch: the kernels' C interface (viditq_cuda.h) as an object, so that other
// kernels can stand in for it.
#pragma once

#include "viditq_cuda.h"

namespace viditq::trt {

// The operands of viditq_cuda_linear.
struct LinearOperands {
  viditq_cuda_tokens x;
  int32_t x_symmetric;
  viditq_cuda_weights weights;
  viditq_cuda_epilogue epilogue;
  int32_t rows;
  int32_t channels;
  int32_t inner;
  void* out;
  int32_t type;
  int kernel;
};

// The operands of viditq_cuda_gated_residual.
struct GatedResidualOperands {
  const void* x;
  const void* gate;
  int32_t rows_per_gate;
  const void* residual;
  int32_t rows;
  int32_t channels;
  void* out;
  int32_t type;
};

// The operands of viditq_cuda_attention_int8.
struct AttentionOperands {
  viditq_cuda_attention in;
  void* workspace;
  void* out;
};

// Each function is the one of the C interface that has its name, and throws Refusal where that one
// returns a status other than success.
class Kernels {
 public:
  virtual ~Kernels() = default;

  virtual void quantize(const viditq_cuda_quantizer& in, const viditq_cuda_tokens& out,
                        void* stream) = 0;
  virtual void gelu_quantize(const viditq_cuda_quantizer& in, const viditq_cuda_tokens& out,
                             void* stream) = 0;
  virtual void norm_modulate_quantize(const viditq_cuda_quantizer& in, const float* shift,
                                      const float* scale, int32_t samples, float epsilon,
                                      const viditq_cuda_tokens& out, void* stream) = 0;
  virtual void hadamard_quantize(const viditq_cuda_quantizer& in,
                                 const viditq_cuda_rotation& rotation,
                                 const viditq_cuda_tokens& out, void* stream) = 0;
  virtual void linear(const LinearOperands& operands, void* stream) = 0;
  virtual void gated_residual(const GatedResidualOperands& operands, void* stream) = 0;

  virtual void attention(const AttentionOperands& operands, void* stream) = 0;

  // Bytes of memory that attention takes beside its operands; see viditq_cuda_attention_workspace.
  virtual int64_t attention_workspace(const viditq_cuda_attention& in) = 0;

  virtual bool has_linear_kernel(int32_t weight_bits, int kernel) = 0;

  // Called with weights that all calls of linear from now on will come with, if they never change:
  // kernels that read them in a form of their own convert them here, and not in every call.
  virtual void keep_weights(const viditq_cuda_weights& weights, int32_t channels, int32_t inner) {
    (void)weights;
    (void)channels;
    (void)inner;
  }
};

// The functions of viditq_cuda.h that this library is linked with.
Kernels& cuda_kernels();

}  // namespace viditq::trt
