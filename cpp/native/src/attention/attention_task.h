// Attention of one head of one sample, for some of its query rows.
#pragma once

#include <cstdint>

namespace viditq {

// Where attention in int8 writes its integers down, for tests; of one head, row-major.
struct AttentionTrace {
  int8_t* q;        // [queries, d]
  float* q_scale;   // [queries]
  int8_t* k;        // [keys, d]
  float* k_scale;   // [keys]
  int32_t* scores;  // [queries, keys]: the sums of q k^T
  uint8_t* p;       // [queries, keys]
  int8_t* v;        // [keys, dv]
  float* v_scale;   // [blocks of keys, dv]
  int32_t* sums;    // [blocks of keys, queries, dv]: those of p v
};

struct AttentionTask {
  const float* q;  // [queries, d], row step q_step
  const float* k;  // [keys, d], row step k_step
  const float* v;  // [keys, dv], row step v_step
  float* out;      // [queries, dv], row step v_step
  int64_t q_step;
  int64_t k_step;
  int64_t v_step;
  int64_t queries;
  int64_t keys;
  int64_t d;
  int64_t dv;
  float scale;
  const float* bias;  // of the first query and key; null for none
  int64_t bias_query_step;
  int64_t bias_key_step;        // 0 or 1
  const AttentionTrace* trace;  // null for none; of the first query
};

// A task has a multiple of these query rows, or ends with the last one.
constexpr int64_t kQueryUnit = 32;

// Most query rows of a task: each block of keys is packed once for all of them. In int8 packing is
// quantization, and products take less time beside it.
constexpr int64_t kMostTaskQueries = 512;
constexpr int64_t kMostInt8TaskQueries = 1024;

// Keys of a block, whose weights in int8 are codes of 1/255 of the largest one of the block.
constexpr int64_t kWeightBlock = 128;

}  // namespace viditq
