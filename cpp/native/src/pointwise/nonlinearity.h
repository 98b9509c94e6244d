// The pointwise nonlinearities.
#pragma once

#include "simd/exponential.h"
#include "viditq_operators.h"

namespace viditq {
namespace {

inline Vec magnitude(Vec x) { return x < broadcast(0.0f) ? -x : x; }

// By e^-|x|, which cannot overflow and goes to 0.
inline Vec sigmoid(Vec x) {
  const Vec e = exponential(-magnitude(x));
  return (x < broadcast(0.0f) ? e : broadcast(1.0f)) / (1.0f + e);
}

// erfc(z) for z >= 0, fractional error below 1.2e-7 before rounding: W. Press et al., "Numerical
// Recipes in C", 2nd edition, section 6.2.
inline Vec erfc_positive(Vec z) {
  const Vec t = 1.0f / (1.0f + 0.5f * z);
  Vec p = broadcast(0.17087277f);
  p = p * t - 0.82215223f;
  p = p * t + 1.48851587f;
  p = p * t - 1.13520398f;
  p = p * t + 0.27886807f;
  p = p * t - 0.18628806f;
  p = p * t + 0.09678418f;
  p = p * t + 0.37409196f;
  p = p * t + 1.00002368f;
  p = p * t - 1.26551223f;
  return t * exponential(p - z * z);
}

// a / b, 1 <= b < 2^127, off by 2 units in the last place at most.
inline Vec quotient(Vec a, Vec b) {
#if VIDITQ_VECTOR_BYTES == 64
  // One of Newton's steps on 14 correct bits; several times as fast as a division.
  const Vec rough = (Vec)_mm512_rcp14_ps((__m512)b);
  return a * (rough * (2.0f - b * rough));
#else
  return a / b;
#endif
}

struct Identity {
  Vec operator()(Vec x) const { return x; }
};

struct Silu {
  Vec operator()(Vec x) const { return x * sigmoid(x); }
};

// 0.5 (1 + tanh u) = 1 / (1 + 2^t) with u = sqrt(2/pi) (x + 0.044715 x^3) and t = -2 u log2 e.
struct GeluTanh {
  Vec operator()(Vec x) const {
    // Below, the result is 0 but for 2e-37, and x^3 could overflow.
    const Vec y = max(x, broadcast(-10.0f));
    const Vec t = y * (-2.30220819813f + -0.10294323958f * (y * y));
    return quotient(y, 1.0f + normal_power_of_two(max(t, broadcast(kLeastBinaryPower))));
  }
};

// 0.5 x erfc(-x/sqrt 2), without cancellation for x << 0.
struct GeluErf {
  Vec operator()(Vec x) const {
    const Vec tail = 0.5f * x * erfc_positive(magnitude(x) * 0.70710678118654752f);
    return x < broadcast(0.0f) ? tail : x - tail;
  }
};

struct Relu {
  Vec operator()(Vec x) const { return max(x, broadcast(0.0f)); }
};

// Calls use(f) with the function object of a VIDITQ_* activation, which must be valid.
template <typename Use>
inline void with_activation(int activation, const Use& use) {
  switch (activation) {
    case VIDITQ_SILU:
      return use(Silu{});
    case VIDITQ_GELU_TANH:
      return use(GeluTanh{});
    case VIDITQ_GELU_ERF:
      return use(GeluErf{});
    case VIDITQ_RELU:
      return use(Relu{});
    default:
      return use(Identity{});
  }
}

}  // namespace
}  // namespace viditq
