/* The C interface of viditq's CUDA kernels. Built by nvcc it works on device memory and a CUDA
 * stream; built by g++ on the emulation (cuda/emulation), on host memory, and the stream is
 * ignored.
 *
 * Matrices are row-major and dense, with one exception: rows of activation codes and of 8-bit
 * weight codes start at multiples of VIDITQ_CUDA_CODE_ROW bytes, which the tensor cores' copies
 * need; what lies between the rows is never read. All buffers start at multiples of 16 bytes.
 * Functions only enqueue work; they return a VIDITQ_CUDA_* status about their arguments and the
 * launch. */
#ifndef VIDITQ_CUDA_H
#define VIDITQ_CUDA_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum {
  VIDITQ_CUDA_OK = 0,
  VIDITQ_CUDA_NULL_POINTER = 1, /* a buffer is null that must not be */
  VIDITQ_CUDA_BAD_SIZE = 2,     /* an extent is not positive, too large, or does not divide */
  VIDITQ_CUDA_BAD_FORMAT = 3,   /* bit width, element type, activation or kernel that is not one */
  VIDITQ_CUDA_MISALIGNED = 4,   /* a buffer does not start at a multiple of 16 bytes */
  VIDITQ_CUDA_LAUNCH_FAILED = 5 /* CUDA refused the launch: a sticky error, or the wrong device */
};

/* One clause in English that says what a status means. Never null. */
const char* viditq_cuda_status_message(int status);

/* Element types of activations. */
enum { VIDITQ_CUDA_FLOAT32 = 0, VIDITQ_CUDA_FLOAT16 = 1, VIDITQ_CUDA_BFLOAT16 = 2 };

/* Each operator has a naive kernel, which is there to be read and to judge the fast one. The linear
 * layer has a fast one for each shape of the result's tiles; FAST chooses by the extents. */
enum {
  VIDITQ_CUDA_FAST = 0,
  VIDITQ_CUDA_NAIVE = 1,
  VIDITQ_CUDA_TILE_64X64 = 2,
  VIDITQ_CUDA_TILE_128X128 = 3,
  VIDITQ_CUDA_HOPPER = 4 /* on sm_90a only: warp groups and the tensor copy engine */
};

/* Largest inner extent up to which sums of products of 8-bit codes cannot overflow int32. */
enum { VIDITQ_CUDA_MAX_INNER = 32768 };

/* Rows of codes start at multiples of this. */
enum { VIDITQ_CUDA_CODE_ROW = 16 };

/* ---- token quantization ---------------------------------------------------------------------- */

/* Codes of a matrix [rows, columns] on one grid per row, as viditq_quantize_tokens in
 * cpp/native/include/viditq_operators.h defines them: unsigned bytes 0..2^bits-1, or two's
 * complement -2^(bits-1)..2^(bits-1)-1 if symmetric. */
typedef struct viditq_cuda_tokens {
  uint8_t* codes;      /* [rows, columns], row r starting at r * (columns rounded up to 16) */
  float* scale;        /* [rows] */
  int32_t* zero_point; /* [rows] */
  int32_t* row_sum;    /* [rows], sums of the codes */
  int32_t* not_finite; /* becomes 1 if a row holds NaN or infinity or has a range beyond float32;
                          that row's codes are undefined. Null if nobody asks. */
} viditq_cuda_tokens;

/* What is quantized, and how. */
typedef struct viditq_cuda_quantizer {
  const void* x;        /* [rows, columns] */
  int32_t type;         /* VIDITQ_CUDA_FLOAT32, _FLOAT16 or _BFLOAT16 */
  int32_t rows;         /* tokens of all samples */
  int32_t columns;      /* channels */
  int32_t bits;         /* 2 to 8 */
  int32_t symmetric;    /* 0 or 1 */
  const float* balance; /* [sets, columns], finite and not 0: values are divided by it in float32
                           before they are quantized (not by the plain quantizer). Null for none. */
  int32_t sets;         /* how many timestep ranges have a balance of their own; at least 1 */
  const int32_t*
      active_set; /* one index into the sets, read by the kernel, so that a recorded graph
                     serves every timestep; clamped into range. Null means set 0. */
} viditq_cuda_quantizer;

