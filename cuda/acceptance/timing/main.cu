// timing [--json FILE] [--rounds COUNT] [--cublaslt FILE] [--command TEXT] [--commit TEXT]:
// times the kernels at the shapes of diffusion transformers with CUDA events, beside cuBLASLt at
// the same shapes in the same interleaved run. Exits with 1 if a peer computes something else than
// it is timed for, or anything fails.
#include <cstdio>
#include <cstdlib>
#include <exception>

#include "options.h"
#include "peers.cuh"
#include "viditq_cuda.h"

namespace acceptance {
namespace {

Device describe(const Management& management) {
  int count = 0;
  if (cudaGetDeviceCount(&count) != cudaSuccess || count == 0) {
    throw std::runtime_error(
        "No GPU was found; run this on a machine with an NVIDIA GPU and a driver.");
  }
  Device device;
  cudaDeviceProp properties;
  require(cudaGetDeviceProperties(&properties, 0), "describing the GPU");
  device.name = properties.name;
  device.driver = management.driver();
  device.major = properties.major;
  device.minor = properties.minor;
  device.multiprocessors = properties.multiProcessorCount;
  device.l2_bytes = static_cast<size_t>(properties.l2CacheSize);
  device.memory_bytes = properties.totalGlobalMem;
  require(cudaDriverGetVersion(&device.cuda_driver), "asking for the driver's version");
  require(cudaRuntimeGetVersion(&device.cuda_runtime), "asking for the runtime's version");
  require(cudaDeviceGetAttribute(&device.clock_khz, cudaDevAttrClockRate, 0),
          "asking for the clock");
  require(cudaDeviceGetAttribute(&device.memory_clock_khz, cudaDevAttrMemoryClockRate, 0),
          "asking for the memory's clock");
  return device;
}

float* floats(DeviceMemory& memory, size_t count, float value) {
  return memory.copy_of(std::vector<float>(count, value));
}

viditq_cuda_tokens tokens(DeviceMemory& memory, int rows, int columns) {
  const size_t row_bytes = (static_cast<size_t>(columns) + VIDITQ_CUDA_CODE_ROW - 1) /
                           VIDITQ_CUDA_CODE_ROW * VIDITQ_CUDA_CODE_ROW;
  return {static_cast<uint8_t*>(memory.random(rows * row_bytes)), floats(memory, rows, 0.01f),
          static_cast<int32_t*>(memory.random(rows * sizeof(int32_t), 0xff)),
          static_cast<int32_t*>(memory.random(rows * sizeof(int32_t), 0xfffff)), nullptr};
}

// ---- kernels that work on rows ---------------------------------------------------------------

struct RowOperands {
  viditq_cuda_quantizer in;
  viditq_cuda_tokens out;
  void* copy;
};

// The quantizers on halves [rows, columns], and a copy of the same halves.
std::vector<Contender> row_contenders(DeviceMemory& memory, int rows, int columns,
                                      size_t l2_bytes) {
  const size_t halves = static_cast<size_t>(rows) * columns * 2;
  // Halves in; codes, and per row a scale, a zero point and a sum out.
  const double moved = 1.5 * static_cast<double>(halves) + 12.0 * rows;
  const int sets = sets_for(moved, l2_bytes);
  std::vector<RowOperands> operands;
  for (int set = 0; set < sets; set++) {
    RowOperands each = {};
    each.in.x = memory.random(halves, kHalvesBelowTwo);
    each.in.type = VIDITQ_CUDA_FLOAT16;
    each.in.rows = rows;
    each.in.columns = columns;
    each.in.bits = 8;
    each.in.sets = 1;
    each.out = tokens(memory, rows, columns);
    each.copy = memory.zeros(halves);
    operands.push_back(each);
  }
  const float* shift = floats(memory, columns, 0.1f);
  const float* scale = floats(memory, columns, 0.2f);
  return {
      {"copy", 2.0 * static_cast<double>(halves), false, sets,
       [operands, halves](int set, cudaStream_t stream) {
         return cudaMemcpyAsync(operands[set].copy, operands[set].in.x, halves,
                                cudaMemcpyDeviceToDevice, stream) == cudaSuccess;
       },
       ""},
      {"viditq quantize", moved, false, sets,
       [operands](int set, cudaStream_t stream) {
         return viditq_cuda_quantize(operands[set].in, operands[set].out, VIDITQ_CUDA_FAST,
                                     stream) == VIDITQ_CUDA_OK;
       },
       ""},
      {"viditq norm_modulate_quantize", moved, false, sets,
       [operands, shift, scale](int set, cudaStream_t stream) {
         return viditq_cuda_norm_modulate_quantize(operands[set].in, shift, scale, 1, 1e-6f,
                                                   operands[set].out, VIDITQ_CUDA_FAST,
                                                   stream) == VIDITQ_CUDA_OK;
       },
       ""},
      {"viditq gelu_quantize", moved, false, sets,
       [operands](int set, cudaStream_t stream) {
         return viditq_cuda_gelu_quantize(operands[set].in, operands[set].out, VIDITQ_CUDA_FAST,
                                          stream) == VIDITQ_CUDA_OK;
       },
       ""},
  };
}

void time_rows(int rows, int columns, const Device& device, int rounds, Stopwatch& stopwatch,
               Results& results) {
  DeviceMemory memory;
  for (Measurement& m :
       stopwatch.compare(row_contenders(memory, rows, columns, device.l2_bytes), rounds)) {
    m.rows = rows;
    m.channels = columns;
    results.add(m);
  }
  results.print_last_shape();
}

// What the memory gives, far beyond the cache.
void time_copy(int rounds, Stopwatch& stopwatch, Results& results) {
  constexpr size_t kBytes = size_t{1} << 30;
  DeviceMemory memory;
  void* from = memory.random(kBytes);
  void* to = memory.zeros(kBytes);
  const Contender copy = {kLargeCopy,
                          2.0 * kBytes,
                          false,
                          1,
                          [=](int, cudaStream_t stream) {
                            return cudaMemcpyAsync(to, from, kBytes, cudaMemcpyDeviceToDevice,
                                                   stream) == cudaSuccess;
                          },
                          ""};
  for (Measurement& m : stopwatch.compare({copy}, rounds)) {
    m.rows = 1 << 15;
    m.channels = 1 << 14;  // halves
    results.add(m);
  }
  results.print_last_shape();
}

// ---- linear layers -----------------------------------------------------------------------------

struct LinearOperands {
  viditq_cuda_tokens x;
  viditq_cuda_weights weights;
  viditq_cuda_epilogue epilogue;
  void* out;
};

Contender linear_contender(DeviceMemory& memory, const char* name, int bits, int kernel, int rows,
                           int channels, int inner, size_t l2_bytes) {
  const auto w_bytes = static_cast<size_t>(viditq_cuda_packed_bytes(channels, inner, bits));
  const size_t out_bytes = static_cast<size_t>(rows) * channels * 2;
  const double bytes = static_cast<double>(rows) * inner + static_cast<double>(w_bytes + out_bytes);
  const int sets = sets_for(bytes, l2_bytes);
  std::vector<LinearOperands> operands;
  for (int set = 0; set < sets; set++) {
    LinearOperands each = {};
    each.x = tokens(memory, rows, inner);
    each.weights = {static_cast<uint8_t*>(memory.random(w_bytes)),
                    floats(memory, channels, 0.01f),
                    static_cast<int32_t*>(memory.random(channels * sizeof(int32_t), 0x0f)),
                    static_cast<int32_t*>(memory.random(channels * sizeof(int32_t), 0xfffff)),
                    bits,
                    1,
                    nullptr};
    each.epilogue.bias = floats(memory, channels, 0.5f);
    each.out = memory.zeros(out_bytes);
    operands.push_back(each);
  }
  return {name,
          2.0 * rows * channels * inner,
          true,
          sets,
          [operands, kernel, rows, channels, inner](int set, cudaStream_t stream) {
            const LinearOperands& each = operands[set];
            return viditq_cuda_linear(each.x, 0, each.weights, each.epilogue, rows, channels, inner,
                                      each.out, VIDITQ_CUDA_FLOAT16, kernel,
                                      stream) == VIDITQ_CUDA_OK;
          },
          ""};
}

void time_linear(int rows, int channels, int inner, CublasLt* library,
                 const std::vector<const ProductTypes*>& peers, const Device& device, int rounds,
                 Stopwatch& stopwatch, Results& results) {
  DeviceMemory memory;
  std::vector<Contender> contenders;
  const auto add = [&](const char* name, int bits, int kernel) {
    contenders.push_back(
        linear_contender(memory, name, bits, kernel, rows, channels, inner, device.l2_bytes));
  };
  add("viditq w8a8 64x64", 8, VIDITQ_CUDA_TILE_64X64);
  add("viditq w8a8 128x128", 8, VIDITQ_CUDA_TILE_128X128);
  if (device.major == 9) add("viditq w8a8 hopper", 8, VIDITQ_CUDA_HOPPER);
  add("viditq w4a8 128x128", 4, VIDITQ_CUDA_TILE_128X128);
  if (device.major == 9) add("viditq w4a8 hopper", 4, VIDITQ_CUDA_HOPPER);
  std::vector<std::unique_ptr<Peer>> kept;
  for (const ProductTypes* types : peers) {
    try {
      kept.push_back(std::make_unique<Peer>(*library, *types, rows, channels, inner,
                                            device.l2_bytes, stopwatch));
      contenders.push_back(kept.back()->contender());
    } catch (const std::runtime_error& e) {
      cudaGetLastError();  // a failed launch does not count against the next
      results.left_out(e.what());
    }
  }
  for (Measurement& m : stopwatch.compare(contenders, rounds)) {
    m.rows = rows;
    m.channels = channels;
    m.inner = inner;
    results.add(m);
  }
  results.print_last_shape();
}

// ---- attention ---------------------------------------------------------------------------------

struct AttentionOperands {
  viditq_cuda_attention in;
  void* workspace;
  void* out;
};

constexpr int kAttentionSamples = 2;
constexpr int kAttentionHeads = 16;
constexpr int kAttentionHead = 72;  // channels

// Halves of `tokens` queries per sample and as many keys, or `keys` of them.
Contender attention_contender(DeviceMemory& memory, const char* name, int tokens, int keys,
                              size_t l2_bytes) {
  constexpr int kChannels = kAttentionHeads * kAttentionHead;
  const auto halves = [&](int rows) {
    return static_cast<size_t>(kAttentionSamples) * rows * kChannels * 2;
  };
  const double bytes = 2.0 * static_cast<double>(halves(tokens) + halves(keys));
  const int sets = sets_for(bytes, l2_bytes);
  std::vector<AttentionOperands> operands;
  for (int set = 0; set < sets; set++) {
    AttentionOperands each = {};
    each.in.q = memory.random(halves(tokens), kHalvesBelowTwo);
    each.in.k = memory.random(halves(keys), kHalvesBelowTwo);
    each.in.v = memory.random(halves(keys), kHalvesBelowTwo);
    each.in.type = VIDITQ_CUDA_FLOAT16;
    each.in.batch = kAttentionSamples;
    each.in.queries = tokens;
    each.in.keys = keys;
    each.in.heads = kAttentionHeads;
    each.in.d = each.in.dv = kAttentionHead;
    each.in.scale = 0.118f;
    each.workspace = memory.zeros(static_cast<size_t>(viditq_cuda_attention_workspace(each.in)));
    each.out = memory.zeros(halves(tokens));
    operands.push_back(each);
  }
  return {name,
          4.0 * kAttentionSamples * tokens * keys * kChannels,
          true,
          sets,
          [operands](int set, cudaStream_t stream) {
            const AttentionOperands& each = operands[set];
            return viditq_cuda_attention_int8(each.in, each.workspace, each.out, VIDITQ_CUDA_FAST,
                                              stream) == VIDITQ_CUDA_OK;
          },
          ""};
}

// Self attention, and cross attention to the tokens of a prompt: packing of keys and values
// included.
void time_attention(int tokens, const Device& device, int rounds, Stopwatch& stopwatch,
                    Results& results) {
  constexpr int kPromptTokens = 300;
  DeviceMemory memory;
  const std::vector<Contender> contenders = {
      attention_contender(memory, "viditq attention_int8 self", tokens, tokens, device.l2_bytes),
      attention_contender(memory, "viditq attention_int8 cross", tokens, kPromptTokens,
                          device.l2_bytes)};
  for (Measurement& m : stopwatch.compare(contenders, rounds)) {
    m.rows = kAttentionSamples * tokens;
    m.channels = kAttentionHeads * kAttentionHead;
    m.inner = kAttentionHead;
    results.add(m);
  }
  results.print_last_shape();
}

int run(const Options& options) {
  const Management management;
  Device device = describe(management);
  std::unique_ptr<CublasLt> library;
  std::string missing;
  try {
    library = std::make_unique<CublasLt>(options.at("--cublaslt"));
    device.cublaslt = library->version();
  } catch (const std::runtime_error& e) {
    missing = e.what();
  }
  std::printf(
      "%s, driver %s, CUDA %d, cuBLASLt %zu, %d multiprocessors at up to %d MHz, %.0f TOPS\n",
      device.name.c_str(), device.driver.c_str(), device.cuda_runtime, device.cublaslt,
      device.multiprocessors, device.clock_khz / 1000, device.int8_peak() / 1e12);
  Results results(device);
  if (!missing.empty()) {
    std::fprintf(stderr, "No peers: %s\n", missing.c_str());
    results.left_out(missing);
  }

  std::vector<const ProductTypes*> peers;
  bool wrong = false;
  if (library != nullptr) {
    for (const ProductTypes* types :
         {&kFloat16Product, &kInt8Product, &kInt8ScaledProduct, &kFloat8Product}) {
      try {
        const std::string complaint = check_product(*library, *types);
        if (complaint.empty()) {
          peers.push_back(types);
          continue;
        }
        std::fprintf(stderr, "%s\n", complaint.c_str());
        results.left_out(complaint);
        wrong = true;
      } catch (const std::runtime_error& e) {
        std::fprintf(stderr, "Left out: %s\n", e.what());
        results.left_out(e.what());
      }
    }
  }

  const int rounds = std::max(1, std::atoi(options.at("--rounds").c_str()));
  Stopwatch stopwatch(management);
  time_copy(rounds, stopwatch, results);
  constexpr int kLayers[][2] = {{1152, 1152}, {4608, 1152}, {1152, 4608}};  // channels, inner
  for (const int rows : {1024, 4096, 16384}) {
    for (const int columns : {1152, 4608}) {
      time_rows(rows, columns, device, rounds, stopwatch, results);
    }
    for (const auto& layer : kLayers) {
      time_linear(rows, layer[0], layer[1], library.get(), peers, device, rounds, stopwatch,
                  results);
    }
  }
  for (const int tokens : {1024, 4096}) {
    time_attention(tokens, device, rounds, stopwatch, results);
  }
  // Where the arithmetic alone counts.
  for (const int extent : {4096, 8192}) {
    time_linear(extent, extent, extent, library.get(), peers, device, rounds, stopwatch, results);
  }
  results.print_goals();

  if (!options.at("--json").empty()) {
    JsonWriter json;
    json.open_object();
    record_run(json, options.at("--command"), options.at("--commit"), device.name);
    json.integer("rounds", rounds);
    results.write(json);
    json.close_object();
    write_whole(options.at("--json"), json.str());
  }
  return wrong ? 1 : 0;
}

}  // namespace
}  // namespace acceptance

int main(int argc, char** argv) {
  acceptance::Options options = {{"--json", ""},
                                 {"--rounds", "30"},
                                 {"--cublaslt", ""},
                                 {"--command", "timing"},
                                 {"--commit", "unknown"}};
  if (const char* wrong = acceptance::read_options(argc, argv, options)) {
    std::fprintf(stderr,
                 "Usage: %s [--json FILE] [--rounds COUNT] [--cublaslt FILE] [--command TEXT] "
                 "[--commit TEXT]; %s is not understood.\n",
                 argv[0], wrong);
    return 2;
  }
  try {
    return acceptance::run(options);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "%s\n", e.what());
    return 1;
  }
}
