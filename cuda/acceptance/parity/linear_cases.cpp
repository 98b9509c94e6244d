// linear.quantized: a layer's weights, activations and outputs, on every kernel, with weights
// stored as bytes and, where they have at most 4 bits, as nibbles.
#include <cmath>

#include "cases.h"
#include "rows.h"

namespace parity {
namespace {

// The fixture's weights, one set per timestep range.
struct Layer {
  int channels;
  int inner;
  int sets;
  int bits;
  bool is_signed;
  std::vector<int32_t> codes;       // [sets, channels, inner]
  std::vector<int32_t> zero_point;  // [sets, channels]
  Buffer<float> scale;              // [sets, channels]
  Buffer<float> balance;            // [sets, inner], empty for none
  Buffer<float> bias;               // [channels], empty for none
  std::vector<double> ranges;       // first and last timestep of each set

  explicit Layer(const Fixture& fixture)
      : channels(static_cast<int>(fixture.shape("weight.weight")[0])),
        inner(static_cast<int>(fixture.shape("weight.weight")[1])),
        bits(static_cast<int>(fixture.number("w_bits"))),
        is_signed(fixture.number("w_symmetric") != 0),
        codes(fixture.integers("expected.weight_codes")),
        zero_point(fixture.integers("expected.weight_zero_point")),
        scale(fixture.floats("expected.weight_delta")),
        balance(fixture.has("expected.channel_wise_scale")
                    ? fixture.floats("expected.channel_wise_scale")
                    : std::vector<float>()),
        bias(fixture.has("weight.bias") ? fixture.floats("weight.bias") : std::vector<float>()) {
    sets = static_cast<int>(zero_point.size()) / channels;
    if (fixture.number("smooth") != 0) ranges = fixture.numbers("timerange");
  }

  int set_of(double timestep) const {
    for (int set = 0; set < static_cast<int>(ranges.size()) / 2; set++) {
      if (timestep >= ranges[2 * set] && timestep <= ranges[2 * set + 1]) return set;
    }
    return 0;
  }

  const float* balance_of(int set) const {
    return balance.size() == 0 ? nullptr : balance.data() + static_cast<size_t>(set) * inner;
  }
};

// The layer's weights as a kernel takes them.
struct Packed {
  int bits;
  Buffer<uint8_t> codes;
  Buffer<int32_t> zero_point;
  Buffer<int32_t> centered_sum;
  Buffer<int32_t> active_set{1};