/* x / balance. */
int viditq_cuda_quantize(viditq_cuda_quantizer quantizer, viditq_cuda_tokens out, int kernel,
                         void* stream);

/* gelu(x) / balance, with the tanh form of GELU. */
int viditq_cuda_gelu_quantize(viditq_cuda_quantizer quantizer, viditq_cuda_tokens out, int kernel,
                              void* stream);

/* (n * (1 + scale) + shift) / balance with n = (x - mean) / sqrt(variance + epsilon) per row,
 * biased variance. shift and scale are [samples, columns] float32; rows is a multiple of samples,
 * and consecutive rows belong to one sample. */
int viditq_cuda_norm_modulate_quantize(viditq_cuda_quantizer quantizer, const float* shift,
                                       const float* scale, int32_t samples, float epsilon,
                                       viditq_cuda_tokens out, int kernel, void* stream);

/* An orthogonal rotation of every `block` neighbouring columns, as org.viditq.core.quant.Rotation
 * defines it, order of float32 operations included: with inner = block / base a power of two,
 * Sylvester's butterflies within each of the `base` runs of inner columns, then the matrix over the
 * runs; or, regular, a power of four and the regular matrix of order 4 at distance 1, 4, 16, ...;
 * then the product with 1 / sqrt(block). Its signs are those of the balance. */
typedef struct viditq_cuda_rotation {
  int32_t block;        /* 2 or more; divides the columns */
  int32_t base;         /* 1 for no matrix, as if regular; else a multiple of 4 */
  const int8_t* matrix; /* [base, base] of 1 and -1, on the device; null for base 1 */
  int32_t regular;      /* 0 or 1 */
} viditq_cuda_rotation;

/* x / balance, rotated. */
int viditq_cuda_hadamard_quantize(viditq_cuda_quantizer quantizer, viditq_cuda_rotation rotation,
                                  viditq_cuda_tokens out, int kernel, void* stream);

/* ---- quantized linear layers ----------------------------------------------------------------- */

/* Weights [channels, inner] of one layer, one set per timestep range, as viditq_cuda_pack_weights
 * lays them out. The sets lie behind each other in each buffer. */
typedef struct viditq_cuda_weights {
  const uint8_t* codes;
  const float* scale;          /* [sets, channels] */
  const int32_t* zero_point;   /* [sets, channels], of the codes as packed */
  const int32_t* centered_sum; /* [sets, channels], sums of (code - zero point) over inner */
  int32_t bits;                /* 4 or 8: how the codes are stored */
  int32_t sets;
  const int32_t* active_set; /* as in viditq_cuda_quantizer */
} viditq_cuda_weights;

/* Bytes that the packed codes of one set take; storage_bits is 4 or 8. 0 for extents that are not
 * positive or an inner extent above VIDITQ_CUDA_MAX_INNER. */
int64_t viditq_cuda_packed_bytes(int32_t channels, int32_t inner, int32_t storage_bits);

/* Lays out one set of codes [channels, inner] (host memory, dense, bytes read as signed if the flag
 * is not 0) for the product, on the host. Codes of up to 8 bits are stored as signed bytes:
 * unsigned ones move down by 128, and their zero points with them. Codes of up to 4 bits may be
 * stored as unsigned nibbles: signed ones move up by 8. zero_point [channels] is read as of the
 * codes given and replaced by that of the packed ones; centered_sum [channels] is written. Codes
 * outside the storage range give VIDITQ_CUDA_BAD_FORMAT. */
int viditq_cuda_pack_weights(const uint8_t* codes, int32_t codes_signed, int32_t channels,
                             int32_t inner, int32_t storage_bits, uint8_t* packed,
                             int32_t* zero_point, int32_t* centered_sum);

/* VIDITQ_CUDA_ACTIVATION_*: after the bias. */
enum { VIDITQ_CUDA_ACTIVATION_NONE = 0, VIDITQ_CUDA_ACTIVATION_GELU_TANH = 1 };

