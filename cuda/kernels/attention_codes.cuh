// The arithmetic of attention in int8, as org.viditq.core.operators.AttentionPrecision.INT8 defines
// it operation by operation, and where the codes of keys and values lie for the tensor cores.
//
// Keys are taken in blocks of kKeyBlock. A block of one head of one sample is a tile:
//
//   codes of keys    [kKeyBlock, head]    signed bytes, k less its mean; a row per key
//   codes of values  [values, kKeyBlock]  signed bytes; a row per channel, of keys in the order in
//                                         which the first product leaves their weights in registers
//   scales of keys   [kKeyBlock]          float32, NaN for a key that is not finite
//   scales of values [values]             float32, NaN for a channel that is not finite here
//
// What no key or channel stands for is 0. The 16-byte chunks of rows are swizzled such that the
// same chunk of eight neighbouring rows, which ldmatrix reads at once, lies in eight different
// groups of four banks.
#pragma once

#include <cstring>

#include "platform.cuh"

namespace viditq {

constexpr int kKeyBlock = VIDITQ_CUDA_ATTENTION_BLOCK;

// The widest heads that the tensor cores' kernel takes.
constexpr int kWidestHead = 128;

// viditq_cuda_attention with its types, and where the bias repeats.
template <typename T>
struct AttentionOperands {
  const T* q;
  const T* k;
  const T* v;
  const T* bias;             // null for 0
  int64_t bias_sample_step;  // 0 where all samples have the same bias, and so on
  int64_t bias_head_step;
  int64_t bias_query_step;
  int64_t bias_key_step;
  T* out;
  int batch;
  int queries;
  int keys;
  int heads;
  int d;
  int dv;
  float scale;

