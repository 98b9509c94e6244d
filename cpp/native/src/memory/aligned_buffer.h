// Memory aligned for vector loads, and how much of it there is.
#pragma once

#include <malloc.h>
#ifdef __linux__
#include <sys/mman.h>
#endif

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

// What allocate gives out at the most; tests lower it, to see what becomes of calls without memory.
inline std::atomic<int64_t>& allocation_limit() {
  static std::atomic<int64_t> bytes{INT64_MAX};
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

// Asks for huge pages where a block has whole ones. Rows of activations and weights lie a page or
// more apart: with small pages, their addresses would be looked up again and again. Only advice.
inline void advise_huge_pages(void* memory, int64_t bytes) {
#ifdef MADV_HUGEPAGE
  constexpr uintptr_t kHugePage = uintptr_t{1} << 21;
  const uintptr_t begin = (reinterpret_cast<uintptr_t>(memory) + kHugePage - 1) & -kHugePage;
  const uintptr_t end = (reinterpret_cast<uintptr_t>(memory) + bytes) & -kHugePage;
  if (begin < end) madvise(reinterpret_cast<void*>(begin), end - begin, MADV_HUGEPAGE);
#else
  (void)memory;
  (void)bytes;
#endif
}

// Uninitialized; null if there is no memory.
template <typename T>
AlignedBuffer<T> allocate(int64_t count) {
  const int64_t wanted = count * static_cast<int64_t>(sizeof(T));
  if (wanted > allocation_limit() - allocated_bytes()) return nullptr;
  void* memory = ::operator new(static_cast<size_t>(wanted), kAlignment, std::nothrow);
  if (memory != nullptr) {
    allocated_bytes() += static_cast<int64_t>(malloc_usable_size(memory));
    advise_huge_pages(memory, wanted);
  }
  return AlignedBuffer<T>(static_cast<T*>(memory));
}

}  // namespace viditq
