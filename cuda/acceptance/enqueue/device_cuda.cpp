#include <cuda_runtime.h>

#include <stdexcept>

#include "device.h"
#include "margin.h"

namespace enqueue {
namespace {

void require(cudaError_t error, const char* what) {
  if (error == cudaSuccess) return;
  throw std::runtime_error(std::string("CUDA failed at ") + what + ": " +
                           cudaGetErrorString(error) + ".");
}

}  // namespace

std::string device_name() {
  cudaDeviceProp properties;
  if (cudaGetDeviceProperties(&properties, 0) != cudaSuccess) {
    throw std::runtime_error(
        "No GPU was found; run this on a machine with an NVIDIA GPU and a driver.");
  }
  return properties.name;
}

Memory::Memory(size_t bytes) : size_(bytes) {
  require(cudaMalloc(&data_, bytes + kMargin), "allocating memory");
  poison();
}

Memory::~Memory() { cudaFree(data_); }

void Memory::write(const void* source) {
  require(cudaMemcpy(data_, source, size_, cudaMemcpyHostToDevice), "copying to the device");
  // From pageable memory, a copy may still be on its way when the call returns.
  require(cudaDeviceSynchronize(), "copying to the device");
}

void Memory::read(void* target) const {
  require(cudaMemcpy(target, data_, size_, cudaMemcpyDeviceToHost), "copying from the device");
}

void Memory::poison() {
  require(cudaMemset(data_, kPoison, size_ + kMargin), "filling memory");
  require(cudaDeviceSynchronize(), "filling memory");
}

bool Memory::margin_is_whole() const {
  char margin[kMargin];
  require(cudaMemcpy(margin, static_cast<char*>(data_) + size_, kMargin, cudaMemcpyDeviceToHost),
          "copying from the device");
  return is_poison(margin);
}

Stream::Stream() {
  require(cudaStreamCreateWithFlags(&stream_, cudaStreamNonBlocking), "making a stream");
}

Stream::~Stream() { cudaStreamDestroy(stream_); }

void Stream::finish() { require(cudaStreamSynchronize(stream_), "running a plugin"); }

struct Recording::Graph {
  cudaGraph_t captured = nullptr;
  cudaGraphExec_t executable = nullptr;
  ~Graph() {
    if (executable != nullptr) cudaGraphExecDestroy(executable);
    if (captured != nullptr) cudaGraphDestroy(captured);
  }
};

Recording::Recording(Stream& stream, const std::function<void()>& work)
    : stream_(stream), graph_(new Graph) {
  require(cudaStreamBeginCapture(stream.get(), cudaStreamCaptureModeGlobal), "recording");
  try {
    work();
  } catch (...) {
    cudaStreamEndCapture(stream.get(), &graph_->captured);
    throw;
  }
  require(cudaStreamEndCapture(stream.get(), &graph_->captured), "recording");
  size_t nodes = 0;
  require(cudaGraphGetNodes(graph_->captured, nullptr, &nodes), "recording");
  if (nodes == 0) throw std::runtime_error("The plugin enqueued nothing into its stream.");
  require(cudaGraphInstantiate(&graph_->executable, graph_->captured, 0), "preparing a recording");
}

Recording::~Recording() = default;

void Recording::replay() {
  require(cudaGraphLaunch(graph_->executable, stream_.get()), "replaying");
}

}  // namespace enqueue
