// Which float32 kernels run on which processor.
#include "float_kernels.h"
#include "viditq.h"

namespace viditq {

const FloatKernels* float_kernels_for(int isa) {
  if (!viditq_isa_supported(isa)) return nullptr;
#ifdef __x86_64__
  if (isa == VIDITQ_AVX512_VNNI || isa == VIDITQ_AMX) return &kAvx512Float;
  // Every processor with AVX2 but a few of one maker has FMA, too.
  if (isa != VIDITQ_PORTABLE && __builtin_cpu_supports("fma")) return &kAvx2Float;
#endif
  return &kPortableFloat;
}

}  // namespace viditq
