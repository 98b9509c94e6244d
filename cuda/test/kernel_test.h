// What the kernel tests share.
#pragma once

#include <cstdint>
#include <limits>
#include <random>
#include <vector>

#include "check.h"
#include "platform.cuh"

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
    if (posix_memalign(&memory, 16, size * sizeof(T) + (size == 0)) != 0) throw std::bad_alloc();
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
  ~Buffer() { free(data_); }

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
  return sizeof(T) == 4                               ? VIDITQ_CUDA_FLOAT32
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

// Runs body under every schedule of the emulation.
template <typename Body>
void under_every_schedule(Body body) {
  for (const emulation::Schedule schedule : emulation::kSchedules) {
    emulation::launch_schedule() = schedule;
    body();
  }
  emulation::launch_schedule() = {};
}

}  // namespace
