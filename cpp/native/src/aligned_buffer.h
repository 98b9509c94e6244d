// Memory aligned for vector loads.
#pragma once

#include <cstdint>
#include <memory>
#include <new>

namespace viditq {

constexpr std::align_val_t kAlignment{64};

struct AlignedDelete {
  void operator()(void* memory) const { ::operator delete(memory, kAlignment); }
};

template <typename T>
using AlignedBuffer = std::unique_ptr<T[], AlignedDelete>;

// Uninitialized; null if there is no memory.
template <typename T>
AlignedBuffer<T> allocate(int64_t count) {
  return AlignedBuffer<T>(static_cast<T*>(
      ::operator new(static_cast<size_t>(count) * sizeof(T), kAlignment, std::nothrow)));
}

}  // namespace viditq
