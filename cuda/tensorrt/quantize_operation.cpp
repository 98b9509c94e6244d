// The plugins that turn activations into token codes: x as it is, behind GELU, rotated, or behind
// LayerNorm and modulation.
#include "operation.h"
#include "viditq_cuda.h"

namespace viditq::trt {
namespace {

using nvinfer1::Dims;

class Quantize : public Operation {
 public:
  explicit Quantize(const Fields& fields)
      : bits_(fields.integer("bits")), symmetric_(fields.integer("symmetric")) {
    inputs_ = {{"x", Element::kActivation}};
    outputs_ = {{"codes", Element::kCode, Output::Last::kCodeRow},
                {"scale", Element::kFloat, Output::Last::kDropped},
                {"zero_point", Element::kInteger, Output::Last::kDropped},
                {"row_sum", Element::kInteger, Output::Last::kDropped}};
  }

  void check(const Dims* extents) const override {
    require_rank("x", extents[0], 2, Dims::MAX_DIMS);
    const int64_t columns = last_extent(extents[0]);
    if (columns == 0 || columns > VIDITQ_CUDA_MAX_INNER) {
      throw Refusal("x has " + std::to_string(columns) + " channels; codes are for 1 to " +
                    std::to_string(VIDITQ_CUDA_MAX_INNER) + ".");
    }
    if (const int balance = index_of("balance"); balance >= 0) {
      require_extents("balance", extents[balance], {-1, columns});
    }
    if (const int active_set = index_of("active_set"); active_set >= 0) {
      require_scalar("active_set", extents[active_set]);
    }
  }

  void run(const Launch& launch) const override {
    viditq_cuda_quantizer in = {};
    in.x = launch.inputs[0];
    in.type = kernel_type(launch.activation);
    in.rows = kernel_extent(row_count(launch.extents[0]));
    in.columns = kernel_extent(last_extent(launch.extents[0]));
    in.bits = bits_;
    in.symmetric = symmetric_;
    in.balance = input<float>(launch, "balance");
    const int balance = index_of("balance");
    in.sets = balance < 0 ? 1 : kernel_extent(launch.extents[balance].d[0]);
    in.active_set = input<int32_t>(launch, "active_set");
    const viditq_cuda_tokens out = {static_cast<uint8_t*>(launch.outputs[0]),
                                    static_cast<float*>(launch.outputs[1]),
                                    static_cast<int32_t*>(launch.outputs[2]),
                                    static_cast<int32_t*>(launch.outputs[3]), nullptr};
    quantize(launch, in, out);
  }

 protected:
  // Appends the inputs that all quantizers may have, after their own.
  void add_balance(const Fields& fields) {
    if (fields.flag("has_balance")) inputs_.push_back({"balance", Element::kFloat});
    if (fields.flag("has_active_set")) {
      require(fields.flag("has_balance"), "field has_active_set is 1, which needs has_balance 1.");
      inputs_.push_back({"active_set", Element::kInteger});
    }
  }

  virtual void quantize(const Launch& launch, const viditq_cuda_quantizer& in,
                        const viditq_cuda_tokens& out) const = 0;

 private:
  int32_t bits_;
  int32_t symmetric_;
};

class PlainQuantize : public Quantize {
 public:
  explicit PlainQuantize(const Fields& fields) : Quantize(fields) { add_balance(fields); }

 protected:
  void quantize(const Launch& launch, const viditq_cuda_quantizer& in,
                const viditq_cuda_tokens& out) const override {
    launch.kernels->quantize(in, out, launch.stream);
  }
};

class GeluQuantize : public Quantize {
 public:
  explicit GeluQuantize(const Fields& fields) : Quantize(fields) { add_balance(fields); }

 protected:
  void quantize(const Launch& launch, const viditq_cuda_quantizer& in,
                const viditq_cuda_tokens& out) const override {
    launch.kernels->gelu_quantize(in, out, launch.stream);
  }
};

class HadamardQuantize : public Quantize {
 public:
  explicit HadamardQuantize(const Fields& fields)
      : Quantize(fields), block_(fields.integer("block")), regular_(fields.integer("regular")) {
    const bool has_matrix = fields.flag("has_matrix");
    require(!has_matrix || regular_ == 0,
            "fields has_matrix and regular are both 1; a regular rotation has no outer matrix.");
    const bool power_of_two = (block_ & (block_ - 1)) == 0;
    require(has_matrix || power_of_two, "field block is " + std::to_string(block_) +
                                            "; without a matrix it must be a power of two.");
    require(regular_ == 0 || (power_of_two && (block_ & 0x55555555) != 0),
            "field block is " + std::to_string(block_) +
                "; for a regular rotation it must be a power of four.");
    if (has_matrix) inputs_.push_back({"matrix", Element::kCode});
    add_balance(fields);
  }

