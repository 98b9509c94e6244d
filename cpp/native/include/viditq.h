/* The C interface of viditq's CPU kernels.
 *
 * Matrices are dense and row-major. Every function returns a VIDITQ_* status and writes nothing but
 * its outputs; on any other status than VIDITQ_OK the contents of the outputs are undefined.
 * Outputs may not overlap inputs or each other. Functions are thread-safe and keep no state. */
#ifndef VIDITQ_H
#define VIDITQ_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum {
  VIDITQ_OK = 0,
  VIDITQ_NULL_POINTER = 1,  /* a buffer is null */
  VIDITQ_BAD_SIZE = 2,      /* an extent is negative, zero where it may not, or does not divide */
  VIDITQ_BAD_FORMAT = 3,    /* bit width outside 2..8 */
  VIDITQ_OVERFLOW = 4,      /* the buffers would not fit the address space, or the sums int32 */
  VIDITQ_OVERLAP = 5,       /* an output shares memory with another buffer */
  VIDITQ_NOT_FINITE = 6,    /* NaN or infinity in x, or a range beyond float32 */
  VIDITQ_BAD_GRID = 7,      /* a scale is not positive and finite */
  VIDITQ_BAD_ISA = 8,       /* an instruction set that is unknown or not supported here */
  VIDITQ_NO_MEMORY = 9,     /* memory could not be allocated */
  VIDITQ_NO_THREADS = 10,   /* the threads could not be started */
  VIDITQ_BAD_ARGUMENT = 11, /* an argument is none of its allowed values */
  VIDITQ_LIBRARY_FAILED = 12 /* oneDNN refused a product */
};

/* Largest inner extent up to which sums of products of 8-bit codes cannot overflow int32. */
enum { VIDITQ_MAX_INNER = 32768 };

/* Version of the library, for example "0.1.0". Never null. */
const char* viditq_version(void);

/* One clause in English that says what a status means. Never null. */
const char* viditq_status_message(int status);

/* Instruction sets that the kernels are written for; results do not depend on the choice.
 * Slowest first. */
enum {
  VIDITQ_PORTABLE = 0,
  VIDITQ_AVX2 = 1,
  VIDITQ_AVX_VNNI = 2,
  VIDITQ_AVX512_VNNI = 3, /* with F, BW, DQ and VL */
  VIDITQ_AMX = 4,         /* AMX-INT8 for products, AVX-512 for the rest */
  VIDITQ_ISA_COUNT = 5
};

/* Name of an instruction set: portable, avx2, avxvnni, avx512, amx; null for other numbers. */
const char* viditq_isa_name(int isa);

/* 1 if this processor and operating system run it, 0 if not. */
int viditq_isa_supported(int isa);

/* Smallest and largest value of each group of rows of x [rows, columns], row r belonging to group
 * r % groups, both clipped through zero: lo = min(min x, 0), hi = max(max x, 0). rows is a multiple
 * of groups; lo and hi have `groups` elements. */
int viditq_measure_range(const float* x, int64_t rows, int64_t columns, int64_t groups, int isa,
                         float* lo, float* hi);

/* codes = clamp(round-half-even(x / scale) + zero point) of x [rows, columns] on given grids, row r
 * using grid r % groups; x / scale is a true float32 division, zero points may be any integer.
 * Codes are bytes 0..2^bits-1, or -2^(bits-1)..2^(bits-1)-1 in two's complement if symmetric.
 * row_sum [rows] is the sum of each row's codes. */
int viditq_encode(const float* x, int64_t rows, int64_t columns, int64_t groups, int bits,
                  int symmetric, int isa, const float* scale, const int32_t* zero_point,
                  uint8_t* codes, int32_t* row_sum);

/* Dynamic token quantization: per row, with lo and hi as viditq_measure_range gives them, float32,
 *   asymmetric: scale = (hi - lo) / (2^bits - 1), zero point = round-half-even(-lo / scale)
 *   symmetric:  scale = max(-lo, hi) / (2^(bits-1) - 1), zero point = 0
 * where a scale below 1e-6 becomes 1e-6; then codes and row sums as viditq_encode, each row while
 * it is in the cache. scale, zero_point and row_sum have `rows` elements. */
int viditq_quantize_tokens(const float* x, int64_t rows, int64_t columns, int bits, int symmetric,
                           int isa, uint8_t* codes, float* scale, int32_t* zero_point,
                           int32_t* row_sum);

/* A quantized weight matrix, laid out for the integer product on one instruction set. */
typedef struct viditq_weights viditq_weights;

/* Packs codes [channels, inner], bytes read as signed where the flag is not 0; inner is at most
 * VIDITQ_MAX_INNER. scale and zero_point [channels] are the grids of the codes, as
 * viditq_quantized_linear uses them; where null, 1 and 0. Both are copied. The result is released
 * by viditq_free_weights. */
int viditq_pack_weights(const uint8_t* codes, int codes_signed, int64_t channels, int64_t inner,
                        const float* scale, const int32_t* zero_point, int isa,
                        viditq_weights** weights);

/* How weight codes are stored in checkpoints. */
enum {
  VIDITQ_UNSIGNED_BYTES = 0,
  VIDITQ_SIGNED_BYTES = 1,
  /* 4-bit codes, 8 to an int32, the first in the lowest bits; rows start with a new int32. */
  VIDITQ_NIBBLES = 2
};

/* viditq_pack_weights of stored codes [channels, inner] without widening them: a nibble per code
 * where they are nibbles, which are unpacked block by block in the first-level cache when
 * multiplied. The code is what is stored plus offset, which must be between -128 and 255 for every
 * stored value. */
int viditq_pack_stored_weights(const uint8_t* stored, int layout, int32_t offset, int64_t channels,
                               int64_t inner, const float* scale, const int32_t* zero_point,
                               int isa, viditq_weights** weights);

/* Null is allowed. */
void viditq_free_weights(viditq_weights* weights);

/* Memory that the packed weights hold; 0 for null. */
int64_t viditq_weights_bytes(const viditq_weights* weights);

/* sums[m, n] = sum over k of a[m, k] * w[n, k], exact in int32, zero points not subtracted. a
 * [rows, inner] are codes, bytes read as signed where the flag is not 0; inner as the weights were
 * packed with; sums is [rows, channels]. */
int viditq_multiply(const uint8_t* a, int a_signed, int64_t rows, int64_t inner,
                    const viditq_weights* weights, int32_t* sums);

/* For measurements of the peak: keeps this thread's multiplier busy with codes in registers.
 * operations counts a product and a sum as two. VIDITQ_BAD_ISA for portable and avx2, too, whose
 * products take more than one instruction. */
int viditq_exercise_multiplier(int isa, int64_t repetitions, int64_t* operations);

#ifdef __cplusplus
}
#endif

#endif
