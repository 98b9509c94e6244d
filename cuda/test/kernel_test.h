// What the kernel tests share. The tests run in emulation, and compiled by nvcc on a device:
// buffers are then managed memory, and finished() waits for the device.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <random>
#include <type_traits>
#include <vector>

#include "check.h"
#include "platform.cuh"
#ifdef __CUDACC__
#include <cuda_runtime.h>
#endif

namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();

// A buffer whose start is aligned as the kernels' C interface demands, and whose end the address
// sanitizer watches.
template <typename T>
class Buffer {
 public:
  explicit Buffer(size_t size, T value = T()) : size_(size) {
    void* memory = nullptr;
    const size_t bytes = size * sizeof(T) + (size == 0);
#ifdef __CUDACC__
    if (cudaMallocManaged(&memory, bytes) != cudaSuccess) throw std::bad_alloc();
#else
    if (posix_memalign(&memory, 16, bytes) != 0) throw std::bad_alloc();
#endif
    data_ = static_cast<T*>(memory);
    for (size_t i = 0; i < size; i++) data_[i] = value;
  }
  explicit Buffer(const std::vector<T>& values) : Buffer(values.size()) {
    for (size_t i = 0; i < size_; i++) data_[i] = values[i];
  }
  Buffer(const Buffer& other) : Buffer(other.size_) {
    for (size_t i = 0; i < size_; i++) data_[i] = other.data_[i];
  }
  Buffer& operator=(const Buffer&) = delete;
  ~Buffer() {
#ifdef __CUDACC__
    cudaFree(data_);
#else
    free(data_);
#endif
  }

  T* data() { return data_; }
  const T* data() const { return data_; }
  size_t size() const { return size_; }
  T& operator[](size_t i) { return data_[i]; }
  const T& operator[](size_t i) const { return data_[i]; }

 private:
  size_t size_;
  T* data_;
};

template <typename T>
constexpr int type_of() {
  return sizeof(T) == 4                          ? VIDITQ_CUDA_FLOAT32
         : std::is_same<T, __nv_bfloat16>::value ? VIDITQ_CUDA_BFLOAT16
                                                 : VIDITQ_CUDA_FLOAT16;
}

template <typename T>
Buffer<T> normal(unsigned seed, size_t size, float deviation = 1.0f, float mean = 0.0f) {
  std::mt19937 random(seed);
  std::normal_distribution<float> distribution(mean, deviation);
  Buffer<T> values(size);
  for (size_t i = 0; i < size; i++) values[i] = viditq::from_float<T>(distribution(random));
  return values;
}

// The status of a launch, after its work is done.
inline int finished(int status) {
#ifdef __CUDACC__
  if (status == VIDITQ_CUDA_OK && cudaDeviceSynchronize() != cudaSuccess) {
    return VIDITQ_CUDA_LAUNCH_FAILED;
  }
#endif
  return status;
}

// Whether the warp group kernels run here: in emulation, and on Hopper.
inline bool has_warp_groups() {
#ifdef __CUDACC__
  int major = 0;
  return cudaDeviceGetAttribute(&major, cudaDevAttrComputeCapabilityMajor, 0) == cudaSuccess &&
         major == 9;
#else
  return true;
#endif
}

// Lets kernels run under one of the emulation's schedules from now on; a device has its own.
constexpr int kScheduleCount = 6;
inline void use_schedule(int index) {
#ifdef __CUDACC__
  (void)index;
#else
  emulation::launch_schedule() = emulation::kSchedules[index % kScheduleCount];
#endif
}

template <typename Body>
void under_every_schedule(Body body) {
  for (int i = 0; i < kScheduleCount; i++) {
    use_schedule(i);
    body();
  }
  use_schedule(0);
}

inline __half half_of(uint16_t bits) {
  __half half;
  std::memcpy(static_cast<void*>(&half), &bits, sizeof bits);
  return half;
}

inline uint16_t bits_of(__half half) {
  uint16_t bits;
  std::memcpy(&bits, &half, sizeof bits);
  return bits;
}

}  // namespace
