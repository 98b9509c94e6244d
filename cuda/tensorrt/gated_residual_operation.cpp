// residual + gate * x.
#include "operation.h"
#include "viditq_cuda.h"

namespace viditq::trt {
namespace {

class GatedResidual : public Operation {
 public:
  GatedResidual() {
    inputs_ = {{"x", Element::kActivation},
               {"gate", Element::kActivation},
               {"residual", Element::kActivation}};
    outputs_ = {{"y", Element::kActivation, Output::Last::kSame}};
  }

  void check(const nvinfer1::Dims* extents) const override {
    require_rank("x", extents[0], 2, nvinfer1::Dims::MAX_DIMS);
    require_per_sample("gate", extents[1], last_extent(extents[0]), "x", extents[0]);
    require_same("residual", extents[2], "x", extents[0]);
  }

  void run(const Launch& launch) const override {
    const int32_t rows = kernel_extent(row_count(launch.extents[0]));
    const int32_t samples = kernel_extent(row_count(launch.extents[1]));
    launch.kernels->gated_residual(
        {launch.inputs[0], launch.inputs[1], rows / samples, launch.inputs[2], rows,
         kernel_extent(last_extent(launch.extents[0])), launch.outputs[0],
         kernel_type(launch.activation)},
        launch.stream);
  }
};

}  // namespace

PluginKind gated_residual() {
  return {"ViditqGatedResidual", {}, [](const Fields&) -> std::unique_ptr<const Operation> {
            return std::make_unique<const GatedResidual>();
          }};
}

}  // namespace viditq::trt
