#include "memory/aligned_buffer.h"
#include "viditq_operators.h"

void* viditq_allocate(int64_t bytes) {
  return bytes < 1 ? nullptr : viditq::allocate<char>(bytes).release();
}

void viditq_free(void* memory) { viditq::AlignedDelete()(memory); }

int64_t viditq_allocated_bytes(void) { return viditq::allocated_bytes(); }

void viditq_limit_allocated_bytes(int64_t bytes) { viditq::allocation_limit() = bytes; }
