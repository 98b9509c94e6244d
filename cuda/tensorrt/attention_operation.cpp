// Attention in int8: softmax(scale q k^T + bias) v per head.
#include "operation.h"
#include "viditq_cuda.h"

namespace viditq::trt {
namespace {

using nvinfer1::Dims;

constexpr int kMostHeads = 1 << 16;
constexpr double kLargestScale = 1e6;

class Attention : public Operation {
 public:
  explicit Attention(const Fields& fields)
      : heads_(fields.integer("heads")), scale_(fields.real("scale")) {
    inputs_ = {
        {"q", Element::kActivation}, {"k", Element::kActivation}, {"v", Element::kActivation}};
    if (fields.flag("has_bias")) inputs_.push_back({"bias", Element::kActivation});
    outputs_ = {{"y", Element::kActivation, Output::Last::kSame}};
  }

  void check(const Dims* extents) const override {
    const Dims& q = extents[0];
    const Dims& k = extents[1];
    require_rank("q", q, 3, 3);
    const int64_t columns = q.d[2];
    require_extents("k", k, {q.d[0], -1, columns});
    require_same("v", extents[2], "k", k);
    if (k.d[1] == 0) throw Refusal("k has no tokens to attend to.");
    if (columns >= 0 && (columns == 0 || columns % heads_ != 0 ||
                         columns / heads_ > VIDITQ_CUDA_ATTENTION_MAX_HEAD)) {
      throw Refusal("q has " + std::to_string(columns) + " channels, which are not " +
                    std::to_string(heads_) + " heads of 1 to " +
                    std::to_string(VIDITQ_CUDA_ATTENTION_MAX_HEAD) + ".");
    }
    if (const int bias = index_of("bias"); bias >= 0) check_bias(extents[bias], q, k);
  }

  int64_t workspace_bytes(Kernels& kernels, const Dims* extents) const override {
    require_rank("q", extents[0], 3, 3);
    require_rank("k", extents[1], 3, 3);
    return kernels.attention_workspace(described(extents));
  }

  void run(const Launch& launch) const override {
    viditq_cuda_attention in = described(launch.extents);
    in.q = input(launch, "q");
    in.k = input(launch, "k");
    in.v = input(launch, "v");
    in.type = kernel_type(launch.activation);
    in.bias = input(launch, "bias");
    const int bias = index_of("bias");
    for (int i = 0; i < 4; i++) {
      in.bias_extents[i] = bias < 0 ? 1 : kernel_extent(launch.extents[bias].d[i]);
    }
    launch.kernels->attention({in, launch.workspace, launch.outputs[0]}, launch.stream);
  }

 private:
  void check_bias(const Dims& bias, const Dims& q, const Dims& k) const {
    require_rank("bias", bias, 4, 4);
    const int64_t whole[4] = {q.d[0], heads_, q.d[1], k.d[1]};
    int64_t fitting[4];
    for (int i = 0; i < 4; i++) fitting[i] = bias.d[i] == 1 ? 1 : whole[i];
    require_extents("bias", bias, {fitting[0], fitting[1], fitting[2], fitting[3]});
  }

  // All of the operands but their addresses and type.
  viditq_cuda_attention described(const Dims* extents) const {
    viditq_cuda_attention in = {};
    in.batch = kernel_extent(extents[0].d[0]);
    in.queries = kernel_extent(extents[0].d[1]);
    in.keys = kernel_extent(extents[1].d[1]);
    in.heads = heads_;
    in.d = in.dv = kernel_extent(extents[0].d[2]) / heads_;
    in.scale = scale_;
    return in;
  }

  int32_t heads_;
  float scale_;
};

}  // namespace

PluginKind attention() {
  return {
      "ViditqAttention",
      {integer_field("heads", 1, kMostHeads),
       {"scale", nvinfer1::PluginFieldType::kFLOAT32, -kLargestScale, kLargestScale, std::nullopt},
       flag_field("has_bias")},
      [](const Fields& fields) -> std::unique_ptr<const Operation> {
        return std::make_unique<const Attention>(fields);
      }};
}

}  // namespace viditq::trt
