// quantizer.*: the plain quantizer on activations, with a grid per row or one per token for all
// samples, and on weights, whose output channels are rows like tokens.
#include <algorithm>

#include "cases.h"
#include "rows.h"

namespace parity {
namespace {

struct Grid {
  int samples;  // that share the grid of a token
  int tokens;
  int channels;
};

// Compares the codes of `input` with expected.<codes> and, where named, its grid.
void compare(const Fixture& fixture, const std::string& input, Grid grid, int bits,
             const std::string& codes, const std::string& delta, const std::string& zero_point,
             const std::vector<float>& expected_delta,
             const std::vector<int32_t>& expected_zero_point, Report& report) {
  const Buffer<float> x(by_token(fixture.floats(input), grid.samples, grid.tokens, grid.channels));
  const std::vector<int32_t> expected =
      by_token(fixture.integers("expected." + codes), grid.samples, grid.tokens, grid.channels);
  const viditq_cuda_quantizer in = quantizer(x, grid.tokens, grid.samples * grid.channels, bits,
                                             fixture.number("symmetric") != 0);
  on_row_kernels(fixture.name, "quantize", in, plain_quantize, report, [&](const Codes& got) {
    report.equal(codes, got.codes, expected);
    report.equal("sums of " + codes, got.row_sum,
                 sums_of_rows(expected, static_cast<size_t>(in.rows)));
    report.equal(zero_point, got.zero_point, expected_zero_point);
    report.close(delta, got.scale, expected_delta, fixture.tolerance(delta));
  });
}

// Candidate widths of a weight: the grids lie behind each other in one tensor.
void compare_candidates(const Fixture& fixture, Grid grid, Report& report) {
  const std::vector<float> deltas = fixture.floats("expected.delta_list");
  const std::vector<int32_t> zero_points = fixture.integers("expected.zero_point_list");
  size_t first = 0;
  for (const double bits : fixture.numbers("mixed_precision")) {
    const size_t last = first + static_cast<size_t>(grid.tokens);
    compare(fixture, "input.weight", grid, static_cast<int>(bits),
            "codes_" + std::to_string(static_cast<int>(bits)), "delta_list", "zero_point_list",
            {deltas.begin() + static_cast<std::ptrdiff_t>(first),
             deltas.begin() + static_cast<std::ptrdiff_t>(last)},
            {zero_points.begin() + static_cast<std::ptrdiff_t>(first),
             zero_points.begin() + static_cast<std::ptrdiff_t>(last)},
            report);
    first = last;
  }
}

}  // namespace

void run_quantizer(const Fixture& fixture, Report& report) {
  if (fixture.op == "quantizer.act_static" || fixture.op == "quantizer.act_static_token") {
    report.left_out(fixture.name, "the kernels find every row's grid themselves");
    return;
  }
  const bool weight = fixture.op == "quantizer.weight";
  const std::string input = weight ? "input.weight" : "input.x";
  const std::vector<int64_t>& shape = fixture.shape(input);
  Grid grid;
  if (weight) {
    int64_t inner = 1;
    for (size_t i = 1; i < shape.size(); i++) inner *= shape[i];
    grid = {1, static_cast<int>(shape[0]), static_cast<int>(inner)};
  } else if (fixture.op == "quantizer.act_dynamic_token") {
    grid = {static_cast<int>(shape[0]), static_cast<int>(shape[1]), static_cast<int>(shape[2])};
  } else if (fixture.op == "quantizer.act_dynamic_token_per_row") {
    grid = {1, static_cast<int>(shape[0] * shape[1]), static_cast<int>(shape[2])};
  } else {
    report.begin(fixture.name, "quantize");
    report.failed("is of an operator that parity has no rule for: add one to quantizer_cases.cpp");
    return;
  }
  if (fixture.has("expected.delta_list")) return compare_candidates(fixture, grid, report);
  // Where one step is below 1e-6, the published rule makes all of them 1e-6; the kernels implement
  // the deployed one, for that row alone.
  const std::string rule = fixture.has("expected.sane_codes") ? "sane_" : "";
  const std::vector<float> delta = fixture.floats("expected." + rule + "delta");
  if (rule.empty() &&
      std::count(delta.begin(), delta.end(), 1e-6f) == static_cast<std::ptrdiff_t>(delta.size())) {
    report.left_out(fixture.name, "the published rule for tiny steps, which is not deployed");
    return;
  }
  compare(fixture, input, grid, static_cast<int>(fixture.number("n_bits")), rule + "codes",
          rule + "delta", rule + "zero_point", delta,
          fixture.integers("expected." + rule + "zero_point"), report);
}

}  // namespace parity
