#include <cuda_fp16.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "peers.cuh"

namespace acceptance {
namespace {

constexpr size_t kWorkspaceBytes = size_t{64} << 20;
constexpr int kTrialRounds = 3;

uint32_t mask_for(int type) {
  if (type == lt::kFloat16) return kHalvesBelowTwo;
  if (type == lt::kFloat8E4M3) return kFloat8sBelowTwo;
  return kAnyBytes;
}

// -2..2 in the bits of a type.
uint16_t bits_of(int type, int value) {
  if (type == lt::kInt8) return static_cast<uint8_t>(value);
  if (type == lt::kFloat16) {
    const __half half = __float2half_rn(static_cast<float>(value));
    uint16_t bits;
    std::memcpy(&bits, &half, sizeof bits);
    return bits;
  }
  // E4M3, bias 7: 1 is 0x38, 2 is 0x40.
  const uint8_t magnitude = value == 0 ? 0 : std::abs(value) == 1 ? 0x38 : 0x40;
  return static_cast<uint8_t>(magnitude | (value < 0 ? 0x80 : 0));
}

double value_of(int type, const unsigned char* memory, size_t i) {
  if (type == lt::kInt8) return static_cast<int8_t>(memory[i]);
  if (type == lt::kInt32) {
    int32_t value;
    std::memcpy(&value, memory + i * sizeof value, sizeof value);
    return value;
  }
  __half half;
  std::memcpy(static_cast<void*>(&half), memory + i * sizeof half, sizeof half);
  return __half2float(half);
}

std::vector<unsigned char> matrix(int type, const std::vector<int>& values) {
  const size_t bytes = bytes_of(type);
  std::vector<unsigned char> memory(values.size() * bytes);
  for (size_t i = 0; i < values.size(); i++) {
    const uint16_t bits = bits_of(type, values[i]);
    std::memcpy(memory.data() + i * bytes, &bits, bytes);
  }
  return memory;
}

}  // namespace

Peer::Peer(CublasLt& library, const ProductTypes& types, int rows, int channels, int inner,
           size_t l2_bytes, Stopwatch& stopwatch) {
  const size_t x_bytes = static_cast<size_t>(rows) * inner * bytes_of(types.operands);
  const size_t w_bytes = static_cast<size_t>(channels) * inner * bytes_of(types.operands);
  const size_t out_bytes = static_cast<size_t>(rows) * channels * bytes_of(types.out);
  const void* bias = memory_.random(static_cast<size_t>(channels) * 4, kHalvesBelowTwo);
  void* workspace = memory_.zeros(kWorkspaceBytes);
  product_ =
      std::make_unique<Product>(library, types, rows, channels, inner, bias, kWorkspaceBytes);
  contender_.name = types.name;
  contender_.amount = 2.0 * rows * channels * inner;
  contender_.operations = true;
  contender_.sets = sets_for(static_cast<double>(x_bytes + w_bytes + out_bytes), l2_bytes);
  std::vector<void*> x, w, out;
  for (int set = 0; set < contender_.sets; set++) {
    x.push_back(memory_.random(x_bytes, mask_for(types.operands)));
    w.push_back(memory_.random(w_bytes, mask_for(types.operands)));
    out.push_back(memory_.zeros(out_bytes));
  }
  contender_.launch = [this, x, w, out, workspace](int set, cudaStream_t stream) {
    return product_->launch(algorithm_, x[set], w[set], out[set], workspace, stream);
  };

  int best = -1;
  double best_time = 0;
  const int algorithms = product_->algorithms();
  for (algorithm_ = 0; algorithm_ < algorithms; algorithm_++) {
    // One that the library refuses after all, or that cannot be recorded, is passed over.
    try {
      if (!contender_.launch(0, stopwatch.stream())) continue;
      const double time = stopwatch.compare({contender_}, kTrialRounds)[0].microseconds.low;
      if (best < 0 || time < best_time) {
        best = algorithm_;
        best_time = time;
      }
    } catch (const std::runtime_error&) {
      cudaGetLastError();
    }
  }
  if (best < 0) throw std::runtime_error(contender_.name + " runs with none of its algorithms.");
  algorithm_ = best;
  contender_.note = "algorithm " + std::to_string(best + 1) + " of " + std::to_string(algorithms);
}

std::string check_product(CublasLt& library, const ProductTypes& types) {
  constexpr int kRows = 48;
  constexpr int kChannels = 32;
  constexpr int kInner = 64;
  std::vector<int> x, w, bias;
  for (int i = 0; i < kRows * kInner; i++) x.push_back(i * 7 % 11 % 5 - 2);
  for (int i = 0; i < kChannels * kInner; i++) w.push_back(i * 5 % 13 % 5 - 2);
  for (int i = 0; i < kChannels; i++) bias.push_back(i % 5 - 2);
  DeviceMemory memory;
  const void* x_device = memory.copy_of(matrix(types.operands, x));
  const void* w_device = memory.copy_of(matrix(types.operands, w));
  const void* bias_device = memory.copy_of(matrix(lt::kFloat16, bias));
  const size_t out_bytes = static_cast<size_t>(kRows) * kChannels * bytes_of(types.out);
  void* out = memory.zeros(out_bytes);
  void* workspace = memory.zeros(kWorkspaceBytes);
  const Product product(library, types, kRows, kChannels, kInner, bias_device, kWorkspaceBytes);
  if (!product.launch(0, x_device, w_device, out, workspace, nullptr)) {
    return std::string(types.name) + " could not be launched.";
  }
  std::vector<unsigned char> result(out_bytes);
  require(cudaDeviceSynchronize(), types.name);
  require(cudaMemcpy(result.data(), out, out_bytes, cudaMemcpyDeviceToHost), "reading a result");
  int wrong = 0;
  for (int row = 0; row < kRows; row++) {
    for (int channel = 0; channel < kChannels; channel++) {
      double sum = 0;
      for (int k = 0; k < kInner; k++) sum += x[row * kInner + k] * w[channel * kInner + k];
      double expected = sum * types.factor + (types.bias ? bias[channel] : 0);
      if (types.out == lt::kInt8) expected = std::min(std::max(expected, -128.0), 127.0);
      // Where a factor leaves fractions, how ties round is left open.
      const double bound = types.factor == 1.0f ? 0 : 0.5;
      const double actual =
          value_of(types.out, result.data(), static_cast<size_t>(row) * kChannels + channel);
      wrong += !(std::fabs(actual - expected) <= bound);
    }
  }
  if (wrong == 0) return "";
  return std::string(types.name) + " gives " + std::to_string(wrong) + " wrong elements of " +
         std::to_string(kRows * kChannels) + ": cublaslt.h does not describe this library.";
}

}  // namespace acceptance
