// A random quantized linear layer, for the tests of the integer products.
#pragma once

#include <cmath>
#include <vector>

#include "token_oracles.h"

namespace {

struct KernelName {
  int kernel;
  const char* name;
};

// The kernels that run here, the naive one first.
inline std::vector<KernelName> linear_kernels() {
  std::vector<KernelName> kernels = {{VIDITQ_CUDA_NAIVE, "naive"},
                                     {VIDITQ_CUDA_TILE_64X64, "64x64"},
                                     {VIDITQ_CUDA_TILE_128X128, "128x128"}};
  if (has_warp_groups()) kernels.push_back({VIDITQ_CUDA_HOPPER, "hopper"});
  return kernels;
}

struct LinearProblem {
  int rows;
  int channels;
  int inner;
  int weight_bits;  // 4 or 8, also how they are stored
  bool weights_signed;
  bool x_symmetric;
  int sets;

  Buffer<uint8_t> x_codes;
  Buffer<float> x_scale;
  Buffer<int32_t> x_zero_point;
  Buffer<int32_t> x_row_sum;
  std::vector<uint8_t> w_codes;       // as given, [sets, channels, inner]
  std::vector<int32_t> w_zero_point;  // as given, [sets, channels]
  Buffer<float> w_scale;
  Buffer<uint8_t> w_packed;
  Buffer<int32_t> w_packed_zero_point;
  Buffer<int32_t> w_centered_sum;
  Buffer<float> bias;
  Buffer<int32_t> active_set;

  LinearProblem(int rows, int channels, int inner, int weight_bits, bool weights_signed,
                bool x_symmetric, int sets = 1, bool extreme = false)
      : rows(rows),
        channels(channels),
        inner(inner),
        weight_bits(weight_bits),
        weights_signed(weights_signed),
        x_symmetric(x_symmetric),
        sets(sets),
        // Garbage between the rows, which no kernel may use.
        x_codes(static_cast<size_t>(viditq::code_row(rows, inner)), 0xee),
        x_scale(rows),
        x_zero_point(rows),
        x_row_sum(rows),
        w_codes(static_cast<size_t>(sets) * channels * inner),
        w_zero_point(static_cast<size_t>(sets) * channels),
        w_scale(static_cast<size_t>(sets) * channels),
        w_packed(static_cast<size_t>(sets) *
                 static_cast<size_t>(viditq_cuda_packed_bytes(channels, inner, weight_bits))),
        w_packed_zero_point(static_cast<size_t>(sets) * channels),
        w_centered_sum(static_cast<size_t>(sets) * channels),
        bias(normal<float>(5, channels)),
        active_set(1, sets - 1) {
    std::mt19937 random(static_cast<unsigned>(rows + 31 * channels + 977 * inner));
    const auto scale = [&] { return 0.0005f + 0.0005f * static_cast<float>(random() % 97); };
    for (int row = 0; row < rows; row++) {
      x_scale[row] = scale();
      x_zero_point[row] = x_symmetric ? 0 : extreme ? 0 : static_cast<int>(random() % 256);
      for (int k = 0; k < inner; k++) {
        const uint8_t code = extreme ? (x_symmetric ? 0x80 : 0xff) : random() % 256;
        x_codes[static_cast<size_t>(viditq::code_row(row, inner) + k)] = code;
        x_row_sum[row] += x_symmetric ? static_cast<int8_t>(code) : code;
      }
    }
    const int codes = 1 << weight_bits;
    for (size_t i = 0; i < w_codes.size(); i++) {
      const int unsigned_code = extreme ? (weights_signed ? 0 : codes - 1)
                                        : static_cast<int>(random() % static_cast<unsigned>(codes));
      w_codes[i] = static_cast<uint8_t>(unsigned_code - (weights_signed ? codes / 2 : 0));
    }
    for (size_t i = 0; i < w_zero_point.size(); i++) {
      w_scale[i] = scale();
      w_zero_point[i] =
          weights_signed || extreme ? 0 : static_cast<int>(random() % static_cast<unsigned>(codes));
      w_packed_zero_point[i] = w_zero_point[i];
    }
    const size_t bytes = w_packed.size() / static_cast<size_t>(sets);
    for (int set = 0; set < sets; set++) {
      const size_t first = static_cast<size_t>(set) * channels;
      CHECK_EQUAL(viditq_cuda_pack_weights(w_codes.data() + first * inner, weights_signed, channels,
                                           inner, weight_bits, w_packed.data() + set * bytes,
                                           w_packed_zero_point.data() + first,
                                           w_centered_sum.data() + first),
                  VIDITQ_CUDA_OK);
    }
  }

