/* The C interface of viditq's CPU operators: everything that a model computes in float32, the
 * quantization of activations, and the quantized linear layer. The rules of viditq.h hold: dense
 * row-major matrices, every function returns a VIDITQ_* status and checks pointers, extents and
 * overlap first. Extents are at least 1. "Null allowed", or "null for" some value, says where a
 * buffer may be missing. Where an operator has many operands, they are the fields of a structure,
 * which is read during the call only.
 *
 * Functions compute with the threads of their context; results do not depend on their number, nor
 * on how the calling thread rounds or what it makes of subnormal numbers. One call at a time per
 * context. */
#ifndef VIDITQ_OPERATORS_H
#define VIDITQ_OPERATORS_H

#include "viditq.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Threads and an instruction set (VIDITQ_PORTABLE and so on). */
typedef struct viditq_context viditq_context;

int viditq_open(int threads, int isa, viditq_context** context);

/* Null is allowed. */
void viditq_close(viditq_context* context);

/* For the end of the process, before exit() runs the destructors of libraries: stops all work, here
 * at the next boundary of its tasks, and waits until none is in flight. Threads that compute, or
 * begin to, sleep from then on and never return. VIDITQ_STILL_BUSY if a task goes on for longer
 * than `milliseconds`; exit() then runs no destructors (on glibc), as they would run under it. */
int viditq_stop(int64_t milliseconds);

/* ---- memory ---------------------------------------------------------------------------------- */

/* Memory aligned to 64 bytes; null if there is none, or bytes is below 1. */
void* viditq_allocate(int64_t bytes);

/* Null is allowed. */
void viditq_free(void* memory);

/* Bytes that this library holds now, packed weights included. */
int64_t viditq_allocated_bytes(void);

/* From now on, what would make viditq_allocated_bytes exceed `bytes` finds no memory; INT64_MAX, as
 * at first, for no limit. For tests of what happens then. */
void viditq_limit_allocated_bytes(int64_t bytes);

/* Takes the pages that these bytes lie in out of the process's memory, if they are mapped from a
 * file, shared and read-only; touched again, they are read again. Other memory is left as it is. */
int viditq_release_mapped_pages(const void* data, int64_t bytes);

/* Takes the code and the tables of oneDNN out of the process's memory, most of which nothing but
 * loading the library has touched; what is needed is mapped again when touched. Pages that differ
 * from the file, a debugger's for example, stay. Advice: does nothing where the system does not
 * tell. */
void viditq_release_loading_pages(void);

/* ---- normalization --------------------------------------------------------------------------- */

/* LayerNorm of each row of x [rows, channels], biased variance; gamma and beta [channels], null
 * allowed. */
int viditq_layer_norm(viditq_context* context, const float* x, int64_t rows, int64_t channels,
                      const float* gamma, const float* beta, float eps, float* out);

/* LayerNorm without affine of x, then modulation: n * (1 + scale) + shift. */
typedef struct viditq_modulation {
  const float* x; /* [batch, tokens, channels] */
  int64_t batch;
  int64_t tokens;
  int64_t channels;
  const float* shift;  /* [shift_batch, channels] */
  int64_t shift_batch; /* batch, or 1 for all samples */
  const float* scale;  /* [scale_batch, channels] */
  int64_t scale_batch; /* batch, or 1 for all samples */
  float eps;
} viditq_modulation;

int viditq_layer_norm_modulate(viditq_context* context, viditq_modulation operands, float* out);

/* x / sqrt(mean(x^2) + eps) * weight per row of x [rows, channels]. */
int viditq_rms_norm(viditq_context* context, const float* x, int64_t rows, int64_t channels,
                    const float* weight, float eps, float* out);

/* GroupNorm. */
typedef struct viditq_group_norm_operands {
  const float* x; /* [batch, channels, positions] */
  int64_t batch;
  int64_t channels;
  int64_t positions;
  int64_t groups;     /* divides channels */
  const float* gamma; /* [channels] */
  const float* beta;  /* [channels] */
  float eps;
} viditq_group_norm_operands;

int viditq_group_norm(viditq_context* context, viditq_group_norm_operands operands, float* out);

/* ---- pointwise ------------------------------------------------------------------------------- */

/* The nonlinearities of org.viditq.core.operators.Activation, in its order. */
enum {
  VIDITQ_NO_ACTIVATION = 0,
  VIDITQ_SILU = 1,
  VIDITQ_GELU_TANH = 2,
  VIDITQ_GELU_ERF = 3,
  VIDITQ_RELU = 4,
  VIDITQ_ACTIVATION_COUNT = 5
};

