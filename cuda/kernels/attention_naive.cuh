// Attention in int8, the obvious way: a block of threads per query, which does all of it anew.
#pragma once

#include "attention_codes.cuh"

namespace viditq {

// The code of value(i), i < count, on one grid.
template <typename Value>
__device__ float naive_scale(int count, Value value) {
  Magnitude magnitude;
  for (int i = 0; i < count; i++) magnitude.include(value(i));
  return magnitude.scale();
}

// The contracts of viditq_cuda_attention_int8 and, if the codes have buffers, of
// viditq_cuda_attention_integers. Launch with kKeyBlock threads, a block per query, queries of a
// head, heads of a sample, then samples.
template <typename T>
__global__ void attention_naive(AttentionOperands<T> in, viditq_cuda_attention_codes codes) {
  __shared__ int8_t q[VIDITQ_CUDA_ATTENTION_MAX_HEAD];
  __shared__ float mean[VIDITQ_CUDA_ATTENTION_MAX_HEAD];
  __shared__ float out[VIDITQ_CUDA_ATTENTION_MAX_HEAD];
  __shared__ float key_scale[kKeyBlock];
  __shared__ float x[kKeyBlock];
  __shared__ uint8_t p[kKeyBlock];
  __shared__ int not_finite;

  const int me = static_cast<int>(threadIdx.x);
  const int query = static_cast<int>(blockIdx.x) % in.queries;
  const int of_head = static_cast<int>(blockIdx.x) / in.queries;
  const int head = of_head % in.heads;
  const int sample = of_head / in.heads;
  const bool traced = codes.q != nullptr;

  const T* q_row = in.query(sample, head, query);
  const float q_scale = naive_scale(in.d, [&](int c) { return to_float(q_row[c]); });
  const float factor = q_scale * (in.scale * kLog2E);
  if (me == 0) not_finite = q_scale == q_scale ? 0 : 1;
  for (int c = me; c < in.d; c += kKeyBlock) {
    q[c] = static_cast<int8_t>(symmetric_code(to_float(q_row[c]), q_scale));
    double sum = 0.0;
    for (int key = 0; key < in.keys; key++) {
      sum += static_cast<double>(to_float(in.key(sample, head, key)[c]));
    }
    mean[c] = static_cast<float>(sum / static_cast<double>(in.keys));
    if (traced) codes.q[query * static_cast<int64_t>(in.d) + c] = q[c];
  }
  for (int c = me; c < in.dv; c += kKeyBlock) out[c] = 0.0f;
  if (traced && me == 0) codes.q_scale[query] = q_scale;
  float largest = kLowestScore;
  float total = 0.0f;
  __syncthreads();

  for (int first = 0; first < in.keys; first += kKeyBlock) {
    const int count = in.keys - first < kKeyBlock ? in.keys - first : kKeyBlock;
    if (me < count) {
      const int64_t key = first + me;
      const T* k = in.key(sample, head, first + me);
      const auto smoothed = [&](int c) { return to_float(k[c]) - mean[c]; };
      key_scale[me] = naive_scale(in.d, smoothed);
      int32_t sum = 0;
      for (int c = 0; c < in.d; c++) {
        const int code = symmetric_code(smoothed(c), key_scale[me]);
        sum += q[c] * code;
        if (traced) codes.k[key * in.d + c] = static_cast<int8_t>(code);
      }
      x[me] = attention_score(sum, key_scale[me], factor);
      bool finite = key_scale[me] == key_scale[me];
      if (in.bias != nullptr) {
        const float b = to_float(in.bias_row(sample, head, query)[key * in.bias_key_step]);
        finite = finite && b == b;
        x[me] += score_bias(b);
      }
      if (!finite) not_finite = 1;
      if (traced) codes.k_scale[key] = key_scale[me];
      if (traced) codes.scores[query * static_cast<int64_t>(in.keys) + key] = sum;
    }
    __syncthreads();

    float largest_of_block = kLowestScore;
    for (int i = 0; i < count; i++) largest_of_block = fmaxf(largest_of_block, x[i]);
    const Joining joining = join_block(largest, largest_of_block);
    if (me < count) {
      p[me] = static_cast<uint8_t>(weight_code(x[me] - largest_of_block));
      if (traced) codes.p[query * static_cast<int64_t>(in.keys) + first + me] = p[me];
    }
    __syncthreads();

    int32_t total_of_block = 0;
    for (int i = 0; i < count; i++) total_of_block += p[i];
    total = joined_total(total, total_of_block, joining);
    for (int c = me; c < in.dv; c += kKeyBlock) {
      const auto value = [&](int i) { return to_float(in.value(sample, head, first + i)[c]); };
      const float scale = naive_scale(count, value);
      int32_t sum = 0;
      for (int i = 0; i < count; i++) {
        const int code = symmetric_code(value(i), scale);
        sum += p[i] * code;
        if (traced)
          codes.v[(first + i) * static_cast<int64_t>(in.dv) + c] = static_cast<int8_t>(code);
      }
      out[c] = joined_value(out[c], sum, scale, joining);
      if (traced) {
        const int64_t block = first / kKeyBlock;
        codes.v_scale[block * in.dv + c] = scale;
        codes.sums[(block * in.queries + query) * in.dv + c] = sum;
      }
    }
    __syncthreads();
  }

  const float inverse = result_factor(total, not_finite == 0);
  T* result = in.result(sample, head, query);
  for (int c = me; c < in.dv; c += kKeyBlock) result[c] = from_float<T>(out[c] * inverse);
}

}  // namespace viditq
