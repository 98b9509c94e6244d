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
  VIDITQ_NULL_POINTER = 1,    /* a buffer is null */
  VIDITQ_BAD_SIZE = 2,        /* an extent is negative, zero where it may not, or does not divide */
  VIDITQ_BAD_FORMAT = 3,      /* bit width outside 2..8 */
  VIDITQ_OVERFLOW = 4,        /* the buffers would not fit the address space, or the sums int32 */
  VIDITQ_OVERLAP = 5,         /* an output shares memory with another buffer */
  VIDITQ_NOT_FINITE = 6,      /* NaN or infinity in x, or a range beyond float32 */
  VIDITQ_BAD_GRID = 7,        /* a scale is not positive and finite */
  VIDITQ_BAD_ISA = 8,         /* an instruction set that is unknown or not supported here */
  VIDITQ_NO_MEMORY = 9,       /* memory could not be allocated */
  VIDITQ_NO_THREADS = 10,     /* the threads could not be started */
  VIDITQ_BAD_ARGUMENT = 11,   /* an argument is none of its allowed values */
  VIDITQ_LIBRARY_FAILED = 12, /* oneDNN refused a product */
  VIDITQ_STILL_BUSY = 13      /* work goes on for longer than was to be waited */
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

/* How weight codes are stored. */
enum {
  VIDITQ_UNSIGNED_BYTES = 0,
  VIDITQ_SIGNED_BYTES = 1,
  /* 4-bit codes, 8 to an int32, the first in the lowest bits; rows start with a new int32. */
  VIDITQ_NIBBLES = 2
};

/* The quantized weight of a linear layer as it is stored, in a mapped checkpoint perhaps. */
typedef struct viditq_weight_codes {
  const uint8_t* stored;     /* [channels, inner] in the layout */
  int32_t layout;            /* VIDITQ_UNSIGNED_BYTES, _SIGNED_BYTES or _NIBBLES */
  int32_t offset;            /* what is stored plus this is the code, from -128 to 255 for every
                                value that the layout can hold */
  int64_t channels;          /* of the output */
  int64_t inner;             /* of the input, at most VIDITQ_MAX_INNER */
  const float* scale;        /* [channels], null for 1 */
  const int32_t* zero_point; /* [channels], null for 0 */
} viditq_weight_codes;

/* A quantized weight matrix, laid out for the integer product on one instruction set. */
typedef struct viditq_weights viditq_weights;

/* Copies codes and grids into the layout that products read; a nibble per code where they are
 * stored as nibbles, which become bytes block by block in the first-level cache when multiplied.
 * The result is released by viditq_free_weights. */
int viditq_pack_weights(viditq_weight_codes codes, int isa, viditq_weights** weights);

/* Null is allowed. */
void viditq_free_weights(viditq_weights* weights);

/* Memory that the packed weights hold; 0 for null. */
int64_t viditq_weights_bytes(const viditq_weights* weights);

/* sums[m, n] = sum over k of codes[m, k] * w[n, k], exact in int32, zero points not subtracted.
 * codes [rows, inner] are bytes, read as signed where symmetric is not 0; inner as the weights were
 * packed with; sums is [rows, channels]. */
int viditq_multiply(const uint8_t* codes, int symmetric, int64_t rows, int64_t inner,
                    const viditq_weights* weights, int32_t* sums);

/* For measurements of the peak: keeps this thread's multiplier busy with codes in registers.
 * operations counts a product and a sum as two. VIDITQ_BAD_ISA for portable and avx2, too, whose
 * products take more than one instruction. */
int viditq_exercise_multiplier(int isa, int64_t repetitions, int64_t* operations);

#ifdef __cplusplus
}
#endif

#endif
