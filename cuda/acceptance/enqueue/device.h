// Where plugins run: memory and a stream of the GPU (device_cuda.cpp), or what stands for them on
// the host, where kernels are emulated (device_emulated.cpp).
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "nvinfer.h"

namespace enqueue {

// What the plugins run on. Throws std::runtime_error where there is no GPU.
std::string device_name();

// Memory of the device, behind which lies a margin that nobody may write to. All functions throw
// std::runtime_error where CUDA fails, and wait until what they do is done.
class Memory {
 public:
  explicit Memory(size_t bytes);
  ~Memory();
  Memory(const Memory&) = delete;
  Memory& operator=(const Memory&) = delete;

  void* data() const { return data_; }
  size_t size() const { return size_; }
  // As many bytes as there are.
  void write(const void* source);
  void read(void* target) const;
  // Fills memory and margin with a byte that means nothing, so that what is left out is seen.
  void poison();
  bool margin_is_whole() const;

 private:
  void* data_ = nullptr;
  size_t size_;
};

// A stream that waits for no other, as TensorRT's callers have it.
class Stream {
 public:
  Stream();
  ~Stream();
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  cudaStream_t get() const { return stream_; }
  // Waits for all work; throws std::runtime_error if any of it has failed.
  void finish();

 private:
  cudaStream_t stream_ = nullptr;
};

// Work captured as a CUDA graph, in the mode that refuses whatever might not be captured, from any
// thread. In emulation, where a launch has no stream, the work is kept and done in each replay.
class Recording {
 public:
  // Lets `work` enqueue into the stream; what it throws is thrown again.
  Recording(Stream& stream, const std::function<void()>& work);
  ~Recording();
  Recording(const Recording&) = delete;
  Recording& operator=(const Recording&) = delete;

  void replay();

 private:
  struct Graph;
  Stream& stream_;
  std::unique_ptr<Graph> graph_;
};

}  // namespace enqueue
