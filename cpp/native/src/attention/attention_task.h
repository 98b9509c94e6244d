// Attention of one head of one sample, for some of its query rows.
#pragma once

#include <cstdint>

namespace viditq {

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
  int64_t bias_key_step;  // 0 or 1
};

// A task has a multiple of these query rows, or ends with the last one.
constexpr int64_t kQueryUnit = 32;

// Most query rows of a task: each block of keys is packed once for all of them.
constexpr int64_t kMostTaskQueries = 512;

}  // namespace viditq
