// 8 rows x 48 channels in 24 accumulators; 3 registers of weights, one of activations. More
// channels would take more bytes of weights per product, more rows more loads of activations.
#include <immintrin.h>

#include <cstring>
#include <type_traits>

#include "gemm/tile.h"
#include "gemm/unpack_nibbles.h"

#define VIDITQ_VECTOR_BYTES 64
#include "gemm/dequantize.h"
#include "pointwise/nonlinearity.h"

namespace viditq {
namespace {

constexpr int kRows = 8;
constexpr int kChannels = 48;
constexpr int kStepBytes = kChannels * kStep;
constexpr int kUnrolled = 4;  // steps of a round of the loop; fewer leave too much to count
constexpr int kInnerStep = kUnrolled * kStep;
constexpr int kEarlyRounds = 8;                     // that the last prefetch has to arrive
constexpr int kLines = kRows * kChannels / kWidth;  // of the caches that the sums fill

// The intrinsic, but in place: g++ 12 copies accumulators between registers around it.
inline __attribute__((always_inline)) void add_products(__m512i* sum, __m512i x, __m512i w) {
  asm("vpdpbusd %2, %1, %0" : "+v"(*sum) : "v"(x), "v"(w));
}

// Accumulators have names because g++ 12 spills an array of them.
#define VIDITQ_ROW(m, codes_at)                  \
  {                                              \
    int32_t codes;                               \
    std::memcpy(&codes, codes_at, sizeof codes); \
    const __m512i x = _mm512_set1_epi32(codes);  \
    add_products(&sum##m##0, x, w0);             \
    add_products(&sum##m##1, x, w1);             \
    add_products(&sum##m##2, x, w2);             \
  }

// Rows 0 to 3 are addressed from one pointer, 4 to 7 from another, so that all fit the registers.
#define VIDITQ_STEP(step)                                              \
  {                                                                    \
    const __m512i w0 = _mm512_load_si512(w + step * kStepBytes);       \
    const __m512i w1 = _mm512_load_si512(w + step * kStepBytes + 64);  \
    const __m512i w2 = _mm512_load_si512(w + step * kStepBytes + 128); \
    VIDITQ_ROW(0, a + step * kStep)                                    \
    VIDITQ_ROW(1, a + step * kStep + a_step)                           \
    VIDITQ_ROW(2, a + step * kStep + 2 * a_step)                       \
    VIDITQ_ROW(3, a + step * kStep + a_step3)                          \
    VIDITQ_ROW(4, lower + step * kStep)                                \
    VIDITQ_ROW(5, lower + step * kStep + a_step)                       \
    VIDITQ_ROW(6, lower + step * kStep + 2 * a_step)                   \
    VIDITQ_ROW(7, lower + step * kStep + a_step3)                      \
  }

#define VIDITQ_EACH_ROW(X) X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7)

#define VIDITQ_DECLARE(m)                                                                 \
  __m512i sum##m##0 =                                                                     \
      accumulate ? _mm512_load_si512(sums + m * kChannels) : _mm512_setzero_si512();      \
  __m512i sum##m##1 =                                                                     \
      accumulate ? _mm512_load_si512(sums + m * kChannels + 16) : _mm512_setzero_si512(); \
  __m512i sum##m##2 =                                                                     \
      accumulate ? _mm512_load_si512(sums + m * kChannels + 32) : _mm512_setzero_si512();

// Vector v of row m.
#define VIDITQ_STORE(m, v) _mm512_store_si512(sums + m * kChannels + v * kWidth, sum##m##v);

#define VIDITQ_EPILOGUE(m, v) epilogue(m, v, factors, (IntVec)sum##m##v);

#define VIDITQ_EACH_ROW_OF(X, v) X(0, v) X(1, v) X(2, v) X(3, v) X(4, v) X(5, v) X(6, v) X(7, v)

// Sums stay sums.
struct KeepSums {
  static constexpr bool kPrefetches = true;

  void prefetch(int64_t) const {}
};

// The epilogue of sums in registers. The forms of blocks are told apart at compile
// time: a test per vector would cost as much as all else.
template <typename Activation, bool gated, bool added, bool streamed>
struct Epilogue {
  // Whether there are lines to prefetch; next to the products, even this counts.
  static constexpr bool kPrefetches = added || !streamed;

  const SumBlock& block;
  int64_t first_row;

  const float* residual(int64_t row, int64_t n) const {
    return block.residual + row * block.residual_step + n;
  }
  float* out(int64_t row, int64_t n) const { return block.out.first + row * block.out.step + n; }

  // Prefetches one of the lines that will be read or written.
  inline __attribute__((always_inline)) void prefetch(int64_t line) const {
    const int64_t row = first_row + line % kRows;
    const int64_t n = line / kRows * kWidth;
    if constexpr (added) __builtin_prefetch(residual(row, n));
    if constexpr (!streamed) __builtin_prefetch(out(row, n), 1);
  }

  ChannelFactors factors(int64_t v) const { return ChannelFactors(block, v * kWidth, kWidth); }

  inline __attribute__((always_inline)) void operator()(int64_t m, int64_t v,
                                                        const ChannelFactors& channels,
                                                        IntVec sum) const {
    const int64_t row = first_row + m;
    const int64_t n = v * kWidth;
    Vec y = Activation{}(dequantize(sum, RowFactors(block, row), channels));
    if constexpr (gated) {
      y = multiply_add(y, load(block.gate + block.gate_offset[row] + n), load(residual(row, n)));
    } else if constexpr (added) {
      y += load(residual(row, n));
    }
    if constexpr (streamed) {
      stream(out(row, n), y);
    } else {
      store(out(row, n), y);
    }
  }
};

template <typename E>
inline __attribute__((always_inline)) void multiply_rows(const uint8_t* a, int64_t a_step,
                                                         const int8_t* w, int64_t inner,
                                                         bool accumulate, int32_t* sums,
                                                         const E& epilogue) {
  VIDITQ_EACH_ROW(VIDITQ_DECLARE)
  const uint8_t* lower = a + 4 * a_step;
  const int64_t a_step3 = 3 * a_step;
  // The next tile's sums are prefetched, and what the epilogue of this one needs. Not the next
  // tile's rows: the second-level cache has them, and on Zen 4 each prefetch costs as much as half
  // a product, 1.5 % in all.
  const int32_t* next_sums = sums + kRows * kChannels;
  int64_t rounds_left = inner / kInnerStep - kEarlyRounds;
  for (int64_t k = 0; k < inner; k += kInnerStep) {
    rounds_left--;
    if (E::kPrefetches || accumulate) {
      const int64_t line = rounds_left < 0 ? 0 : rounds_left < kLines ? rounds_left : kLines - 1;
      __builtin_prefetch(next_sums + line * kWidth);
      epilogue.prefetch(line);
    }
    VIDITQ_STEP(0)
    VIDITQ_STEP(1)
    VIDITQ_STEP(2)
    VIDITQ_STEP(3)
    a += kInnerStep;
    lower += kInnerStep;
    w += kUnrolled * kStepBytes;
  }
  if constexpr (std::is_same_v<E, KeepSums>) {
    VIDITQ_EACH_ROW_OF(VIDITQ_STORE, 0)
    VIDITQ_EACH_ROW_OF(VIDITQ_STORE, 1)
    VIDITQ_EACH_ROW_OF(VIDITQ_STORE, 2)
  } else {
    ChannelFactors factors = epilogue.factors(0);
    VIDITQ_EACH_ROW_OF(VIDITQ_EPILOGUE, 0)
    factors = epilogue.factors(1);
    VIDITQ_EACH_ROW_OF(VIDITQ_EPILOGUE, 1)
    factors = epilogue.factors(2);
    VIDITQ_EACH_ROW_OF(VIDITQ_EPILOGUE, 2)
  }
}

void multiply(const uint8_t* a, int64_t a_step, const int8_t* w, int64_t inner, bool accumulate,
              int32_t* sums) {
  multiply_rows(a, a_step, w, inner, accumulate, sums, KeepSums{});
}

template <typename E>
void multiply_fused(const uint8_t* a, int64_t a_step, const int8_t* w, int64_t inner,
                    bool accumulate, const SumBlock& block, int64_t row) {
  // Not written.
  int32_t* sums = const_cast<int32_t*>(block.sums + row * block.sums_step);
  multiply_rows(a, a_step, w, inner, accumulate, sums, E{block, row});
}

// The forms that models have: results as they are, added to what went in, gated and added, and
// activated on their way to the next layer.
FusedMicroKernel fused_epilogue(const SumBlock& block) {
  const bool gated = block.gate != nullptr;
  const bool added = block.residual != nullptr;
  const bool streamed = block.out.stream;
  if (block.channels != kChannels || (gated && !added)) return nullptr;
  if (block.activation == VIDITQ_GELU_TANH && !added && !streamed) {
    return multiply_fused<Epilogue<GeluTanh, false, false, false>>;
  }
  if (block.activation != VIDITQ_NO_ACTIVATION) return nullptr;
  if (gated) {
    return streamed ? multiply_fused<Epilogue<Identity, true, true, true>>
                    : multiply_fused<Epilogue<Identity, true, true, false>>;
  }
  if (added) {
    return streamed ? multiply_fused<Epilogue<Identity, false, true, true>>
                    : multiply_fused<Epilogue<Identity, false, true, false>>;
  }
  return streamed ? multiply_fused<Epilogue<Identity, false, false, true>>
                  : multiply_fused<Epilogue<Identity, false, false, false>>;
}

// 12 chains hide the latency of any processor. The compiler may neither know that they are equal
// nor drop them.
int64_t exercise(int64_t repetitions) {
  __m512i x = _mm512_set1_epi8(1);
  __m512i w = _mm512_set1_epi8(1);
#define VIDITQ_CHAIN(n) \
  __m512i chain##n = x; \
  asm volatile("" : "+v"(chain##n));
#define VIDITQ_MULTIPLY(n) chain##n = _mm512_dpbusd_epi32(chain##n, x, w);
#define VIDITQ_KEEP(n) asm volatile("" ::"v"(chain##n));
#define VIDITQ_EACH_CHAIN(X) X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11)
  VIDITQ_EACH_CHAIN(VIDITQ_CHAIN)
  for (int64_t i = 0; i < repetitions; i++) {
    VIDITQ_EACH_CHAIN(VIDITQ_MULTIPLY)
    asm volatile("" : "+v"(x), "+v"(w));
  }
  VIDITQ_EACH_CHAIN(VIDITQ_KEEP)
  return repetitions * 12 * static_cast<int64_t>(sizeof(__m512i)) * 2;
}

}  // namespace

const Tile kAvx512VnniTile{kRows,          kChannels, kInnerStep, kMaxBlockInner,
                           kMinThreadRows, multiply,  nullptr,    fused_epilogue,
                           unpack_nibbles, exercise,  nullptr,    nullptr};

}  // namespace viditq