/* out = residual + gate * activation(x W^T + bias), all but bias of the element type of out. */
typedef struct viditq_cuda_epilogue {
  const float* bias;     /* [channels], null for 0 */
  int32_t activation;    /* VIDITQ_CUDA_ACTIVATION_* */
  const void* gate;      /* [rows / rows_per_gate, channels], null for 1 */
  int32_t rows_per_gate; /* tokens per sample: divides rows where there is a gate */
  const void* residual;  /* [rows, channels], null for 0; may be out */
} viditq_cuda_epilogue;

/* 1 if this library holds a kernel of the linear layer for weights stored so, and the current
 * device runs it; else 0. kernel is VIDITQ_CUDA_FAST, _NAIVE, ... */
int viditq_cuda_has_linear_kernel(int32_t weight_bits, int kernel);

/* The linear layer on token codes x [rows, inner], bytes read as signed if x_symmetric is not 0,
 * with int32 accumulation, exact, and a float32 epilogue. out is [rows, channels] of `type`. */
int viditq_cuda_linear(viditq_cuda_tokens x, int32_t x_symmetric, viditq_cuda_weights weights,
                       viditq_cuda_epilogue epilogue, int32_t rows, int32_t channels, int32_t inner,
                       void* out, int32_t type, int kernel, void* stream);

/* out = residual + gate * x, all [rows, channels] of `type`, the gate [rows / rows_per_gate,
 * channels]. */
int viditq_cuda_gated_residual(const void* x, const void* gate, int32_t rows_per_gate,
                               const void* residual, int32_t rows, int32_t channels, void* out,
                               int32_t type, void* stream);

/* ---- attention in 8 bits --------------------------------------------------------------------- */

/* Keys whose weights, and whose values channel by channel, share a grid; and the widest heads. */
enum { VIDITQ_CUDA_ATTENTION_BLOCK = 128, VIDITQ_CUDA_ATTENTION_MAX_HEAD = 1024 };

/* softmax(scale q k^T + bias) v per head; heads are contiguous slices of a row. q, k, v, bias and
 * the result are of `type`. */
typedef struct viditq_cuda_attention {
  const void* q; /* [batch, queries, heads * d] */
  const void* k; /* [batch, keys, heads * d] */
  const void* v; /* [batch, keys, heads * dv] */
  int32_t type;
  int32_t batch;
  int32_t queries;
  int32_t keys;
  int32_t heads;
  int32_t d; /* 1 to VIDITQ_CUDA_ATTENTION_MAX_HEAD, as dv */
  int32_t dv;
  float scale;
  const void* bias;        /* added to the scores; null for 0 */
  int32_t bias_extents[4]; /* each 1 or that of [batch, heads, queries, keys] */
} viditq_cuda_attention;

/* Bytes of device memory that the fast kernel keeps codes of keys and values in. 0 where it needs
 * none, and for extents that are refused. No less for more samples, heads or keys. */
int64_t viditq_cuda_attention_workspace(viditq_cuda_attention attention);

/* Attention in int8, as org.viditq.core.operators.AttentionPrecision.INT8 defines it: codes of q
 * and of k less its mean per token, of v per channel and block of keys, of the weights of softmax
 * per query and block, all sums of products exact; blocks are added up in float32. out is [batch,
 * queries, heads * dv]. A query's result is NaN where its q or bias holds NaN or its q infinity,
 * all of a head's where a k does, a channel's where a v does. Both kernels give the same bits; the
 * fast one takes heads of up to 128 channels, and leaves wider ones to the naive one. The workspace
 * may be null for the naive kernel. */
int viditq_cuda_attention_int8(viditq_cuda_attention attention, void* workspace, void* out,
                               int kernel, void* stream);

/* The integers of attention in int8, laid out as viditq_attention_codes of cpp's
 * viditq_operators.h says. */
typedef struct viditq_cuda_attention_codes {
  int8_t* q;
  float* q_scale;
  int8_t* k;
  float* k_scale;
  int32_t* scores;
  uint8_t* p;
  int8_t* v;
  float* v_scale;
  int32_t* sums;
} viditq_cuda_attention_codes;

/* The naive kernel on one sample with one head, which writes its integers down: what tests
 * compare. */
int viditq_cuda_attention_integers(viditq_cuda_attention attention,
                                   viditq_cuda_attention_codes codes, void* out, void* stream);

#ifdef __cplusplus
}
#endif

#endif
