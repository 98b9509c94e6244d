// The quantized linear layer. Weights are inputs, constants of the network: TensorRT then keeps the
// one copy of them, in device memory, for all execution contexts of an engine.
#include "operation.h"
#include "viditq_cuda.h"

namespace viditq::trt {
namespace {

using nvinfer1::DataType;
using nvinfer1::Dims;

constexpr int kLargestChannels = 1 << 20;

class QuantizedLinear : public Operation {
 public:
  explicit QuantizedLinear(const Fields& fields)
      : channels_(fields.integer("channels")),
        inner_(fields.integer("inner")),
        weight_bits_(fields.integer("weight_bits")),
        x_symmetric_(fields.integer("x_symmetric")),
        activation_(fields.integer("activation")),
        output_type_(fields.integer("output_type")) {
    require(weight_bits_ == 4 || weight_bits_ == 8,
            "field weight_bits is " + std::to_string(weight_bits_) +
                "; weights are stored with 4 or 8 bits (6-bit codes with 8).");
    inputs_ = {{"codes", Element::kCode},           {"x_scale", Element::kFloat},
               {"x_zero_point", Element::kInteger}, {"x_row_sum", Element::kInteger},
               {"w_codes", Element::kCode},         {"w_scale", Element::kFloat},
               {"w_zero_point", Element::kInteger}, {"w_centered_sum", Element::kInteger}};
    if (fields.flag("has_active_set")) inputs_.push_back({"active_set", Element::kInteger});
    if (fields.flag("has_bias")) inputs_.push_back({"bias", Element::kFloat});
    if (fields.flag("has_gate")) inputs_.push_back({"gate", Element::kActivation});
    if (fields.flag("has_residual")) inputs_.push_back({"residual", Element::kActivation});
    outputs_ = {{"y", Element::kActivation, Output::Last::kFixed, channels_}};
  }

  std::optional<DataType> activation_type() const override {
    return output_type_ == VIDITQ_CUDA_FLOAT32   ? DataType::kFLOAT
           : output_type_ == VIDITQ_CUDA_FLOAT16 ? DataType::kHALF
                                                 : DataType::kBF16;
  }

  void check(const Dims* extents) const override {
    const Dims& x = extents[0];
    require_rank("codes", x, 2, Dims::MAX_DIMS);
    require_last("codes", x,
                 (inner_ + VIDITQ_CUDA_CODE_ROW - 1) / VIDITQ_CUDA_CODE_ROW * VIDITQ_CUDA_CODE_ROW);
    for (int i = 1; i < 4; i++) require_rows(inputs_[i].name, extents[i], "codes", x);

    check_weights(extents);

    const auto extents_of = [&](const char* name) {
      const int index = index_of(name);
      return index < 0 ? nullptr : extents + index;
    };
    if (const Dims* active_set = extents_of("active_set")) {
      require_scalar("active_set", *active_set);
    }
    if (const Dims* bias = extents_of("bias")) require_extents("bias", *bias, {channels_});
    if (const Dims* gate = extents_of("gate")) {
      require_per_sample("gate", *gate, channels_, "codes", x);
    }
    if (const Dims* residual = extents_of("residual")) {
      Dims y = x;
      y.d[y.nbDims - 1] = channels_;
      require_same("residual", *residual, "the result", y);
    }
  }

  std::vector<int32_t> tactics(Kernels& kernels) const override {
    std::vector<int32_t> runnable;
    for (const int32_t kernel :
         {VIDITQ_CUDA_TILE_64X64, VIDITQ_CUDA_TILE_128X128, VIDITQ_CUDA_HOPPER}) {
      if (kernels.has_linear_kernel(weight_bits_, kernel)) runnable.push_back(kernel);
    }
    return runnable;
  }

  void keep_constants(const Launch& launch) const override {
    for (int i = 4; i < 8; i++) {
      if (launch.inputs[i] == nullptr) return;
    }
    check_weights(launch.extents);
    launch.kernels->keep_weights(weights_of(launch), channels_, inner_);
  }

  void run(const Launch& launch) const override {
    // The kernel only reads what the interface does not declare as constant.
    const viditq_cuda_tokens x = {const_cast<uint8_t*>(input<uint8_t>(launch, "codes")),
                                  const_cast<float*>(input<float>(launch, "x_scale")),
                                  const_cast<int32_t*>(input<int32_t>(launch, "x_zero_point")),
                                  const_cast<int32_t*>(input<int32_t>(launch, "x_row_sum")),
                                  nullptr};
    const int32_t rows = kernel_extent(row_count(launch.extents[0]));
    viditq_cuda_epilogue epilogue = {};
    epilogue.bias = input<float>(launch, "bias");
    epilogue.activation = activation_;
    epilogue.gate = input(launch, "gate");
    if (const int gate = index_of("gate"); gate >= 0) {
      epilogue.rows_per_gate = rows / kernel_extent(row_count(launch.extents[gate]));
    }
    epilogue.residual = input(launch, "residual");
    launch.kernels->linear({x, x_symmetric_, weights_of(launch), epilogue, rows, channels_, inner_,
                            launch.outputs[0], output_type_, launch.tactic},
                           launch.stream);
  }

 private:
  void check_weights(const Dims* extents) const {
    require_extents("w_codes", extents[4],
                    {-1, viditq_cuda_packed_bytes(channels_, inner_, weight_bits_)});
    for (int i = 5; i < 8; i++) {
      require_extents(inputs_[i].name, extents[i], {extents[4].d[0], channels_});
    }
  }

  viditq_cuda_weights weights_of(const Launch& launch) const {
    viditq_cuda_weights weights = {};
    weights.codes = input<uint8_t>(launch, "w_codes");
    weights.scale = input<float>(launch, "w_scale");
    weights.zero_point = input<int32_t>(launch, "w_zero_point");
    weights.centered_sum = input<int32_t>(launch, "w_centered_sum");
    weights.bits = weight_bits_;
    weights.sets = kernel_extent(launch.extents[index_of("w_codes")].d[0]);
    weights.active_set = input<int32_t>(launch, "active_set");
    return weights;
  }

  int32_t channels_;
  int32_t inner_;
  int32_t weight_bits_;
  int32_t x_symmetric_;
  int32_t activation_;
  int32_t output_type_;
};

}  // namespace

PluginKind quantized_linear() {
  return {"ViditqQuantizedLinear",
          {integer_field("channels", 1, kLargestChannels),
           integer_field("inner", 1, VIDITQ_CUDA_MAX_INNER), integer_field("weight_bits", 4, 8, 8),
           flag_field("x_symmetric"),
           integer_field("activation", VIDITQ_CUDA_ACTIVATION_NONE,
                         VIDITQ_CUDA_ACTIVATION_GELU_TANH, VIDITQ_CUDA_ACTIVATION_NONE),
           integer_field("output_type", VIDITQ_CUDA_FLOAT32, VIDITQ_CUDA_BFLOAT16),
           flag_field("has_active_set"), flag_field("has_bias"), flag_field("has_gate"),
           flag_field("has_residual")},
          [](const Fields& fields) -> std::unique_ptr<const Operation> {
            return std::make_unique<const QuantizedLinear>(fields);
          }};
}

}  // namespace viditq::trt
