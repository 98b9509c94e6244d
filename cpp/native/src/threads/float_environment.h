// The floating-point environment that kernels are written for.
#pragma once

#ifdef __x86_64__
#include <xmmintrin.h>
#endif

namespace viditq {

// While it lives, this thread rounds to nearest, keeps subnormal numbers, and raises no signals;
// afterwards it is as it was before. A host may have changed that for its threads, as ONNX Runtime
// does for denormals that count as zeros, or a library that was linked with -ffast-math when it was
// loaded. Threads inherit it, so that results would depend on who made a pool and who calls.
class FloatEnvironment {
 public:
#ifdef __x86_64__
  FloatEnvironment() : before_(_mm_getcsr()) {
    if ((before_ & ~kFlags) != kStandard) _mm_setcsr(kStandard);
  }
  ~FloatEnvironment() {
    if ((before_ & ~kFlags) != kStandard) _mm_setcsr(before_);
  }
#else
  // Of other processors, the host's is taken as it is.
  FloatEnvironment() {}
  ~FloatEnvironment() {}
#endif
  FloatEnvironment(const FloatEnvironment&) = delete;
  FloatEnvironment& operator=(const FloatEnvironment&) = delete;

#ifdef __x86_64__
 private:
  // Of MXCSR: what has happened so far, and the masks of all exceptions with nothing else.
  static constexpr unsigned kFlags = 0x003f;
  static constexpr unsigned kStandard = 0x1f80;

  const unsigned before_;
#endif
};

}  // namespace viditq