int viditq_activate(viditq_context* context, const float* x, int64_t count, int activation,
                    float* out);

int viditq_scale(viditq_context* context, const float* x, int64_t count, float factor, float* out);

/* Largest rank of the functions that take steps. */
enum { VIDITQ_MAX_RANK = 8 };

/* The shape of a result. */
typedef struct viditq_shape {
  int64_t dims[VIDITQ_MAX_RANK];
  int32_t rank; /* 0 to VIDITQ_MAX_RANK */
} viditq_shape;

/* An operand whose value for the index i of the result is values[i . steps]. */
typedef struct viditq_strided {
  const float* values;
  int64_t count;                  /* of values */
  int64_t steps[VIDITQ_MAX_RANK]; /* in values, not negative; 0 repeats */
} viditq_strided;

enum { VIDITQ_ADD = 0, VIDITQ_MULTIPLY = 1 };

/* out[i] = a[i . a.steps] + or * b[i . b.steps] for all indices i of the shape. */
int viditq_combine(viditq_context* context, int operation, viditq_strided a, viditq_strided b,
                   viditq_shape shape, float* out);

/* ---- shape moves ----------------------------------------------------------------------------- */

/* out[i] = x[i . x.steps] for all indices i of the shape: permutation and broadcasting. */
int viditq_gather(viditq_context* context, viditq_strided x, viditq_shape shape, float* out);

/* Copies `rows` runs of `run` values, from_step and to_step apart: concatenation and slicing. */
int viditq_copy_runs(viditq_context* context, const float* from, int64_t from_step, int64_t rows,
                     int64_t run, float* to, int64_t to_step);

/* Each value of x [planes, height, width] twice along both axes: [planes, 2 height, 2 width]. */
int viditq_upsample(viditq_context* context, const float* x, int64_t planes, int64_t height,
                    int64_t width, float* out);

/* ---- embeddings ------------------------------------------------------------------------------ */

/* Rows of table [vocabulary, channels]; VIDITQ_BAD_ARGUMENT if an index is outside of it. */
int viditq_embed(viditq_context* context, const float* table, int64_t vocabulary, int64_t channels,
                 const int32_t* indices, int64_t count, float* out);

/* out [batch, dimension]: sin(t f) | cos(t f), the other way round if flip is not 0, with
 * f_i = exp(-ln(10000) i / (dimension/2 - shift)), exponent, f and t f rounded to float32; an odd
 * dimension ends with a zero. dimension is at least 2, dimension/2 above shift. */
int viditq_timestep_embedding(viditq_context* context, const float* timesteps, int64_t batch,
                              int64_t dimension, int flip, float shift, float* out);

/* Rotary positions: (x0, x1) becomes (x0 cos - x1 sin, x1 cos + x0 sin). */
typedef struct viditq_rotary_operands {
  const float* x; /* [batch, tokens, heads, d] */
  int64_t batch;
  int64_t tokens;
  int64_t heads;
  int64_t d;            /* even */
  const float* cosines; /* [tokens, d] */
  const float* sines;   /* [tokens, d] */
} viditq_rotary_operands;

int viditq_rotary(viditq_context* context, viditq_rotary_operands operands, float* out);

/* ---- attention ------------------------------------------------------------------------------- */

/* What the products of attention multiply; AttentionPrecision of the Java contract defines it. */
enum {
  VIDITQ_ATTENTION_FP32 = 0,
  VIDITQ_ATTENTION_BF16 = 1,
  VIDITQ_ATTENTION_INT8 = 2,
  VIDITQ_ATTENTION_PRECISION_COUNT = 3
};

/* In int8: the largest d, and keys of a block, whose weights share a grid. */
enum { VIDITQ_ATTENTION_MOST_INNER = 1024, VIDITQ_ATTENTION_BLOCK = 128 };

/* softmax(scale q k^T + bias) v. */
typedef struct viditq_attention_operands {
  const float* q; /* [batch, queries, heads * d] */
  const float* k; /* [keys, heads * d] */
  const float* v; /* [keys, heads * dv] */
  int64_t batch;
  int64_t queries;
  int64_t heads;
  int64_t d;
  int64_t dv;
  /* [batch + 1], ascending from 0 to keys: sample i attends to rows key_starts[i] to
   * key_starts[i + 1] - 1 of k and v, at least one. */
  const int64_t* key_starts;
  float scale;
  /* [bias_dims], null for 0. Its extents are 1 or those of [batch, heads, queries, keys of a
   * sample], of which every sample has as many then. */
  const float* bias;
  int64_t bias_dims[4];
  int32_t precision; /* VIDITQ_ATTENTION_FP32 and so on */
} viditq_attention_operands;

