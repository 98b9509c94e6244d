// Multi-head attention: tasks of one head and some query rows each.
#include <algorithm>

#include "attention/attention_kernels.h"
#include "entry/extents.h"
#include "threads/context.h"
#include "viditq_operators.h"

namespace viditq {
namespace {

// Broadcasting of the bias to [batch, heads, queries, keys], as steps per axis.
struct BiasSteps {
  int64_t sample = 0;
  int64_t head = 0;
  int64_t query = 0;
  int64_t key = 0;
  int64_t bytes = 0;

  static int of(const viditq_attention_operands& in, BiasSteps* steps) {
    const int64_t* dims = in.bias_dims;
    const int64_t targets[4] = {in.batch, in.heads, in.queries, in.key_starts[1]};
    for (int axis = 0; axis < 4; axis++) {
      if (dims[axis] != 1 && dims[axis] != targets[axis]) return VIDITQ_BAD_SIZE;
    }
    const int status = float_bytes({dims[0], dims[1], dims[2], dims[3]}, &steps->bytes);
    if (status != VIDITQ_OK) return status;
    steps->sample = dims[0] == 1 ? 0 : dims[1] * dims[2] * dims[3];
    steps->head = dims[1] == 1 ? 0 : dims[2] * dims[3];
    steps->query = dims[2] == 1 ? 0 : dims[3];
    steps->key = dims[3] == 1 ? 0 : 1;
    return VIDITQ_OK;
  }
};

// Every sample has a key; with a bias, all have as many.
int check_key_starts(const int64_t* starts, int64_t batch, bool equal) {
  if (starts[0] != 0) return VIDITQ_BAD_SIZE;
  for (int64_t i = 0; i < batch; i++) {
    if (starts[i + 1] <= starts[i]) return VIDITQ_BAD_SIZE;
    if (equal && starts[i + 1] - starts[i] != starts[1]) return VIDITQ_BAD_SIZE;
  }
  return VIDITQ_OK;
}

// Tasks per thread, so that a thread that is held up leaves some of its share to others.
constexpr int64_t kTasksPerThread = 4;

// Query rows of a task, for `groups` heads of samples: as many as leave enough tasks, up to `most`.
// How they are cut shows in no result.
int64_t task_queries(int64_t groups, int64_t queries, int threads, int64_t most) {
  const int64_t cuts = (kTasksPerThread * threads + groups - 1) / groups;
  const int64_t fair = (queries + cuts - 1) / cuts;
  const int64_t units = (std::min(fair, most) + kQueryUnit - 1) / kQueryUnit;
  return units * kQueryUnit;
}

// Extents and buffers of a call that fit together.
int check_attention(const viditq_attention_operands& in, const float* out, BiasSteps* steps) {
  if (in.key_starts == nullptr) return VIDITQ_NULL_POINTER;
  int64_t q_bytes;
  int64_t out_bytes;
  int status = float_bytes({in.batch, in.queries, in.heads, in.d}, &q_bytes);
  if (status == VIDITQ_OK) {
    status = float_bytes({in.batch, in.queries, in.heads, in.dv}, &out_bytes);
  }
  if (status == VIDITQ_OK) {
    status = check_key_starts(in.key_starts, in.batch, in.bias != nullptr);
  }
  if (status != VIDITQ_OK) return status;
  int64_t k_bytes;
  int64_t v_bytes;
  const int64_t keys = in.key_starts[in.batch];
  status = float_bytes({keys, in.heads, in.d}, &k_bytes);
  if (status == VIDITQ_OK) status = float_bytes({keys, in.heads, in.dv}, &v_bytes);
  if (status == VIDITQ_OK && in.bias != nullptr) status = BiasSteps::of(in, steps);
  if (status != VIDITQ_OK) return status;
  return check_buffers(
      {{in.q, q_bytes}, {in.k, k_bytes}, {in.v, v_bytes}, optional(in.bias, steps->bytes, in.q)},
      {{out, out_bytes}});
}

// Query rows `first` on of a head of a sample.
AttentionTask task_of(const viditq_attention_operands& in, const BiasSteps& steps, int64_t sample,
                      int64_t head, int64_t first, int64_t most, float* out) {
  AttentionTask t;
  t.q_step = t.k_step = in.heads * in.d;
  t.v_step = in.heads * in.dv;
  t.q = in.q + (sample * in.queries + first) * t.q_step + head * in.d;
  t.k = in.k + in.key_starts[sample] * t.k_step + head * in.d;
  t.v = in.v + in.key_starts[sample] * t.v_step + head * in.dv;
  t.out = out + (sample * in.queries + first) * t.v_step + head * in.dv;
  t.queries = std::min(most, in.queries - first);
  t.keys = in.key_starts[sample + 1] - in.key_starts[sample];
  t.d = in.d;
  t.dv = in.dv;
  t.scale = in.scale;
  t.bias = in.bias == nullptr
               ? nullptr
               : in.bias + sample * steps.sample + head * steps.head + first * steps.query;
  t.bias_query_step = steps.query;
  t.bias_key_step = steps.key;
  t.trace = nullptr;
  return t;
}

}  // namespace
}  // namespace viditq

