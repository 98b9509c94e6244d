// Memory aligned for vector loads, and how much of it there is.
#pragma once

#include <malloc.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <new>

namespace viditq {

constexpr std::align_val_t kAlignment{64};

// Bytes in all blocks that allocate gave out.
inline std::atomic<int64_t>& allocated_bytes() {
  static std::atomic<int64_t> bytes{0};
  return bytes;
}

struct AlignedDelete {
  void operator()(void* memory) const {
    if (memory != nullptr) allocated_bytes() -= static_cast<int64_t>(malloc_usable_size(memory));
    ::operator delete(memory, kAlignment);
  }
};

template <typename T>
using AlignedBuffer = std::unique_ptr<T[], AlignedDelete>;

// Uninitialized; null if there is no memory.
template <typename T>
AlignedBuffer<T> allocate(int64_t count) {
  void* memory = ::operator new(static_cast<size_t>(count) * sizeof(T), kAlignment, std::nothrow);
  if (memory != nullptr) allocated_bytes() += static_cast<int64_t>(malloc_usable_size(memory));
  return AlignedBuffer<T>(static_cast<T*>(memory));
}

}  // namespace viditq