  // sum_k (x - z_x)(w - z_w) of the active set, by the codes as given.
  int64_t centered(int row, int channel) const {
    int64_t sum = 0;
    const size_t w = static_cast<size_t>(active_set[0]) * channels + channel;
    for (int k = 0; k < inner; k++) {
      const uint8_t x = x_codes[static_cast<size_t>(viditq::code_row(row, inner) + k)];
      const uint8_t code = w_codes[w * inner + k];
      sum += static_cast<int64_t>((x_symmetric ? static_cast<int8_t>(x) : x) - x_zero_point[row]) *
             ((weights_signed ? static_cast<int8_t>(code) : code) - w_zero_point[w]);
    }
    return sum;
  }

  double scale_of(int row, int channel) const {
    return static_cast<double>(x_scale[row]) *
           w_scale[static_cast<size_t>(active_set[0]) * channels + channel];
  }

  template <typename T>
  int launch(const viditq_cuda_epilogue& epilogue, int kernel, Buffer<T>& out) {
    const viditq_cuda_tokens x = {x_codes.data(), x_scale.data(), x_zero_point.data(),
                                  x_row_sum.data(), nullptr};
    const viditq_cuda_weights weights = {w_packed.data(),
                                         w_scale.data(),
                                         w_packed_zero_point.data(),
                                         w_centered_sum.data(),
                                         weight_bits,
                                         sets,
                                         sets == 1 ? nullptr : active_set.data()};
    return viditq_cuda_linear(x, x_symmetric, weights, epilogue, rows, channels, inner, out.data(),
                              type_of<T>(), kernel, nullptr);
  }

  template <typename T>
  Buffer<T> run(const viditq_cuda_epilogue& epilogue, int kernel) {
    Buffer<T> out(static_cast<size_t>(rows) * channels, viditq::from_float<T>(-77.0f));
    CHECK_EQUAL(finished(launch(epilogue, kernel, out)), VIDITQ_CUDA_OK);
    return out;
  }
};

// How many elements differ in any bit.
template <typename T>
int differences(const Buffer<T>& a, const Buffer<T>& b) {
  int different = static_cast<int>(a.size() > b.size() ? a.size() - b.size() : b.size() - a.size());
  for (size_t i = 0; i < a.size() && i < b.size(); i++) {
    different += std::memcmp(&a[i], &b[i], sizeof(T)) != 0;
  }
  return different;
}

// How many elements differ from residual + gate * act(scale * centered + bias) by more than rtol of
// the magnitudes that were added up.
template <typename T>
int wrong_outputs(const LinearProblem& problem, const viditq_cuda_epilogue& epilogue,
                  const Buffer<T>& out, double rtol) {
  int wrong = 0;
  for (int row = 0; row < problem.rows; row++) {
    for (int c = 0; c < problem.channels; c++) {
      const int i = row * problem.channels + c;
      const double product = problem.centered(row, c) * problem.scale_of(row, c);
      double y = product + (epilogue.bias == nullptr ? 0 : epilogue.bias[c]);
      if (epilogue.activation == VIDITQ_CUDA_ACTIVATION_GELU_TANH) y = gelu_float64(y);
      double magnitude = std::fabs(product) + std::fabs(y);
      if (epilogue.gate != nullptr) {
        const double gate = viditq::to_float(static_cast<const T*>(
            epilogue.gate)[row / epilogue.rows_per_gate * problem.channels + c]);
        y *= gate;
        magnitude *= 1 + std::fabs(gate);
      }
      if (epilogue.residual != nullptr) {
        y += viditq::to_float(static_cast<const T*>(epilogue.residual)[i]);
      }
      wrong +=
          !(std::fabs(viditq::to_float(out[i]) - y) <= rtol * (magnitude + std::fabs(y)) + 1e-6);
    }
  }
  return wrong;
}

}  // namespace
