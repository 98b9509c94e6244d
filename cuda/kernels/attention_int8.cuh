// Attention in int8 on tensor cores (sm_80 and up): each warp attends for 16 queries of one head.
// Tiles of keys and values (attention_codes.cuh) travel through two stages of shared memory, filled
// by asynchronous copies while the tensor cores work on the other.
//
//   S  = q codes * k codes^T    16 x 128, int32, exact
//   x  = S, scaled, and biased  float32, in registers
//   p  = codes of 2^(x - largest x of the row in this block), unsigned bytes
//   A  = p * v codes            16 x dv, int32, exact
//   out joins A, as in online softmax
//
// The weights of a row are where the second product wants its first operand, if keys are counted in
// the order of key_at, so no lane hands over anything but the largest of a row and its total.
#pragma once

#include "attention_pack.cuh"
#include "tensor_core.cuh"

namespace viditq {

constexpr int kWarpQueries = 16;
constexpr int kAttentionWarps = 4;
constexpr int kBlockQueries = kAttentionWarps * kWarpQueries;
constexpr int kAttentionThreads = kAttentionWarps * kLanes;
constexpr int kAttentionStages = 2;
constexpr int kChunkKeys = 32;  // one step of the tensor cores in the second product
constexpr int kKeyChunks = kKeyBlock / kChunkKeys;

inline int attention_shared_bytes(int d, int dv) {
  return kAttentionStages * AttentionTile(d, dv).bytes();
}

// Codes of the rows lane / 4 and lane / 4 + 8 from `first` on, as the tensor cores' first operand,
// and their scales. Rows beyond the last query are 0.
template <int kSteps, typename T>
__device__ __forceinline__ void encode_queries(const AttentionOperands<T>& in, int sample, int head,
                                               int first, uint32_t (&codes)[kSteps][4],
                                               float (&scale)[2]) {
  const int lane = static_cast<int>(threadIdx.x) % kLanes;
#pragma unroll
  for (int half = 0; half < 2; half++) {
    const int query = first + lane / 4 + half * 8;
    const bool present = query < in.queries;
    const T* row = in.query(sample, head, present ? query : first);
    float values[kSteps * 2][4];
    Magnitude magnitude;
#pragma unroll
    for (int word = 0; word < kSteps * 2; word++) {
#pragma unroll
      for (int i = 0; i < 4; i++) {
        const int channel = word * 16 + lane % 4 * 4 + i;
        values[word][i] = present && channel < in.d ? to_float(row[channel]) : 0.0f;
        magnitude.include(values[word][i]);
      }
    }
    magnitude.reduce_over(4);
    scale[half] = magnitude.scale();
#pragma unroll
    for (int word = 0; word < kSteps * 2; word++) {
      uint32_t packed = 0;
#pragma unroll
      for (int i = 0; i < 4; i++) {
        packed |= (static_cast<uint32_t>(symmetric_code(values[word][i], scale[half])) & 0xffu)
                  << (8 * i);
      }
      codes[word / 2][word % 2 * 2 + half] = packed;
    }
  }
}

// Two fragments of 8 rows and 32 bytes as second operands; `row` is the one of them that the
// calling lane names (see load_matrix_x4).
__device__ __forceinline__ void load_fragments(uint32_t (&fragments)[2][2],
                                               const unsigned char* row) {
  uint32_t words[4];
  load_matrix_x4(words, row);
  fragments[0][0] = words[0];
  fragments[0][1] = words[1];
  fragments[1][0] = words[2];
  fragments[1][1] = words[3];
}

template <typename V>
__device__ __forceinline__ V sum_over_quad(V value) {
  value += __shfl_xor_sync(kAllLanes, value, 1);
  return value + __shfl_xor_sync(kAllLanes, value, 2);
}

// The contract of viditq_cuda_attention_int8 for heads of up to kHead channels, a multiple of 32.
// Launch with kAttentionThreads threads, a block for each kBlockQueries queries of a head, heads of
// a sample, then samples; attention_shared_bytes of dynamic shared memory.
template <int kHead, typename T>
__global__ void __launch_bounds__(kAttentionThreads, 2)
    attention_int8(AttentionOperands<T> in, const unsigned char* tiles) {
  constexpr int kSteps = kHead / 32;
  constexpr int kPairs = kHead / 16;  // of fragments of 8 channels
  const int lane = static_cast<int>(threadIdx.x) % kLanes;
  const int warp = static_cast<int>(threadIdx.x) / kLanes;
  const int query_blocks = (in.queries - 1) / kBlockQueries + 1;
  const int of_head = static_cast<int>(blockIdx.x) / query_blocks;
  const int head = of_head % in.heads;
  const int sample = of_head / in.heads;
  const int first =
      static_cast<int>(blockIdx.x) % query_blocks * kBlockQueries + warp * kWarpQueries;
  const AttentionTile extents(in.d, in.dv);
  const int bytes = extents.bytes();
  const int blocks = key_blocks(in.keys);

  unsigned char* stages = dynamic_shared();
  const auto fill = [&](int block) {
    if (block < blocks) {
      const unsigned char* from = tiles + (static_cast<int64_t>(of_head) * blocks + block) * bytes;
      unsigned char* to = stages + block % kAttentionStages * bytes;
      for (int at = static_cast<int>(threadIdx.x) * 16; at < bytes; at += kAttentionThreads * 16) {
        copy_async_16(to + at, from + at, 16);
      }
    }
    copy_async_commit();
  };
  fill(0);

  uint32_t q[kSteps][4] = {};
  float factor[2] = {};
  bool finite[2] = {true, true};
  const T* bias[2] = {nullptr, nullptr};
  if (first < in.queries) {
    encode_queries(in, sample, head, first, q, factor);
#pragma unroll
    for (int half = 0; half < 2; half++) {
      finite[half] = factor[half] == factor[half];
      factor[half] *= in.scale * kLog2E;
      if (in.bias != nullptr) {
        const int query = first + lane / 4 + half * 8;
        bias[half] = in.bias_row(sample, head, query < in.queries ? query : first);
      }
    }
  }
  float largest[2] = {kLowestScore, kLowestScore};
  float total[2] = {};
  float out[kPairs * 2][4] = {};

  for (int block = 0; block < blocks; block++) {
    copy_async_wait<0>();
    // Everybody's copies of this tile have arrived, and everybody is done with the previous one,
    // whose stage is the one to fill.
    __syncthreads();
    fill(block + 1);
    if (first >= in.queries) continue;  // the whole warp: it only copies

    const unsigned char* tile = stages + block % kAttentionStages * bytes;
    const float* key_scales = reinterpret_cast<const float*>(tile + extents.key_scales_at());
    const float* value_scales = reinterpret_cast<const float*>(tile + extents.value_scales_at());
    const int first_key = block * kKeyBlock;
    const int count = in.keys - first_key < kKeyBlock ? in.keys - first_key : kKeyBlock;

    float x[kKeyBlock / 8][4] = {};
    float largest_of_block[2] = {kLowestScore, kLowestScore};
#pragma unroll
    for (int chunk = 0; chunk < kKeyChunks; chunk++) {
      if (chunk * kChunkKeys >= count) continue;
#pragma unroll
      for (int pair = chunk * 2; pair < chunk * 2 + 2; pair++) {
        int32_t sums[2][4] = {};
#pragma unroll
        for (int step = 0; step < kSteps; step++) {
          uint32_t k[2][2];
          load_fragments(k, tile + key_offset(pair * 16 + lane / 16 * 8 + lane % 8,
                                              step * 32 + lane / 8 % 2 * 16, kHead));
          multiply_m16n8k32<true, true>(sums[0], q[step], k[0]);
          multiply_m16n8k32<true, true>(sums[1], q[step], k[1]);
        }
#pragma unroll
        for (int i = 0; i < 8; i++) {
          const int half = i % 4 / 2;
          const int key = pair * 16 + i / 4 * 8 + lane % 4 * 2 + i % 2;
          const float key_scale = key_scales[key];
          float score = attention_score(sums[i / 4][i % 4], key_scale, factor[half]);
          if (key < count) {
            finite[half] = finite[half] && key_scale == key_scale;
            if (bias[half] != nullptr) {
              const float b = to_float(bias[half][(first_key + key) * in.bias_key_step]);
              finite[half] = finite[half] && b == b;
              score += score_bias(b);
            }
          } else {
            score = minus_infinity();
          }
          x[pair * 2 + i / 4][i % 4] = score;
          largest_of_block[half] = fmaxf(largest_of_block[half], score);
        }
      }
    }

    Joining joining[2];
#pragma unroll
    for (int half = 0; half < 2; half++) {
      for (int distance = 1; distance < 4; distance *= 2) {
        largest_of_block[half] = fmaxf(
            largest_of_block[half], __shfl_xor_sync(kAllLanes, largest_of_block[half], distance));
      }
      joining[half] = join_block(largest[half], largest_of_block[half]);
    }

    uint32_t p[kKeyChunks][4] = {};
    int32_t total_of_block[2] = {};
#pragma unroll
    for (int chunk = 0; chunk < kKeyChunks; chunk++) {
      if (chunk * kChunkKeys >= count) continue;
#pragma unroll
      for (int word = 0; word < 4; word++) {
        const int half = word % 2;
#pragma unroll
        for (int i = 0; i < 4; i++) {
          const float score = x[chunk * 4 + word / 2 * 2 + i / 2][half * 2 + i % 2];
          const uint32_t code = weight_code(score - largest_of_block[half]);
          p[chunk][word] |= code << (8 * i);
          total_of_block[half] += static_cast<int32_t>(code);
        }
      }
    }
#pragma unroll
    for (int half = 0; half < 2; half++) {
      total[half] = joined_total(total[half], sum_over_quad(total_of_block[half]), joining[half]);
    }

#pragma unroll
    for (int pair = 0; pair < kPairs; pair++) {
      if (pair * 16 >= in.dv) continue;
      int32_t sums[2][4] = {};
#pragma unroll
      for (int chunk = 0; chunk < kKeyChunks; chunk++) {
        if (chunk * kChunkKeys >= count) continue;
        uint32_t v[2][2];
        load_fragments(v, tile + extents.values_at() +
                              value_offset(pair * 16 + lane / 16 * 8 + lane % 8,
                                           chunk * kChunkKeys + lane / 8 % 2 * 16));
        multiply_m16n8k32<false, true>(sums[0], p[chunk], v[0]);
        multiply_m16n8k32<false, true>(sums[1], p[chunk], v[1]);
      }
#pragma unroll
      for (int i = 0; i < 8; i++) {
        const float scale = value_scales[pair * 16 + i / 4 * 8 + lane % 4 * 2 + i % 2];
        float& value = out[pair * 2 + i / 4][i % 4];
        value = joined_value(value, sums[i / 4][i % 4], scale, joining[i % 4 / 2]);
      }
    }
  }

  if (first >= in.queries) return;
  float inverse[2];
#pragma unroll
  for (int half = 0; half < 2; half++) {
    // Each lane of a row has seen a quarter of its keys.
    const bool all_finite = sum_over_quad(finite[half] ? 0 : 1) == 0;
    inverse[half] = result_factor(total[half], all_finite);
  }
#pragma unroll
  for (int half = 0; half < 2; half++) {
    const int query = first + lane / 4 + half * 8;
    if (query >= in.queries) continue;
    T* result = in.result(sample, head, query);
#pragma unroll
    for (int i = 0; i < kPairs * 4; i++) {
      const int channel = i / 2 * 8 + lane % 4 * 2 + i % 2;
      if (channel >= in.dv) continue;
      result[channel] = from_float<T>(out[i / 2][half * 2 + i % 2] * inverse[half]);
    }
  }
}

}  // namespace viditq
