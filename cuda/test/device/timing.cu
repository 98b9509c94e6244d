// Times the kernels with CUDA events at the shapes of diffusion transformers; JSON on standard output,
// one object per kernel and shape. Codes and activations are random, since multiplying zeros takes less
// power and so less time.
#include <cuda_runtime.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <random>
#include <vector>

#include "viditq_cuda.h"

namespace {

constexpr int kWarmUps = 20;
constexpr int kRepetitions = 100;

void require(bool condition, const char* what) {
  if (condition) return;
  std::fprintf(stderr, "%s failed: %s\n", what, cudaGetErrorString(cudaGetLastError()));
  std::exit(1);
}

// Zeroed device memory, kept until the program ends.
template <typename T>
T* device(size_t count) {
  void* memory = nullptr;
  require(cudaMalloc(&memory, count * sizeof(T)) == cudaSuccess, "Allocation");
  require(cudaMemset(memory, 0, count * sizeof(T)) == cudaSuccess, "Zeroing");
  return static_cast<T*>(memory);
}

// Random 16-bit words, of which only the bits in `mask` may be set.
void* random_words(size_t bytes, uint16_t mask) {
  static std::mt19937 random(1);
  std::vector<uint16_t> words((bytes + 1) / 2);
  for (uint16_t& word : words) word = static_cast<uint16_t>(random() & mask);
  void* memory = device<uint16_t>(words.size());
  require(cudaMemcpy(memory, words.data(), bytes, cudaMemcpyHostToDevice) == cudaSuccess, "Filling");
  return memory;
}

constexpr uint16_t kAnyByte = 0xffff;
constexpr uint16_t kHalfBelowTwo = 0xbfff;

// Median microseconds of a launch.
double time(const std::function<bool()>& launch) {
  cudaEvent_t start;
  cudaEvent_t stop;
  require(cudaEventCreate(&start) == cudaSuccess && cudaEventCreate(&stop) == cudaSuccess, "Event");
  std::vector<float> times;
  for (int i = 0; i < kWarmUps + kRepetitions; i++) {
    cudaEventRecord(start);
    require(launch(), "Launch");
    cudaEventRecord(stop);
    require(cudaEventSynchronize(stop) == cudaSuccess, "Kernel");
    float milliseconds = 0;
    cudaEventElapsedTime(&milliseconds, start, stop);
    if (i >= kWarmUps) times.push_back(milliseconds);
  }
  cudaEventDestroy(start);
  cudaEventDestroy(stop);
  std::sort(times.begin(), times.end());
  return times[times.size() / 2] * 1e3;
}

bool first_line = true;

// `amount` is what the kernel does in units of `unit` per second: operations, or bytes moved.
void report(const char* kernel, int rows, int channels, int inner, double microseconds,
            double amount, const char* unit) {
  std::printf("%s\n  {\"kernel\": \"%s\", \"rows\": %d, \"channels\": %d, \"inner\": %d, "
              "\"microseconds\": %.2f, \"%s\": %.4g}",
              first_line ? "[" : ",", kernel, rows, channels, inner, microseconds, unit,
              amount / microseconds * 1e6);
  first_line = false;
}

viditq_cuda_tokens tokens(int rows, int columns) {
  const size_t row_bytes = (static_cast<size_t>(columns) + 15) / 16 * 16;
  return {static_cast<uint8_t*>(random_words(rows * row_bytes, kAnyByte)), device<float>(rows), device<int32_t>(rows),
          device<int32_t>(rows), nullptr};
}

void time_quantizers(int rows, int columns) {
  const size_t bytes = static_cast<size_t>(rows) * columns * 2;
  void* x = random_words(bytes, kHalfBelowTwo);
  void* copy = device<uint8_t>(bytes);
  const double moved = 1.5 * static_cast<double>(bytes);  // halves in, codes out
  viditq_cuda_quantizer in = {x, VIDITQ_CUDA_FLOAT16, rows, columns, 8, 0, nullptr, 1, nullptr};
  const viditq_cuda_tokens out = tokens(rows, columns);
  const float* modulation = device<float>(columns);
  report("copy", rows, columns, 0, time([&] {
           return cudaMemcpyAsync(copy, x, bytes, cudaMemcpyDeviceToDevice) == cudaSuccess;
         }),
         2.0 * static_cast<double>(bytes), "bytes_per_second");
  report("quantize", rows, columns, 0, time([&] {
           return viditq_cuda_quantize(in, out, VIDITQ_CUDA_FAST, nullptr) == VIDITQ_CUDA_OK;
         }),
         moved, "bytes_per_second");
  report("norm_modulate_quantize", rows, columns, 0, time([&] {
           return viditq_cuda_norm_modulate_quantize(in, modulation, modulation, 1, 1e-6f, out,
                                                     VIDITQ_CUDA_FAST, nullptr) == VIDITQ_CUDA_OK;
         }),
         moved, "bytes_per_second");
  report("gelu_quantize", rows, columns, 0, time([&] {
           return viditq_cuda_gelu_quantize(in, out, VIDITQ_CUDA_FAST, nullptr) == VIDITQ_CUDA_OK;
         }),
         moved, "bytes_per_second");
}

void time_linear(const char* name, int bits, int kernel, int rows, int channels, int inner) {
  const viditq_cuda_weights weights = {
      static_cast<uint8_t*>(random_words(
          static_cast<size_t>(viditq_cuda_packed_bytes(channels, inner, bits)), kAnyByte)),
      device<float>(channels),
      device<int32_t>(channels),
      device<int32_t>(channels),
      bits,
      1,
      nullptr};
  viditq_cuda_epilogue epilogue = {};
  epilogue.bias = device<float>(channels);
  const viditq_cuda_tokens x = tokens(rows, inner);
  void* out = device<uint16_t>(static_cast<size_t>(rows) * channels);
  report(name, rows, channels, inner, time([&] {
           return viditq_cuda_linear(x, 0, weights, epilogue, rows, channels, inner, out,
                                     VIDITQ_CUDA_FLOAT16, kernel, nullptr) == VIDITQ_CUDA_OK;
         }),
         2.0 * rows * channels * inner, "operations_per_second");
}

}  // namespace

int main() {
  int major = 0;
  require(cudaDeviceGetAttribute(&major, cudaDevAttrComputeCapabilityMajor, 0) == cudaSuccess,
          "Finding a GPU");
  constexpr int kShapes[][2] = {{1152, 1152}, {4608, 1152}, {1152, 4608}};  // channels, inner
  for (const int rows : {1024, 4096, 16384}) {
    time_quantizers(rows, 1152);
    time_quantizers(rows, 4608);
    for (const auto& shape : kShapes) {
      time_linear("linear_w8a8", 8, VIDITQ_CUDA_TILE_128X128, rows, shape[0], shape[1]);
      time_linear("linear_w4a8", 4, VIDITQ_CUDA_TILE_128X128, rows, shape[0], shape[1]);
      if (major == 9) {
        time_linear("linear_w8a8_sm90", 8, VIDITQ_CUDA_HOPPER, rows, shape[0], shape[1]);
      }
    }
  }
  std::printf("\n]\n");
  return 0;
}
