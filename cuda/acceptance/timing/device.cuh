// What the timing program does with the device: memory with random contents, and launches timed by
// events.
#pragma once

#include <cuda_runtime.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "management.h"
#include "results.h"

namespace acceptance {

// Throws std::runtime_error that says what failed and what CUDA calls it.
void require(cudaError_t error, const char* what);

// Device memory that lives as long as this.
class DeviceMemory {
 public:
  DeviceMemory() = default;
  ~DeviceMemory();
  DeviceMemory(const DeviceMemory&) = delete;
  DeviceMemory& operator=(const DeviceMemory&) = delete;

  void* zeros(size_t bytes);
  // Random 32-bit words, of which only the bits in `mask` may be set.
  void* random(size_t bytes, uint32_t mask = 0xffffffffu);
  template <typename T>
  T* copy_of(const std::vector<T>& values) {
    void* memory = zeros(values.size() * sizeof(T));
    require(cudaMemcpy(memory, values.data(), values.size() * sizeof(T), cudaMemcpyHostToDevice),
            "copying to the device");
    return static_cast<T*>(memory);
  }

 private:
  std::vector<void*> blocks_;
};

// Masks of values that multiply like those of a network, below 2 in magnitude and never NaN: zeros
// and infinities would take less power, and so less time.
constexpr uint32_t kAnyBytes = 0xffffffffu;
constexpr uint32_t kHalvesBelowTwo = 0xbfffbfffu;
constexpr uint32_t kFloat8sBelowTwo = 0xbfbfbfbfu;

// What competes at a shape. Launch number i works on operand set i % sets, so that no operand is in
// the cache from its last use.
struct Contender {
  std::string name;
  double amount;  // per launch: operations, or bytes read and written
  bool operations;
  int sets;
  std::function<bool(int set, cudaStream_t stream)> launch;
  std::string note;
};

// So many sets of operands of `bytes` that together they are twice the cache and more.
int sets_for(double bytes, size_t l2_bytes);

class Stopwatch {
 public:
  explicit Stopwatch(const Management& management);
  ~Stopwatch();
  Stopwatch(const Stopwatch&) = delete;
  Stopwatch& operator=(const Stopwatch&) = delete;

  cudaStream_t stream() const { return stream_; }

  // Times all contenders of a shape in turns: each round replays every contender's launches once,
  // as one recorded graph, so that starting them costs nothing and clocks and heat are those of
  // all.
  std::vector<Measurement> compare(const std::vector<Contender>& contenders, int rounds);

 private:
  // Microseconds of one of a few launches in a row, starting them included.
  double roughly(const Contender& contender);

  const Management& management_;
  cudaStream_t stream_ = nullptr;
  cudaEvent_t start_ = nullptr;
  cudaEvent_t stop_ = nullptr;
};

}  // namespace acceptance
