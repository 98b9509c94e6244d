/* The C interface of viditq's CPU operators: everything that a model computes in float32, and the
 * quantized linear layer. The rules of viditq.h hold: dense row-major float32, every function
 * returns a VIDITQ_* status and checks pointers, extents and overlap first. Extents are at least 1.
 * "Null allowed" says where a buffer may be missing.
 *
 * Functions compute with the threads of their context; results do not depend on their number. One
 * call at a time per context. */
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

/* LayerNorm without affine of x [batch, tokens, channels], then n * (1 + scale) + shift, both
 * [batch, channels] or, where their batch is 1, [1, channels]. */
int viditq_layer_norm_modulate(viditq_context* context, const float* x, int64_t batch,
                               int64_t tokens, int64_t channels, const float* shift,
                               int64_t shift_batch, const float* scale, int64_t scale_batch,
                               float eps, float* out);

/* x / sqrt(mean(x^2) + eps) * weight per row of x [rows, channels]. */
int viditq_rms_norm(viditq_context* context, const float* x, int64_t rows, int64_t channels,
                    const float* weight, float eps, float* out);

/* GroupNorm of x [batch, channels, positions]; channels is a multiple of groups. */
int viditq_group_norm(viditq_context* context, const float* x, int64_t batch, int64_t channels,
                      int64_t positions, int64_t groups, const float* gamma, const float* beta,
                      float eps, float* out);

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

enum { VIDITQ_ADD = 0, VIDITQ_MULTIPLY = 1 };

/* out[i] = a[i . a_steps] + or * b[i . b_steps] for all indices i below dims [rank]; a has a_count
 * values, and so on. Steps are in values and not negative; 0 repeats. */
int viditq_combine(viditq_context* context, int operation, const float* a, int64_t a_count,
                   const int64_t* a_steps, const float* b, int64_t b_count, const int64_t* b_steps,
                   const int64_t* dims, int rank, float* out);

/* ---- shape moves ----------------------------------------------------------------------------- */

/* out[i] = x[i . steps], as viditq_combine: permutation and broadcasting. */
int viditq_gather(viditq_context* context, const float* x, int64_t x_count, const int64_t* steps,
                  const int64_t* dims, int rank, float* out);

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

/* (x0, x1) of x [batch, tokens, heads, d], d even, becomes (x0 cos - x1 sin, x1 cos + x0 sin);
 * cosines and sines [tokens, d]. */
int viditq_rotary(viditq_context* context, const float* x, int64_t batch, int64_t tokens,
                  int64_t heads, int64_t d, const float* cosines, const float* sines, float* out);

/* ---- attention ------------------------------------------------------------------------------- */

/* softmax(scale q k^T + bias) v for q [batch, queries, heads * d]. Sample i attends to rows
 * key_starts[i] to key_starts[i + 1] - 1 of k [keys, heads * d] and v [keys, heads * dv], at least
 * one; key_starts [batch + 1] ascends from 0 to keys. bias, null allowed, has the extents bias_dims
 * [4], which broadcast to [batch, heads, queries, keys of every sample]. out [batch, queries,
 * heads * dv]. */
int viditq_attention(viditq_context* context, const float* q, const float* k, const float* v,
                     int64_t batch, int64_t queries, int64_t heads, int64_t d, int64_t dv,
                     const int64_t* key_starts, float scale, const float* bias,
                     const int64_t* bias_dims, float* out);

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

/* What linear layers do with their product y [rows, out]: residual + gate * act(y + bias).
 * bias [out], gate [rows / rows_per_gate, out], residual [rows, out]; null allowed for each.
 * rows is a multiple of rows_per_gate where there is a gate. */

/* x [rows, in] times the weight transposed. */
int viditq_dense_linear(viditq_context* context, viditq_dense* dense, const float* x, int64_t rows,
                        int64_t in, const float* bias, int activation, const float* gate,
                        int64_t rows_per_gate, const float* residual, float* out);

/* viditq_quantize_tokens of x / divisor, with the context's threads and instruction set; divisor
 * [columns], true divisions, null for 1. */
int viditq_quantize(viditq_context* context, const float* x, const float* divisor, int64_t rows,
                    int64_t columns, int bits, int is_symmetric, uint8_t* codes, float* scale,
                    int32_t* zero_point, int32_t* row_sum);