/* out [batch, queries, heads * dv]. VIDITQ_BAD_ARGUMENT for a precision that is none. */
int viditq_attention(viditq_context* context, viditq_attention_operands operands, float* out);

/* The integers of attention in int8, row-major. */
typedef struct viditq_attention_codes {
  int8_t* q;       /* [queries, d] */
  float* q_scale;  /* [queries] */
  int8_t* k;       /* [keys, d], of the keys less their mean */
  float* k_scale;  /* [keys] */
  int32_t* scores; /* [queries, keys]: sums of products of codes of q and k */
  uint8_t* p;      /* [queries, keys] */
  int8_t* v;       /* [keys, dv] */
  float* v_scale;  /* [blocks of keys, dv] */
  int32_t* sums;   /* [blocks of keys, queries, dv]: sums of products of codes of p and v */
} viditq_attention_codes;

/* viditq_attention in int8 of one sample with one head, which writes its integers down: what tests
 * compare. The precision of the operands has no meaning here. */
int viditq_attention_integers(viditq_context* context, viditq_attention_operands operands,
                              viditq_attention_codes codes, float* out);

/* ---- linear layers --------------------------------------------------------------------------- */

/* How weights are stored. */
enum { VIDITQ_FLOAT32 = 0, VIDITQ_FLOAT16 = 1, VIDITQ_BFLOAT16 = 2 };

/* What full-precision linear layers multiply: float32, or weights and inputs rounded to bfloat16
 * (to nearest, ties to even). Sums and results are float32. */
enum { VIDITQ_FP32 = 0, VIDITQ_BF16 = 1, VIDITQ_PRECISION_COUNT = 2 };

/* 1 if this processor multiplies in the precision without emulation, else 0. */
int viditq_precision_supported(int precision);

/* A weight [out, in] as oneDNN multiplies with it. */
typedef struct viditq_dense viditq_dense;

/* Converts and packs; released by viditq_free_dense. VIDITQ_BAD_ISA if the precision is not
 * supported. If compact is not 0, weights of a 16-bit type stay in 16 bits and are widened in every
 * call: half the memory, for layers that take little of a model's time. */
int viditq_prepare_dense(const void* weight, int type, int64_t out, int64_t in, int precision,
                         int compact, viditq_dense** dense);

/* Null is allowed. */
void viditq_free_dense(viditq_dense* dense);

/* The epilogue of linear layers, what becomes of their product y [rows, channels]:
 * residual + gate * act(y + bias). */
typedef struct viditq_epilogue {
  const float* bias;     /* [channels], null for 0 */
  int32_t activation;    /* VIDITQ_NO_ACTIVATION and so on */
  const float* gate;     /* [rows / rows_per_gate, channels], null for 1 */
  int64_t rows_per_gate; /* divides rows where there is a gate */
  const float* residual; /* [rows, channels], null for 0 */
} viditq_epilogue;

/* x [rows, in] times the weight transposed, then the epilogue. */
int viditq_dense_linear(viditq_context* context, viditq_dense* dense, const float* x, int64_t rows,
                        int64_t in, viditq_epilogue epilogue, float* out);

/* ---- quantization of activations ------------------------------------------------------------- */

/* Activations as codes, each row with its grid: what quantizers write and products read. */
typedef struct viditq_tokens {
  uint8_t* codes;      /* [rows, columns]: 0..2^bits-1, or -2^(bits-1)..2^(bits-1)-1 in two's
                          complement if symmetric */
  float* scale;        /* [rows] */
  int32_t* zero_point; /* [rows] */
  int32_t* row_sum;    /* [rows], sums of the codes */
  int64_t rows;
  int64_t columns;
  int32_t bits;      /* 2 to 8 */
  int32_t symmetric; /* 0 or 1 */
} viditq_tokens;

/* What is quantized here are float32 values x [rows, columns] divided by balance [columns], true
 * divisions; null for 1. */

/* Dynamic token quantization: with lo = min(min x, 0) and hi = max(max x, 0) of each row, float32,
 *   asymmetric: scale = (hi - lo) / (2^bits - 1), zero point = round-half-even(-lo / scale)
 *   symmetric:  scale = max(-lo, hi) / (2^(bits-1) - 1), zero point = 0
 * where a scale below 1e-6 becomes 1e-6, and
 *   codes = clamp(round-half-even(x / scale) + zero point), x / scale a true division.
 * Each row is quantized while it is in the cache. */
int viditq_quantize_tokens(viditq_context* context, const float* x, const float* balance,
                           viditq_tokens out);