  Packed(const Layer& layer, int storage_bits, Report& report)
      : bits(storage_bits),
        codes(static_cast<size_t>(layer.sets) * static_cast<size_t>(viditq_cuda_packed_bytes(
                                                    layer.channels, layer.inner, storage_bits))),
        zero_point(layer.zero_point),
        centered_sum(layer.zero_point.size()) {
    const std::vector<uint8_t> bytes(layer.codes.begin(), layer.codes.end());
    for (int set = 0; set < layer.sets; set++) {
      const size_t first = static_cast<size_t>(set) * layer.channels;
      const int status = viditq_cuda_pack_weights(
          bytes.data() + first * layer.inner, layer.is_signed, layer.channels, layer.inner, bits,
          codes.data() + codes.size() / layer.sets * set, zero_point.data() + first,
          centered_sum.data() + first);
      if (status != VIDITQ_CUDA_OK) report.failed("its weights could not be packed");
    }
  }
};

// Activations as codes with their grids, one per row of [rows, inner].
struct Activations {
  std::vector<int32_t> codes;
  std::vector<float> scale;
  std::vector<int32_t> zero_point;
};

// One test input of a fixture, x or x.t900.
struct Input {
  std::string suffix;
  int samples;
  int tokens;
  int set;
  bool is_signed;  // its codes
  std::vector<float> x;
  int rows() const { return samples * tokens; }
};

// What reaches a kernel: codes in padded rows, and their grids.
Tokens tokens_of(const Activations& in, int rows, int inner) {
  Tokens tokens(rows, inner);
  const std::vector<int32_t> sums = sums_of_rows(in.codes, static_cast<size_t>(rows));
  for (int row = 0; row < rows; row++) {
    for (int c = 0; c < inner; c++) {
      tokens.codes[static_cast<size_t>(viditq::code_row(row, inner)) + c] =
          static_cast<uint8_t>(in.codes[static_cast<size_t>(row) * inner + c]);
    }
    tokens.scale[row] = in.scale[row];
    tokens.zero_point[row] = in.zero_point[row];
    tokens.row_sum[row] = sums[row];
  }
  return tokens;
}

// Runs the layer on every kernel and storage; hands each output to `judge`.
void on_linear_kernels(const std::string& source, const Layer& layer, const Input& input,
                       Tokens& tokens, const float* scale, const float* bias, Report& report,
                       const std::function<void(const std::vector<float>&)>& judge) {
  for (const int storage : {8, 4}) {
    if (layer.bits > storage) continue;
    Packed packed(layer, storage, report);
    packed.active_set[0] = input.set;
    const viditq_cuda_weights weights = {
        packed.codes.data(),        scale,   packed.zero_point.data(),
        packed.centered_sum.data(), storage, layer.sets,
        packed.active_set.data()};
    viditq_cuda_epilogue epilogue = {};
    epilogue.bias = bias;
    std::vector<KernelName> kernels = linear_kernels();
    kernels.push_back({VIDITQ_CUDA_FAST, "fast"});
    for (const KernelName& kernel : kernels) {
      next_schedule();
      report.begin(source, "linear w" + std::to_string(storage) + "a8 " + kernel.name);
      Buffer<float> out(static_cast<size_t>(input.rows()) * layer.channels, -77.0f);
      if (!launched(viditq_cuda_linear(tokens.view(), input.is_signed, weights, epilogue,
                                       input.rows(), layer.channels, layer.inner, out.data(),
                                       VIDITQ_CUDA_FLOAT32, kernel.kernel, nullptr),
                    report)) {
        continue;
      }
      judge({out.data(), out.data() + out.size()});
    }
  }
}

// sum_k (x - z_x)(w - z_w), exactly, rounded once to float32.
std::vector<float> integer_sums(const Layer& layer, const Input& input, const Activations& x) {
  std::vector<float> sums;
  for (int row = 0; row < input.rows(); row++) {
    for (int c = 0; c < layer.channels; c++) {
      const size_t channel = static_cast<size_t>(input.set) * layer.channels + c;
      int64_t sum = 0;
      for (int k = 0; k < layer.inner; k++) {
        sum += static_cast<int64_t>(x.codes[static_cast<size_t>(row) * layer.inner + k] -
                                    x.zero_point[row]) *
               (layer.codes[channel * layer.inner + k] - layer.zero_point[channel]);
      }
      sums.push_back(static_cast<float>(sum));
    }
  }
  return sums;
}

// The weight codes from the weights, by the quantizer of rows.
void quantize_weights(const Fixture& fixture, const Layer& layer, Report& report) {
  const std::vector<float> weight = fixture.floats("weight.weight");
  for (int set = 0; set < layer.sets; set++) {
    Buffer<float> balanced(weight);
    const float* balance = layer.balance_of(set);
    for (size_t i = 0; i < balanced.size() && balance != nullptr; i++) {
      balanced[i] *= balance[i % static_cast<size_t>(layer.inner)];
    }
    const viditq_cuda_quantizer in =
        quantizer(balanced, layer.channels, layer.inner, layer.bits, layer.is_signed);
    const auto first = static_cast<std::ptrdiff_t>(set) * layer.channels;
    on_row_kernels(fixture.name, "quantize", in, plain_quantize, report, [&](const Codes& got) {
      report.equal("weight_codes", got.codes,
                   {layer.codes.begin() + first * layer.inner,
                    layer.codes.begin() + (first + layer.channels) * layer.inner});
      report.equal(
          "weight_zero_point", got.zero_point,
          {layer.zero_point.begin() + first, layer.zero_point.begin() + first + layer.channels});
      report.close("weight_delta", got.scale,
                   {layer.scale.data() + first, layer.scale.data() + first + layer.channels},
                   fixture.tolerance("weight_delta"));
    });
  }
}

// The activation codes from x, balanced, with the grid of a token shared by all samples; gives them
// as the fixture has them, with grids by the definition.
Activations quantize_shared(const Fixture& fixture, const Layer& layer, const Input& input,
                            Report& report) {
  const int bits = static_cast<int>(fixture.number("a_bits"));
  const int columns = input.samples * layer.inner;
  const Buffer<float> x(by_token(input.x, input.samples, input.tokens, layer.inner));
  Buffer<float> balance(layer.balance.size() == 0 ? 0 : static_cast<size_t>(columns));
  for (size_t i = 0; i < balance.size(); i++) {
    balance[i] = layer.balance_of(input.set)[i % static_cast<size_t>(layer.inner)];
  }
  viditq_cuda_quantizer in = quantizer(x, input.tokens, columns, bits, input.is_signed);
  in.balance = balance.size() == 0 ? nullptr : balance.data();

  Activations result;
  result.codes = fixture.integers("expected.act_codes" + input.suffix);
  std::vector<float> scale;
  std::vector<int32_t> zero_point;
  for (int token = 0; token < input.tokens; token++) {
    std::vector<float> values;
    for (int c = 0; c < columns; c++) {
      const float value = x[static_cast<size_t>(token) * columns + c];
      values.push_back(in.balance == nullptr ? value : value / in.balance[c]);
    }
    const ExpectedRow row(values, bits, input.is_signed);
    scale.push_back(row.scale);
    zero_point.push_back(row.zero_point);
  }
  const std::string codes = "act_codes" + input.suffix;
  on_row_kernels(fixture.name, "quantize", in, plain_quantize, report, [&](const Codes& got) {
    report.equal(codes, got.codes,
                 by_token(result.codes, input.samples, input.tokens, layer.inner));
    report.same("steps of " + codes, got.scale, scale);
    report.equal("zero points of " + codes, got.zero_point, zero_point);
    if (fixture.has("expected.act_delta" + input.suffix)) {
      report.close("act_delta", got.scale, fixture.floats("expected.act_delta" + input.suffix),
                   fixture.tolerance("act_delta" + input.suffix));
    }
  });
  for (int row = 0; row < input.rows(); row++) {
    result.scale.push_back(scale[row % input.tokens]);
    result.zero_point.push_back(zero_point[row % input.tokens]);
  }
  return result;
}

// The one grid of a static plan, as calibrated.
Activations static_codes(const Fixture& fixture, const Input& input) {
  Activations result;
  result.codes = fixture.integers("expected.act_codes" + input.suffix);
  result.scale.assign(input.rows(), fixture.floats("expected.act_delta" + input.suffix)[0]);
  result.zero_point.assign(input.rows(),
                           fixture.integers("expected.act_zero_point" + input.suffix)[0]);
  return result;
}

// The chain that is deployed: a grid per row, codes and grids handed on in device memory.
void run_per_row(const Fixture& fixture, const Layer& layer, const Input& input, Report& report) {
  const std::string output = "output_per_row" + input.suffix;
  if (!fixture.has("expected." + output)) return;
  const Buffer<float> x(input.x);
  viditq_cuda_quantizer in = quantizer(x, input.rows(), layer.inner,
                                       static_cast<int>(fixture.number("a_bits")), input.is_signed);
  Buffer<int32_t> active_set(1, input.set);
  if (layer.balance.size() != 0) {
    in.balance = layer.balance.data();
    in.sets = layer.sets;
    in.active_set = active_set.data();
  }
  Tokens tokens(input.rows(), layer.inner);
  report.begin(fixture.name, "quantize fast");
  if (!launched(plain_quantize(in, tokens.view(), VIDITQ_CUDA_FAST), report)) return;
  on_linear_kernels(fixture.name, layer, input, tokens, layer.scale.data(),
                    layer.bias.size() == 0 ? nullptr : layer.bias.data(), report,
                    [&](const std::vector<float>& out) {
                      report.close(output, out, fixture.floats("expected." + output),
                                   fixture.tolerance(output));
                    });
}

}  // namespace

void run_quantized_linear(const Fixture& fixture, Report& report) {
  const Layer layer(fixture);
  quantize_weights(fixture, layer, report);
  const Buffer<float> ones(layer.scale.size(), 1.0f);
  for (const std::string& suffix : fixture.suffixes("input.x")) {
    const std::vector<int64_t>& shape = fixture.shape("input.x" + suffix);
    Input input;
    input.suffix = suffix;
    input.samples = static_cast<int>(shape[0]);
    input.tokens = static_cast<int>(shape[1]);
    input.set = suffix.empty() ? 0 : layer.set_of(std::stod(suffix.substr(2)));
    input.is_signed = fixture.number("a_symmetric") != 0;
    input.x = fixture.floats("input.x" + suffix);

    Activations activations = fixture.word("act_mode") == "static_tensor"
                                  ? static_codes(fixture, input)
                                  : quantize_shared(fixture, layer, input, report);
    const std::string output = "output" + suffix;
    Tokens tokens = tokens_of(activations, input.rows(), layer.inner);
    on_linear_kernels(fixture.name, layer, input, tokens, layer.scale.data(),
                      layer.bias.size() == 0 ? nullptr : layer.bias.data(), report,
                      [&](const std::vector<float>& out) {
                        report.close(output, out, fixture.floats("expected." + output),
                                     fixture.tolerance(output));
                      });

    // With all steps 1 and no bias the output is the integer sum.
    activations.scale.assign(activations.scale.size(), 1.0f);
    Tokens integers = tokens_of(activations, input.rows(), layer.inner);
    const std::vector<float> sums = integer_sums(layer, input, activations);
    on_linear_kernels(
        fixture.name, layer, input, integers, ones.data(), nullptr, report,
        [&](const std::vector<float>& out) { report.same("integer sums", out, sums); });
    run_per_row(fixture, layer, input, report);
  }
}

}  // namespace parity