  // Rows of one head.
  __device__ __forceinline__ const T* query(int sample, int head, int query) const {
    return q + ((static_cast<int64_t>(sample) * queries + query) * heads + head) * d;
  }
  __device__ __forceinline__ const T* key(int sample, int head, int key) const {
    return k + ((static_cast<int64_t>(sample) * keys + key) * heads + head) * d;
  }
  __device__ __forceinline__ const T* value(int sample, int head, int key) const {
    return v + ((static_cast<int64_t>(sample) * keys + key) * heads + head) * dv;
  }
  __device__ __forceinline__ T* result(int sample, int head, int query) const {
    return out + ((static_cast<int64_t>(sample) * queries + query) * heads + head) * dv;
  }
  __device__ __forceinline__ const T* bias_row(int sample, int head, int query) const {
    return bias + sample * bias_sample_step + head * bias_head_step + query * bias_query_step;
  }
};

// ---- arithmetic --------------------------------------------------------------------------------

constexpr float kLog2E = 1.44269504f;
constexpr float kGreatestBias = 1.2676506002282294e30f;  // 2^100
constexpr float kLowestScore = -3.402823466e38f;         // where the largest score starts

__device__ __forceinline__ uint32_t float_bits(float value) {
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  return bits;
}

__device__ __forceinline__ float float_of_bits(uint32_t bits) {
  float value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

__device__ __forceinline__ float not_a_number() { return float_of_bits(0x7fc00000u); }
__device__ __forceinline__ float minus_infinity() { return float_of_bits(0xff800000u); }

// The bits of the largest magnitude so far, which are ordered as magnitudes are; those of infinity
// and NaN come last.
struct Magnitude {
  uint32_t bits = 0;

  __device__ __forceinline__ void include(float value) { include_bits(float_bits(value)); }

  // Over lanes whose numbers differ in the bits below `lanes`.
  __device__ __forceinline__ void reduce_over(int lanes) {
    for (int distance = lanes / 2; distance > 0; distance /= 2) {
      include_bits(__shfl_xor_sync(kAllLanes, bits, distance));
    }
  }

  // Of a symmetric grid of 8 bits; NaN where a value is not finite.
  __device__ __forceinline__ float scale() const {
    return bits < 0x7f800000u ? fmaxf(__fdiv_rn(float_of_bits(bits), 127.0f), 1e-6f)
                              : not_a_number();
  }

 private:
  __device__ __forceinline__ void include_bits(uint32_t others) {
    others &= 0x7fffffffu;
    bits = others > bits ? others : bits;
  }
};

// -127 to 127; 0 on a grid that has no scale.
__device__ __forceinline__ int symmetric_code(float value, float scale) {
  return scale == scale ? static_cast<int>(rintf(__fdiv_rn(value, scale))) : 0;
}

// In powers of two. query_factor is the scale of the query times (scale of attention * kLog2E).
__device__ __forceinline__ float attention_score(int32_t sum, float key_scale, float query_factor) {
  return static_cast<float>(sum) * key_scale * query_factor;
}

// Of which the part beyond +-2^100 is cut, and NaN too: who has a NaN among its bias gets NaN.
__device__ __forceinline__ float score_bias(float bias) {
  return fminf(fmaxf(bias * kLog2E, -kGreatestBias), kGreatestBias);
}

// The code of 2^distance, 255 of it being 1; 0 for NaN.
__device__ __forceinline__ uint32_t weight_code(float distance) {
  constexpr float kShifter = 12582912.0f;  // 1.5 * 2^23: what is added to it becomes whole
  constexpr float kBytes = 8388608.0f;     // 2^23: the same, with the whole number in the low bits
  const float t = fmaxf(distance, -16.0f);
  const float shifted = t + kShifter;
  const float r = t - (shifted - kShifter);
  const float power = (60.79937862f * r + 179.3792415f) * r + 255.1130012f;
  // The low bits of `shifted` are the whole number, which goes to the exponent.
  const float weight = float_of_bits(float_bits(power) + (float_bits(shifted) << 23));
  return float_bits(weight + kBytes) & 0xffu;
}

// How a block of keys joins those before it: both on the scale of the largest score of either.
struct Joining {
  float shrink;  // what is there
  float grow;    // what comes
};

// Moves `largest`, that of the blocks before, to that of all.
__device__ __forceinline__ Joining join_block(float& largest, float largest_of_block) {
  const float before = largest;
  largest = fmaxf(before, largest_of_block);
  return {exp2f(before - largest), exp2f(largest_of_block - largest)};
}

__device__ __forceinline__ float joined_value(float before, int32_t sum, float value_scale,
                                              Joining joining) {
  return before * joining.shrink + static_cast<float>(sum) * value_scale * joining.grow;
}

__device__ __forceinline__ float joined_total(float before, int32_t total, Joining joining) {
  return before * joining.shrink + static_cast<float>(total) * joining.grow;
}

// What results are multiplied by at the end.
__device__ __forceinline__ float result_factor(float total, bool finite) {
  return finite ? __fdiv_rn(1.0f, total) : not_a_number();
}

// ---- tiles -------------------------------------------------------------------------------------

// Extents of a tile, and where its parts start, in bytes, each a multiple of 16.
struct AttentionTile {
  int head;    // bytes of a key: a multiple of 32 that d and dv fit into
  int values;  // rows of values: a multiple of 16 that dv fits into

  __host__ __device__ AttentionTile(int d, int dv)
      : head(((d > dv ? d : dv) + 31) / 32 * 32), values((dv + 15) / 16 * 16) {}

  __host__ __device__ int values_at() const { return kKeyBlock * head; }
  __host__ __device__ int key_scales_at() const { return values_at() + values * kKeyBlock; }
  __host__ __device__ int value_scales_at() const {
    return key_scales_at() + kKeyBlock * static_cast<int>(sizeof(float));
  }
  __host__ __device__ int bytes() const {
    return value_scales_at() + values * static_cast<int>(sizeof(float));
  }
};

__host__ __device__ __forceinline__ int key_blocks(int keys) {
  return keys / kKeyBlock + (keys % kKeyBlock != 0);
}

// The code of a key's channel, in rows of `head` bytes.
__host__ __device__ __forceinline__ int key_offset(int key, int channel, int head) {
  const int turn = head == 128 ? key % 8 : head == 64 ? key / 2 % 4 : key / 4 % 2;
  return key * head + ((channel / 16) ^ turn) * 16 + channel % 16;
}

// The code at a position of a channel's row.
__host__ __device__ __forceinline__ int value_offset(int channel, int position) {
  return channel * kKeyBlock + ((position / 16) ^ (channel % 8)) * 16 + position % 16;
}

// The key at a position of a channel's row. A lane holds the scores of keys 2 q, 2 q + 1, 2 q + 8
// and 2 q + 9 of each 16, q = lane % 4, and hands their weights over as positions 4 q to 4 q + 3.
__host__ __device__ __forceinline__ int key_at(int position) {
  const int within = position % 16;
  return position / 16 * 16 + within % 4 / 2 * 8 + within / 4 * 2 + within % 2;
}

}  // namespace viditq
