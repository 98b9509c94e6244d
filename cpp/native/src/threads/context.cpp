#include "threads/context.h"

#include <new>
#include <system_error>

#include "viditq_operators.h"

int viditq_open(int threads, int isa, viditq_context** context) {
  if (context == nullptr) return VIDITQ_NULL_POINTER;
  *context = nullptr;
  if (threads < 1) return VIDITQ_BAD_SIZE;
  const viditq::FloatKernels* kernels = viditq::float_kernels_for(isa);
  if (kernels == nullptr) return VIDITQ_BAD_ISA;
  try {
    *context = new viditq_context(threads, isa, kernels);
  } catch (const std::system_error&) {
    return VIDITQ_NO_THREADS;
  } catch (const std::bad_alloc&) {
    return VIDITQ_NO_MEMORY;
  }
  return VIDITQ_OK;
}

void viditq_close(viditq_context* context) { delete context; }
