#include <algorithm>
#include <cmath>

#include "device.cuh"

namespace acceptance {
namespace {

// A recorded graph is replayed for about so long, so that what an event costs does not count.
constexpr double kGraphMicroseconds = 400;
constexpr int kMostLaunches = 64;
constexpr int kWarmUpRounds = 3;

__global__ void fill(uint32_t* words, size_t count, uint32_t mask, uint32_t seed) {
  const size_t step = static_cast<size_t>(gridDim.x) * blockDim.x;
  for (size_t i = static_cast<size_t>(blockIdx.x) * blockDim.x + threadIdx.x; i < count;
       i += step) {
    // One round of a mixing function per word.
    uint64_t z = (static_cast<uint64_t>(seed) << 40) + i * 0x9e3779b97f4a7c15ull;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
    words[i] = static_cast<uint32_t>(z >> 32) & mask;
  }
}

// The launches of a contender, recorded.
class Recording {
 public:
  Recording(const Contender& contender, int launches, cudaStream_t stream) : launches_(launches) {
    cudaGraph_t graph = nullptr;
    require(cudaStreamBeginCapture(stream, cudaStreamCaptureModeRelaxed), "recording");
    bool launched = true;
    for (int i = 0; i < launches; i++) {
      launched = contender.launch(i % contender.sets, stream) && launched;
    }
    const cudaError_t ended = cudaStreamEndCapture(stream, &graph);
    if (!launched || ended != cudaSuccess) {
      if (graph != nullptr) cudaGraphDestroy(graph);
      throw std::runtime_error(contender.name +
                               " cannot be recorded: " + cudaGetErrorString(ended) + ".");
    }
    const cudaError_t made = cudaGraphInstantiate(&executable_, graph, 0);
    cudaGraphDestroy(graph);
    require(made, "preparing a recording");
  }
  ~Recording() {
    if (executable_ != nullptr) cudaGraphExecDestroy(executable_);
  }
  Recording(const Recording&) = delete;
  Recording& operator=(const Recording&) = delete;

  void replay(cudaStream_t stream) const {
    require(cudaGraphLaunch(executable_, stream), "replaying");
  }
  int launches() const { return launches_; }

 private:
  cudaGraphExec_t executable_ = nullptr;
  int launches_;
};

}  // namespace

void require(cudaError_t error, const char* what) {
  if (error == cudaSuccess) return;
  throw std::runtime_error(std::string("CUDA failed at ") + what + ": " +
                           cudaGetErrorString(error) + ".");
}

DeviceMemory::~DeviceMemory() {
  for (void* block : blocks_) cudaFree(block);
}

void* DeviceMemory::zeros(size_t bytes) {
  void* memory = nullptr;
  require(cudaMalloc(&memory, std::max<size_t>(bytes, 16)), "allocating memory");
  blocks_.push_back(memory);
  require(cudaMemset(memory, 0, bytes), "clearing memory");
  return memory;
}

void* DeviceMemory::random(size_t bytes, uint32_t mask) {
  static uint32_t seed = 1;
  const size_t words = (bytes + 3) / 4;
  void* memory = zeros(words * 4);
  fill<<<1024, 256>>>(static_cast<uint32_t*>(memory), words, mask, seed++);
  require(cudaDeviceSynchronize(), "filling memory");
  return memory;
}

int sets_for(double bytes, size_t l2_bytes) {
  const double sets = std::ceil(2.5 * static_cast<double>(l2_bytes) / bytes);
  return static_cast<int>(std::min(std::max(sets, 2.0), static_cast<double>(kMostLaunches)));
}

Stopwatch::Stopwatch(const Management& management) : management_(management) {
  require(cudaStreamCreate(&stream_), "making a stream");
  require(cudaEventCreate(&start_), "making an event");
  require(cudaEventCreate(&stop_), "making an event");
}

Stopwatch::~Stopwatch() {
  cudaEventDestroy(stop_);
  cudaEventDestroy(start_);
  cudaStreamDestroy(stream_);
}

double Stopwatch::roughly(const Contender& contender) {
  constexpr int kWarmUps = 3;
  constexpr int kLaunches = 10;
  for (int i = 0; i < kWarmUps + kLaunches; i++) {
    if (i == kWarmUps) require(cudaEventRecord(start_, stream_), "timing");
    if (!contender.launch(i % contender.sets, stream_)) {
      throw std::runtime_error(contender.name + " could not be launched.");
    }
  }
  require(cudaEventRecord(stop_, stream_), "timing");
  require(cudaEventSynchronize(stop_), contender.name.c_str());
  float milliseconds = 0;
  require(cudaEventElapsedTime(&milliseconds, start_, stop_), "timing");
  return milliseconds * 1e3 / kLaunches;
}

std::vector<Measurement> Stopwatch::compare(const std::vector<Contender>& contenders, int rounds) {
  std::vector<std::unique_ptr<Recording>> recordings;
  for (const Contender& contender : contenders) {
    const double once = roughly(contender);
    const int launches = std::min(
        std::max({static_cast<int>(kGraphMicroseconds / once), contender.sets, 4}), kMostLaunches);
    recordings.push_back(std::make_unique<Recording>(contender, launches, stream_));
  }
  std::vector<std::vector<double>> times(contenders.size());
  std::vector<double> clocks(contenders.size());
  for (int round = 0; round < kWarmUpRounds + rounds; round++) {
    for (size_t i = 0; i < contenders.size(); i++) {
      require(cudaEventRecord(start_, stream_), "timing");
      recordings[i]->replay(stream_);
      require(cudaEventRecord(stop_, stream_), "timing");
      // Read while the device is at work, once: asking takes time, if none of the device's.
      if (round == kWarmUpRounds + rounds / 2) clocks[i] = management_.clock_mhz();
      require(cudaEventSynchronize(stop_), contenders[i].name.c_str());
      float milliseconds = 0;
      require(cudaEventElapsedTime(&milliseconds, start_, stop_), "timing");
      if (round >= kWarmUpRounds) {
        times[i].push_back(milliseconds * 1e3 / recordings[i]->launches());
      }
    }
  }
  std::vector<Measurement> measurements;
  for (size_t i = 0; i < contenders.size(); i++) {
    Measurement measurement;
    measurement.contender = contenders[i].name;
    measurement.microseconds = spread_of(times[i]);
    measurement.amount = contenders[i].amount;
    measurement.operations = contenders[i].operations;
    measurement.operand_sets = contenders[i].sets;
    measurement.note = contenders[i].note;
    measurement.clock_mhz = clocks[i];
    measurements.push_back(measurement);
  }
  return measurements;
}

}  // namespace acceptance