  void check(const Dims* extents) const override {
    Quantize::check(extents);
    const int64_t columns = last_extent(extents[0]);
    if (columns >= 0 && columns % block_ != 0) {
      throw Refusal("x has " + std::to_string(columns) +
                    " channels, which do not divide into "
                    "blocks of " +
                    std::to_string(block_) + ".");
    }
    if (const int matrix = index_of("matrix"); matrix >= 0) check_matrix(extents[matrix]);
  }

 protected:
  void quantize(const Launch& launch, const viditq_cuda_quantizer& in,
                const viditq_cuda_tokens& out) const override {
    const int matrix = index_of("matrix");
    const int32_t base = matrix < 0 ? 1 : kernel_extent(launch.extents[matrix].d[0]);
    launch.kernels->hadamard_quantize(in, {block_, base, input<int8_t>(launch, "matrix"), regular_},
                                      out, launch.stream);
  }

 private:
  void check_matrix(const Dims& extents) const {
    require_extents("matrix", extents, {-1, -1});
    const int64_t order = extents.d[0];
    require_extents("matrix", extents, {order, order});
    if (order < 0) return;
    const bool divides = order >= 4 && order % 4 == 0 && block_ % order == 0;
    const int64_t runs = divides ? block_ / order : 0;
    if (runs == 0 || (runs & (runs - 1)) != 0) {
      throw Refusal("matrix is of order " + std::to_string(order) + ", of which blocks of " +
                    std::to_string(block_) + " are not a power of two times.");
    }
  }

  int32_t block_;
  int32_t regular_;
};

class NormModulateQuantize : public Quantize {
 public:
  explicit NormModulateQuantize(const Fields& fields)
      : Quantize(fields), epsilon_(fields.real("epsilon")) {
    inputs_.push_back({"shift", Element::kFloat});
    inputs_.push_back({"scale", Element::kFloat});
    add_balance(fields);
  }

  void check(const Dims* extents) const override {
    Quantize::check(extents);
    require_per_sample("shift", extents[1], last_extent(extents[0]), "x", extents[0]);
    require_same("scale", extents[2], "shift", extents[1]);
  }

 protected:
  void quantize(const Launch& launch, const viditq_cuda_quantizer& in,
                const viditq_cuda_tokens& out) const override {
    launch.kernels->norm_modulate_quantize(
        in, input<float>(launch, "shift"), input<float>(launch, "scale"),
        kernel_extent(row_count(launch.extents[1])), epsilon_, out, launch.stream);
  }

 private:
  float epsilon_;
};

template <typename T>
std::unique_ptr<const Operation> make(const Fields& fields) {
  return std::make_unique<const T>(fields);
}

}  // namespace

std::vector<PluginKind> quantizers() {
  const std::vector<FieldSpec> common = {integer_field("bits", 2, 8, 8), flag_field("symmetric"),
                                         flag_field("has_balance"), flag_field("has_active_set")};
  const auto with = [&](std::initializer_list<FieldSpec> own) {
    std::vector<FieldSpec> fields = common;
    fields.insert(fields.end(), own);
    return fields;
  };
  const FieldSpec epsilon = {"epsilon", nvinfer1::PluginFieldType::kFLOAT32, 0, 1, 1e-6};
  return {{"ViditqQuantize", common, make<PlainQuantize>},
          {"ViditqGeluQuantize", common, make<GeluQuantize>},
          {"ViditqHadamardQuantize",
           with({integer_field("block", 2, VIDITQ_CUDA_MAX_INNER), flag_field("regular"),
                 flag_field("has_matrix")}),
           make<HadamardQuantize>},
          {"ViditqNormModulateQuantize", with({epsilon}), make<NormModulateQuantize>}};
}

}  // namespace viditq::trt
