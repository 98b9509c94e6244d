// The CUDA kernels as they run in emulation: what a GPU would compute, slowly.
#include <mutex>

#include "node_kernels.h"
#include "report.h"

namespace viditq::ort {
namespace {

// What the emulation calls shared memory is static: one kernel of a process runs at a time.
std::mutex& one_kernel() {
  static std::mutex mutex;
  return mutex;
}

class EmulatedKernels final : public NodeKernels {
 public:
  size_t alignment(nvinfer1::DataType) const override { return 16; }

  void quantize(const viditq_cuda_quantizer& in, const viditq_cuda_tokens& out, void*) override {
    quantized(out,
              [&](const viditq_cuda_tokens& to) { trt::cuda_kernels().quantize(in, to, nullptr); });
  }

  void gelu_quantize(const viditq_cuda_quantizer& in, const viditq_cuda_tokens& out,
                     void*) override {
    quantized(out, [&](const viditq_cuda_tokens& to) {
      trt::cuda_kernels().gelu_quantize(in, to, nullptr);
    });
  }

  void norm_modulate_quantize(const viditq_cuda_quantizer& in, const float* shift,
                              const float* scale, int32_t samples, float epsilon,
                              const viditq_cuda_tokens& out, void*) override {
    quantized(out, [&](const viditq_cuda_tokens& to) {
      trt::cuda_kernels().norm_modulate_quantize(in, shift, scale, samples, epsilon, to, nullptr);
    });
  }

  void hadamard_quantize(const viditq_cuda_quantizer& in, const viditq_cuda_rotation& rotation,
                         const viditq_cuda_tokens& out, void*) override {
    quantized(out, [&](const viditq_cuda_tokens& to) {
      trt::cuda_kernels().hadamard_quantize(in, rotation, to, nullptr);
    });
  }

  void linear(const trt::LinearOperands& operands, void*) override {
    const std::lock_guard<std::mutex> lock(one_kernel());
    trt::cuda_kernels().linear(operands, nullptr);
  }

  void gated_residual(const trt::GatedResidualOperands& operands, void*) override {
    const std::lock_guard<std::mutex> lock(one_kernel());
    trt::cuda_kernels().gated_residual(operands, nullptr);
  }

  void attention(const trt::AttentionOperands& operands, void*) override {
    const std::lock_guard<std::mutex> lock(one_kernel());
    trt::cuda_kernels().attention(operands, nullptr);
  }

  int64_t attention_workspace(const viditq_cuda_attention& in) override {
    return trt::cuda_kernels().attention_workspace(in);
  }

 private:
  template <typename Launch>
  void quantized(viditq_cuda_tokens out, Launch launch) {
    int32_t not_finite = 0;
    out.not_finite = &not_finite;
    const std::lock_guard<std::mutex> lock(one_kernel());
    launch(out);
    if (not_finite != 0) throw trt::Refusal(kNotFinite);
  }
};

}  // namespace

std::unique_ptr<NodeKernels> emulated_kernels() { return std::make_unique<EmulatedKernels>(); }

}  // namespace viditq::ort
