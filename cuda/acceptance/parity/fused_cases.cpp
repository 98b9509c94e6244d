// t2i_modulate and mlp.gelu_tanh: what is fused with quantization, seen through codes and grids,
// and GELU in the epilogue of a linear layer.
#include <cmath>

#include "cases.h"
#include "rows.h"

namespace parity {
namespace {

// The codes stand for the expected values: within half a step of the row's grid, one step where the
// range ends, and the fixture's tolerance.
void judge_values(const viditq_cuda_quantizer& in, const Codes& got,
                  const std::vector<float>& expected, const Tolerance& tolerance, Report& report) {
  std::vector<double> values;
  std::vector<double> bounds;
  const int top = (1 << (in.bits - in.symmetric)) - 1;
  for (size_t i = 0; i < expected.size(); i++) {
    const size_t row = i / static_cast<size_t>(in.columns);
    const double scale = got.scale[row];
    values.push_back((got.codes[i] - got.zero_point[row]) * scale);
    const bool clipped = got.codes[i] == 0 || got.codes[i] == top;
    bounds.push_back((clipped ? 1.0 : 0.5) * scale * (1 + 1e-5) + tolerance.atol +
                     tolerance.rtol * std::fabs(expected[i]));
  }
  report.within("output", values, {expected.begin(), expected.end()}, bounds);
  report.equal("sums of codes", got.row_sum, sums_of_rows(got.codes, got.scale.size()));
}

// The steps are those of the expected values' rows, up to what the tolerance does to their ends.
void judge_steps(const viditq_cuda_quantizer& in, const Codes& got,
                 const std::vector<float>& expected, const Tolerance& tolerance, Report& report) {
  std::vector<double> steps;
  std::vector<double> bounds;
  for (int row = 0; row < in.rows; row++) {
    const auto first = expected.begin() + static_cast<std::ptrdiff_t>(row) * in.columns;
    const std::vector<float> values(first, first + in.columns);
    const ExpectedRow want(values, in.bits, in.symmetric != 0);
    steps.push_back(want.scale);
    bounds.push_back(2 * tolerance.atol / ((1 << in.bits) - 1) + tolerance.rtol * want.scale);
  }
  report.within("steps", {got.scale.begin(), got.scale.end()}, steps, bounds);
}

// [samples, C] from a linear layer of silu(conditioning), which gives scale, then shift.
void conditioned(const Fixture& fixture, std::vector<float>* shift, std::vector<float>* scale) {
  const std::vector<float> condition = fixture.floats("input.conditioning");
  const std::vector<float> weight = fixture.floats("weight.linear.weight");
  const std::vector<float> bias = fixture.floats("weight.linear.bias");
  const size_t inner = static_cast<size_t>(fixture.shape("weight.linear.weight")[1]);
  const size_t channels = bias.size() / 2;
  for (size_t sample = 0; sample < condition.size() / inner; sample++) {
    for (size_t o = 0; o < bias.size(); o++) {
      double sum = bias[o];
      for (size_t k = 0; k < inner; k++) {
        const double c = condition[sample * inner + k];
        sum += c / (1 + std::exp(-c)) * weight[o * inner + k];
      }
      (o < channels ? scale : shift)->push_back(static_cast<float>(sum));
    }
  }
}

void modulate(const Fixture& fixture, const std::string& output, const std::vector<float>& shift,
              const std::vector<float>& scale, Report& report) {
  const std::vector<int64_t>& shape = fixture.shape("input.x");
  const int samples = static_cast<int>(shape[0]);
  const Buffer<float> x(fixture.floats("input.x"));
  const Buffer<float> shifts(shift);
  const Buffer<float> scales(scale);
  const std::vector<float> expected = fixture.floats("expected." + output);
  const float epsilon = static_cast<float>(fixture.number("eps"));
  const viditq_cuda_quantizer in =
      quantizer(x, static_cast<int>(shape[0] * shape[1]), static_cast<int>(shape[2]), 8, false);
  on_row_kernels(
      fixture.name + " " + output, "norm_modulate_quantize", in,
      [&](viditq_cuda_quantizer q, viditq_cuda_tokens out, int kernel) {
        return viditq_cuda_norm_modulate_quantize(q, shifts.data(), scales.data(), samples, epsilon,
                                                  out, kernel, nullptr);
      },
      report,
      [&](const Codes& got) {
        judge_values(in, got, expected, fixture.tolerance(output), report);
        judge_steps(in, got, expected, fixture.tolerance(output), report);
      });
}

// GELU as the epilogue of a layer whose weights are 0 and whose bias is x.
void gelu_epilogue(const Fixture& fixture, const std::vector<float>& x,
                   const std::vector<float>& expected, Report& report) {
  LinearProblem problem(1, static_cast<int>(x.size()), 1, 8, true, true);
  for (size_t c = 0; c < x.size(); c++) {
    problem.w_scale[c] = 0.0f;
    problem.bias[c] = x[c];
  }
  viditq_cuda_epilogue epilogue = {};
  epilogue.bias = problem.bias.data();
  epilogue.activation = VIDITQ_CUDA_ACTIVATION_GELU_TANH;
  for (const KernelName& kernel : linear_kernels()) {
    next_schedule();
    report.begin(fixture.name, std::string("linear w8a8 ") + kernel.name);
    Buffer<float> out(x.size());
    if (!launched(problem.launch(epilogue, kernel.kernel, out), report)) continue;
    report.close("output", {out.data(), out.data() + out.size()}, expected,
                 fixture.tolerance("output"));
  }
}

}  // namespace

void run_modulation(const Fixture& fixture, Report& report) {
  if (fixture.has("input.scale_shift_table")) {
    report.left_out(fixture.name, "no kernel adds modulation tables");
    return;
  }
  std::vector<float> shift;
  std::vector<float> scale;
  if (fixture.has("input.conditioning")) {
    conditioned(fixture, &shift, &scale);
  } else {
    shift = fixture.floats("input.shift");
    scale = fixture.floats("input.scale");
  }
  modulate(fixture, "output", shift, scale, report);
  if (!fixture.has("expected.normalized")) return;
  modulate(fixture, "normalized", std::vector<float>(shift.size()),
           std::vector<float>(scale.size()), report);
}

void run_gelu(const Fixture& fixture, Report& report) {
  if (fixture.word("variant") != "activation") {
    report.left_out(fixture.name, "layers in full precision");
    return;
  }
  const std::vector<float> values = fixture.floats("input.x");
  const std::vector<float> expected = fixture.floats("expected.output");
  const Tolerance tolerance = fixture.tolerance("output");
  const Buffer<float> x(values);
  const int count = static_cast<int>(values.size());
  const auto launch = [](viditq_cuda_quantizer in, viditq_cuda_tokens out, int kernel) {
    return viditq_cuda_gelu_quantize(in, out, kernel, nullptr);
  };
  const viditq_cuda_quantizer row = quantizer(x, 1, count, 8, false);
  on_row_kernels(fixture.name, "gelu_quantize", row, launch, report, [&](const Codes& got) {
    judge_values(row, got, expected, tolerance, report);
    judge_steps(row, got, expected, tolerance, report);
  });
  // A row for each value: its grid ends at the value, which so is seen to the precision of a float.
  const viditq_cuda_quantizer column = quantizer(x, count, 1, 8, false);
  on_row_kernels(fixture.name, "gelu_quantize", column, launch, report,
                 [&](const Codes& got) { judge_steps(column, got, expected, tolerance, report); });
  gelu_epilogue(fixture, values, expected, report);
}

}  // namespace parity