/* viditq_measure_range of x / divisor, on the context's threads, which share out the groups;
 * divisor [columns], true divisions, null for 1. */
int viditq_measure_groups(viditq_context* context, const float* x, const float* divisor,
                          int64_t rows, int64_t columns, int64_t groups, float* lo, float* hi);

/* viditq_encode of x / divisor on the context's threads, with grids group_scale and
 * group_zero_point [groups]. scale and zero_point [rows] become those of each row's group, as
 * products take them. */
int viditq_quantize_groups(viditq_context* context, const float* x, const float* divisor,
                           int64_t rows, int64_t columns, int64_t groups, int bits,
                           int is_symmetric, const float* group_scale,
                           const int32_t* group_zero_point, uint8_t* codes, float* scale,
                           int32_t* zero_point, int32_t* row_sum);

/* viditq_layer_norm_modulate, then viditq_quantize, to the bit, in one pass over each row: no
 * float32 result is written. VIDITQ_NOT_FINITE, too, if shift, scale or divisor hold NaN or
 * infinity, or a divisor is 0. code_scale, zero_point and row_sum have batch * tokens elements. */
int viditq_layer_norm_modulate_quantize(
    viditq_context* context, const float* x, int64_t batch, int64_t tokens, int64_t channels,
    const float* shift, int64_t shift_batch, const float* scale, int64_t scale_batch, float eps,
    const float* divisor, int bits, int is_symmetric, uint8_t* codes, float* code_scale,
    int32_t* zero_point, int32_t* row_sum);

/* The quantized product: y[m, n] = scale[m] * weight_scale[n] * sum over k of (codes[m, k] -
 * zero_point[m]) * (weight[n, k] - weight_zero_point[n]), the sum exact; weights hold their scales
 * and zero points. codes [rows, inner] with their scale, zero_point and row_sum [rows] come from
 * viditq_quantize or viditq_encode. */
int viditq_quantized_linear(viditq_context* context, const viditq_weights* weights,
                            const uint8_t* codes, int codes_signed, int64_t rows, int64_t inner,
                            const float* scale, const int32_t* zero_point, const int32_t* row_sum,
                            const float* bias, int activation, const float* gate,
                            int64_t rows_per_gate, const float* residual, float* out);

/* viditq_quantized_linear without gate and residual, then viditq_quantize of its result, to the
 * bit: the first of two quantized layers up to the codes that the second one multiplies with. Rows
 * become codes block by block; their float32 values are never all in memory. divisor [channels] is
 * that of the second layer, null for 1; out_codes is [rows, channels], out_scale, out_zero_point
 * and out_row_sum are [rows]. */
int viditq_quantized_linear_to_codes(
    viditq_context* context, const viditq_weights* weights, const uint8_t* codes, int codes_signed,
    int64_t rows, int64_t inner, const float* scale, const int32_t* zero_point,
    const int32_t* row_sum, const float* bias, int activation, const float* divisor, int bits,
    int is_symmetric, uint8_t* out_codes, float* out_scale, int32_t* out_zero_point,
    int32_t* out_row_sum);

/* ---- convolution ----------------------------------------------------------------------------- */

/* A convolution over three axes; fewer are led by axes of extent 1. */
typedef struct viditq_convolution viditq_convolution;

/* weight [out, in, kernel...], kernel [3]; released by viditq_free_convolution. */
int viditq_prepare_convolution(const void* weight, int type, int64_t out, int64_t in,
                               const int64_t* kernel, viditq_convolution** convolution);

/* Null is allowed. */
void viditq_free_convolution(viditq_convolution* convolution);

/* Cross-correlation of x [batch, in, extents...] with zeros before and after each axis; extents,
 * stride, before and after are [3]. bias [out], null allowed. The result
 * [batch, out, (extent + before + after - kernel) / stride + 1 ...] has at least one value. */
int viditq_convolve(viditq_context* context, viditq_convolution* convolution, const float* x,
                    int64_t batch, int64_t in, const int64_t* extents, const int64_t* stride,
                    const int64_t* before, const int64_t* after, const float* bias, float* out);

#ifdef __cplusplus
}
#endif

#endif