/* Smallest and largest value of each group of rows, row r belonging to group r % groups, both
 * clipped through zero. rows is a multiple of groups; lo and hi have `groups` elements. */
int viditq_measure_range(viditq_context* context, const float* x, const float* balance,
                         int64_t rows, int64_t columns, int64_t groups, float* lo, float* hi);

/* The codes of viditq_quantize_tokens on given grids, row r on grid r % groups; zero points may be
 * any integer. group_scale and group_zero_point have `groups` elements, of which rows is a
 * multiple; out.scale and out.zero_point become those of each row's group, as products take them.
 */
int viditq_quantize_groups(viditq_context* context, const float* x, const float* balance,
                           int64_t groups, const float* group_scale,
                           const int32_t* group_zero_point, viditq_tokens out);

/* viditq_layer_norm_modulate, then viditq_quantize_tokens, to the bit, in one pass over each row:
 * no float32 result is written. VIDITQ_NOT_FINITE, too, if shift, scale or balance hold NaN or
 * infinity, or a balance is 0. out has batch * tokens rows of `channels` columns. */
int viditq_layer_norm_modulate_quantize(viditq_context* context, viditq_modulation operands,
                                        const float* balance, viditq_tokens out);

/* An orthogonal rotation of every `block` neighbouring columns: with inner = block / base a power
 * of two, Sylvester's butterflies within each of the `base` runs of inner columns, then the matrix
 * over the runs, then the product with 1 / sqrt(block); or, regular, a power of four and the
 * regular matrix of order 4. org.viditq.core.quant.Rotation gives the order of operations. */
typedef struct viditq_rotation {
  int64_t block;        /* divides the columns */
  int64_t base;         /* 1 if regular */
  const int8_t* matrix; /* [base, base] of 1 and -1, null for base 1 */
  int32_t regular;      /* 0 or 1 */
} viditq_rotation;

/* out = x / divisors [columns], null for 1, rotated; x and out [rows, columns]. */
int viditq_rotate(viditq_context* context, const float* x, int64_t rows, int64_t columns,
                  const float* divisors, viditq_rotation rotation, float* out);

/* viditq_rotate, then viditq_quantize_tokens of its result, to the bit, in one pass over each row.
 */
int viditq_quantize_rotated_tokens(viditq_context* context, const float* x, const float* divisors,
                                   viditq_rotation rotation, viditq_tokens out);

/* ---- quantized linear layers ----------------------------------------------------------------- */

/* The quantized product: y[m, n] = scale[m] * weight_scale[n] * sum over k of (codes[m, k] -
 * zero_point[m]) * (weight[n, k] - weight_zero_point[n]), the sum exact, then the epilogue; weights
 * hold their scales and zero points. x.columns is the inner extent of the weights. */
int viditq_quantized_linear(viditq_context* context, const viditq_weights* weights, viditq_tokens x,
                            viditq_epilogue epilogue, float* out);

/* viditq_quantized_linear with bias [channels], null allowed, and activation, then
 * viditq_quantize_tokens of its result, to the bit: the first of two quantized layers up to the
 * codes that the second one multiplies with. Rows become codes block by block; their float32 values
 * are never all in memory. balance [channels] is that of the second layer, null for 1; out has the
 * rows of x and `channels` columns. */
int viditq_quantized_linear_to_codes(viditq_context* context, const viditq_weights* weights,
                                     viditq_tokens x, const float* bias, int activation,
                                     const float* balance, viditq_tokens out);

/* ---- convolution ----------------------------------------------------------------------------- */

/* A convolution over three axes; fewer are led by axes of extent 1. */
typedef struct viditq_convolution viditq_convolution;

/* weight [out, in, kernel...], kernel [3]; released by viditq_free_convolution. */
int viditq_prepare_convolution(const void* weight, int type, int64_t out, int64_t in,
                               const int64_t* kernel, viditq_convolution** convolution);

/* Null is allowed. */
void viditq_free_convolution(viditq_convolution* convolution);

/* Cross-correlation, along three axes. */
typedef struct viditq_convolution_operands {
  const float* x; /* [batch, in, extents...] */
  int64_t batch;
  int64_t in;
  int64_t extents[3];
  int64_t stride[3];
  int64_t before[3]; /* zeros before each axis */
  int64_t after[3];  /* and after it */
  const float* bias; /* [out], null for 0 */
} viditq_convolution_operands;

/* out [batch, out, (extent + before + after - kernel) / stride + 1 ...], at least one value. */
int viditq_convolve(viditq_context* context, viditq_convolution* convolution,
                    viditq_convolution_operands operands, float* out);

#ifdef __cplusplus
}
#endif

#endif
