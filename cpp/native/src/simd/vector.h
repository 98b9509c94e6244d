// Vectors of float32 in GCC's notation, as wide as VIDITQ_VECTOR_BYTES. Included by one file per
// instruction set; everything lies in an unnamed namespace, so that no code compiled for one
// processor is linked into the code for another.
#pragma once

#include <cstdint>
#include <cstring>

#if VIDITQ_VECTOR_BYTES >= 32
#include <immintrin.h>
#endif

namespace viditq {
namespace {

typedef float Vec __attribute__((vector_size(VIDITQ_VECTOR_BYTES)));
typedef int32_t IntVec __attribute__((vector_size(VIDITQ_VECTOR_BYTES)));
typedef uint32_t UnsignedVec __attribute__((vector_size(VIDITQ_VECTOR_BYTES)));
typedef float HalfVec __attribute__((vector_size(VIDITQ_VECTOR_BYTES / 2)));
typedef double DoubleVec __attribute__((vector_size(VIDITQ_VECTOR_BYTES)));

constexpr int64_t kWidth = VIDITQ_VECTOR_BYTES / sizeof(float);

// Minus zeros, which change no value: g++ 12 leaves nothing of it but the broadcast.
inline Vec broadcast(float value) { return value - Vec{}; }

inline Vec load(const float* from) {
  Vec v;
  std::memcpy(&v, from, sizeof(v));
  return v;
}

inline void store(float* to, Vec v) { std::memcpy(to, &v, sizeof(v)); }

// The first `count` lanes, 1 to kWidth; zeros in the others.
inline Vec load_part(const float* from, int64_t count) {
#if VIDITQ_VECTOR_BYTES == 64
  return _mm512_maskz_loadu_ps(static_cast<__mmask16>((1u << count) - 1), from);
#else
  Vec v{};
  std::memcpy(&v, from, static_cast<size_t>(count) * sizeof(float));
  return v;
#endif
}

inline void store_part(float* to, int64_t count, Vec v) {
#if VIDITQ_VECTOR_BYTES == 64
  _mm512_mask_storeu_ps(to, static_cast<__mmask16>((1u << count) - 1), v);
#else
  std::memcpy(to, &v, static_cast<size_t>(count) * sizeof(float));
#endif
}

// a < b ? b : a, which is a where one is NaN; in one instruction, whose first operand is the result
// only where it is larger. g++ 12 makes a comparison and a choice of the expression.
inline Vec max(Vec a, Vec b) {
#if VIDITQ_VECTOR_BYTES == 64
  return (Vec)_mm512_max_ps((__m512)b, (__m512)a);
#elif VIDITQ_VECTOR_BYTES == 32
  return (Vec)_mm256_max_ps((__m256)b, (__m256)a);
#else
  return a < b ? b : a;
#endif
}

// a > b ? b : a, likewise.
inline Vec min(Vec a, Vec b) {
#if VIDITQ_VECTOR_BYTES == 64
  return (Vec)_mm512_min_ps((__m512)b, (__m512)a);
#elif VIDITQ_VECTOR_BYTES == 32
  return (Vec)_mm256_min_ps((__m256)b, (__m256)a);
#else
  return a > b ? b : a;
#endif
}

inline float horizontal_max(Vec v) {
  typedef float Quad __attribute__((vector_size(16)));
  Quad quads[kWidth / 4];
  std::memcpy(quads, &v, sizeof(v));
  Quad largest = quads[0];
  for (int64_t i = 1; i < kWidth / 4; i++) largest = largest < quads[i] ? quads[i] : largest;
  const float left = largest[0] < largest[1] ? largest[1] : largest[0];
  const float right = largest[2] < largest[3] ? largest[3] : largest[2];
  return left < right ? right : left;
}

inline float horizontal_min(Vec v) { return -horizontal_max(-v); }

inline float horizontal_sum(Vec v) {
#if VIDITQ_VECTOR_BYTES == 64
  return _mm512_reduce_add_ps((__m512)v);
#else
  float result = v[0];
  for (int64_t i = 1; i < kWidth; i++) result += v[i];
  return result;
#endif
}

inline DoubleVec widen(HalfVec v) {
#if VIDITQ_VECTOR_BYTES == 64
  // g++ 12 makes four conversions of quarters of a general one.
  return (DoubleVec)_mm512_cvtps_pd((__m256)v);
#else
  return __builtin_convertvector(v, DoubleVec);
#endif
}

inline double horizontal_sum(DoubleVec v) {
#if VIDITQ_VECTOR_BYTES == 64
  return _mm512_reduce_add_pd((__m512d)v);
#else
  double result = v[0];
  for (int64_t i = 1; i < kWidth / 2; i++) result += v[i];
  return result;
#endif
}

// Sum in float64: rows may hold large means beside small differences.
struct DoubleSum {
  DoubleVec low{};
  DoubleVec high{};

  void add(Vec v) {
    HalfVec halves[2];
    std::memcpy(halves, &v, sizeof(v));
    low += widen(halves[0]);
    high += widen(halves[1]);
  }

  void add_square(Vec v) {
    HalfVec halves[2];
    std::memcpy(halves, &v, sizeof(v));
    const DoubleVec a = widen(halves[0]);
    const DoubleVec b = widen(halves[1]);
    low += a * a;
    high += b * b;
  }

  void add(const DoubleSum& other) {
    low += other.low;
    high += other.high;
  }

  double total() const { return horizontal_sum(low + high); }
};

// The sum of what add(sum, i) adds for each vector i on of 0..count-1, but the last if it is a
// part; *done is where that begins. Two vectors at a time, so that no addition waits for the one
// before.
template <typename Add>
inline DoubleSum sum_of_vectors(int64_t count, int64_t* done, const Add& add) {
  DoubleSum sum;
  DoubleSum other;
  int64_t i = 0;
  for (; i + 2 * kWidth <= count; i += 2 * kWidth) {
    add(&sum, i);
    add(&other, i + kWidth);
  }
  if (i + kWidth <= count) {
    add(&sum, i);
    i += kWidth;
  }
  sum.add(other);
  *done = i;
  return sum;
}

// Calls f(first, lanes) for each vector of 0..count-1; only the last one may be a part.
template <typename F>
inline void for_each_vector(int64_t count, const F& f) {
  int64_t i = 0;
  for (; i + kWidth <= count; i += kWidth) f(i, kWidth);
  if (i < count) f(i, count - i);
}

inline Vec load_lanes(const float* from, int64_t lanes) {
  return lanes == kWidth ? load(from) : load_part(from, lanes);
}

inline IntVec load_int_lanes(const int32_t* from, int64_t lanes) {
  IntVec v{};
  if (lanes == kWidth) {
    std::memcpy(&v, from, sizeof(v));
  } else {
    std::memcpy(&v, from, static_cast<size_t>(lanes) * sizeof(int32_t));
  }
  return v;
}

inline void store_lanes(float* to, int64_t lanes, Vec v) {
  if (lanes == kWidth) {
    store(to, v);
  } else {
    store_part(to, lanes, v);
  }
}

}  // namespace
}  // namespace viditq