int viditq_attention(viditq_context* context, viditq_attention_operands in, float* out) {
  if (context == nullptr) return VIDITQ_NULL_POINTER;
  const viditq::AttentionKernels* kernels =
      viditq::attention_kernels_for(context->isa, in.precision);
  if (kernels == nullptr) return VIDITQ_BAD_ARGUMENT;
  viditq::BiasSteps steps;
  int status = viditq::check_attention(in, out, &steps);
  if (status != VIDITQ_OK) return status;
  if (in.precision == VIDITQ_ATTENTION_INT8 && in.d > VIDITQ_ATTENTION_MOST_INNER) {
    return VIDITQ_BAD_SIZE;
  }
  const int64_t limit = in.precision == VIDITQ_ATTENTION_INT8 ? viditq::kMostInt8TaskQueries
                                                              : viditq::kMostTaskQueries;
  int64_t scratch_bytes;
  status = viditq::float_bytes({limit, std::max(in.d, in.dv), context->pool.threads(), 4},
                               &scratch_bytes);
  if (status != VIDITQ_OK) return status;
  const int64_t most =
      viditq::task_queries(in.batch * in.heads, in.queries, context->pool.threads(), limit);
  const int64_t floats = kernels->scratch(most, in.d, in.dv);
  float* scratch = context->scratch.at_least(floats * context->pool.threads());
  if (scratch == nullptr) return VIDITQ_NO_MEMORY;
  const int64_t blocks = (in.queries + most - 1) / most;
  context->pool.run(in.batch * in.heads * blocks, [&](int64_t task, int thread) {
    kernels->attend(viditq::task_of(in, steps, task / (in.heads * blocks), task / blocks % in.heads,
                                    task % blocks * most, most, out),
                    scratch + thread * floats);
  });
  return VIDITQ_OK;
}

int viditq_attention_integers(viditq_context* context, viditq_attention_operands in,
                              viditq_attention_codes codes, float* out) {
  if (context == nullptr || in.key_starts == nullptr) return VIDITQ_NULL_POINTER;
  if (in.batch != 1 || in.heads != 1 || in.d > VIDITQ_ATTENTION_MOST_INNER) {
    return VIDITQ_BAD_SIZE;
  }
  viditq::BiasSteps steps;
  int status = viditq::check_attention(in, out, &steps);
  if (status != VIDITQ_OK) return status;
  const int64_t keys = in.key_starts[1];
  const int64_t blocks = (keys + VIDITQ_ATTENTION_BLOCK - 1) / VIDITQ_ATTENTION_BLOCK;
  int64_t bytes;
  status = viditq::float_bytes({in.queries, std::max(in.d, in.dv), keys}, &bytes);
  if (status == VIDITQ_OK) {
    status = viditq::check_buffers(
        {{in.q, in.queries * in.d * 4}, {in.k, keys * in.d * 4}, {in.v, keys * in.dv * 4}},
        {{out, in.queries * in.dv * 4},
         {codes.q, in.queries * in.d},
         {codes.q_scale, in.queries * 4},
         {codes.k, keys * in.d},
         {codes.k_scale, keys * 4},
         {codes.scores, in.queries * keys * 4},
         {codes.p, in.queries * keys},
         {codes.v, keys * in.dv},
         {codes.v_scale, blocks * in.dv * 4},
         {codes.sums, blocks * in.queries * in.dv * 4}});
  }
  if (status != VIDITQ_OK) return status;
  const viditq::AttentionKernels* kernels =
      viditq::attention_kernels_for(context->isa, VIDITQ_ATTENTION_INT8);
  float* scratch = context->scratch.at_least(kernels->scratch(in.queries, in.d, in.dv));
  if (scratch == nullptr) return VIDITQ_NO_MEMORY;
  const viditq::AttentionTrace trace{codes.q,       codes.q_scale, codes.k,
                                     codes.k_scale, codes.scores,  codes.p,
                                     codes.v,       codes.v_scale, codes.sums};
  viditq::AttentionTask task = viditq::task_of(in, steps, 0, 0, 0, in.queries, out);
  task.trace = &trace;
  const viditq::FloatEnvironment environment;
  kernels->attend(task, scratch);
  return VIDITQ_OK;
}
