// Rows of floats as fixtures hold them, and their codes as the quantizing kernels write them.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "linear_problem.h"
#include "report.h"

namespace {

// A schedule of the emulation after the other, case by case.
inline void next_schedule() {
  static int next = 0;
  use_schedule(next++);
}

constexpr KernelName kRowKernels[] = {{VIDITQ_CUDA_NAIVE, "naive"}, {VIDITQ_CUDA_FAST, "fast"}};

// What a kernel wrote, dense.
struct Codes {
  std::vector<int32_t> codes;
  std::vector<int32_t> zero_point;
  std::vector<int32_t> row_sum;
  std::vector<float> scale;

  Codes(const viditq_cuda_quantizer& in, const Tokens& tokens) {
    for (int row = 0; row < in.rows; row++) {
      for (int c = 0; c < in.columns; c++) codes.push_back(tokens.code(in, row, c));
      zero_point.push_back(tokens.zero_point[row]);
      row_sum.push_back(tokens.row_sum[row]);
      scale.push_back(tokens.scale[row]);
    }
  }
};

// x [samples, tokens, channels] with the samples of a token behind each other, [tokens, samples *
// channels]: a grid per row is then one that all samples share.
template <typename V>
std::vector<V> by_token(const std::vector<V>& x, int64_t samples, int64_t tokens,
                        int64_t channels) {
  std::vector<V> moved(x.size());
  for (int64_t s = 0; s < samples; s++) {
    for (int64_t t = 0; t < tokens; t++) {
      for (int64_t c = 0; c < channels; c++) {
        moved[(t * samples + s) * channels + c] = x[(s * tokens + t) * channels + c];
      }
    }
  }
  return moved;
}

inline std::vector<int32_t> sums_of_rows(const std::vector<int32_t>& codes, size_t rows) {
  std::vector<int32_t> sums(rows);
  const size_t columns = codes.size() / rows;
  for (size_t i = 0; i < codes.size(); i++) sums[i / columns] += codes[i];
  return sums;
}

// Whether the launch went well; reports it if not.
inline bool launched(int status, parity::Report& report) {
  const int done = finished(status);
  if (done == VIDITQ_CUDA_OK) return true;
  report.failed(std::string("the launch failed: ") + viditq_cuda_status_message(done));
  return false;
}

using RowLaunch = std::function<int(viditq_cuda_quantizer, viditq_cuda_tokens, int kernel)>;

// Runs both kernels of a quantizing function on `in`, and hands each one's codes to `judge`.
inline void on_row_kernels(const std::string& source, const std::string& function,
                           const viditq_cuda_quantizer& in, const RowLaunch& launch,
                           parity::Report& report, const std::function<void(const Codes&)>& judge) {
  for (const KernelName& kernel : kRowKernels) {
    next_schedule();
    report.begin(source, function + " " + kernel.name);
    Tokens tokens(in.rows, in.columns);
    if (!launched(launch(in, tokens.view(), kernel.kernel), report)) continue;
    if (tokens.not_finite[0] != 0) {
      report.failed("finite values were called not finite");
      continue;
    }
    judge(Codes(in, tokens));
  }
}

inline int plain_quantize(viditq_cuda_quantizer in, viditq_cuda_tokens out, int kernel) {
  return viditq_cuda_quantize(in, out, kernel, nullptr);
}

}  // namespace
