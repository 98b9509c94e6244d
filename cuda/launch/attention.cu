// Launches of attention in int8: arguments checked, then codes of keys and values into the
// workspace, and the kernel for the width of the heads; or the naive kernel.
#include "attention_int8.cuh"
#include "attention_naive.cuh"
#include "launch.cuh"

namespace viditq {
namespace {

// What grids count, and what 64 bits hold in bytes of any type.
constexpr int64_t kMostBlocks = 0x7fffffff;
constexpr int64_t kMostElements = int64_t{1} << 56;

// The product; -1 if it exceeds `most`, or a factor is -1.
int64_t bounded_product(std::initializer_list<int64_t> factors, int64_t most) {
  int64_t product = 1;
  for (const int64_t factor : factors) {
    if (factor < 0 || __builtin_mul_overflow(product, factor, &product) || product > most)
      return -1;
  }
  return product;
}

int64_t query_blocks(const viditq_cuda_attention& in) {
  return (static_cast<int64_t>(in.queries) + kBlockQueries - 1) / kBlockQueries;
}

int check_extents(const viditq_cuda_attention& in) {
  for (const int32_t extent : {in.batch, in.queries, in.keys, in.heads, in.d, in.dv}) {
    if (extent < 1) return VIDITQ_CUDA_BAD_SIZE;
  }
  if (in.d > VIDITQ_CUDA_ATTENTION_MAX_HEAD || in.dv > VIDITQ_CUDA_ATTENTION_MAX_HEAD) {
    return VIDITQ_CUDA_BAD_SIZE;
  }
  const int64_t head = in.d > in.dv ? in.d : in.dv;
  const int64_t tokens = in.queries > in.keys ? in.queries : in.keys;
  if (bounded_product({in.batch, tokens, in.heads, head}, kMostElements) < 0 ||
      bounded_product({key_blocks(in.keys), in.batch, in.heads}, kMostBlocks) < 0 ||
      bounded_product({in.queries, in.batch, in.heads}, kMostBlocks) < 0) {
    return VIDITQ_CUDA_BAD_SIZE;
  }
  return VIDITQ_CUDA_OK;
}

int check_bias(const viditq_cuda_attention& in) {
  const int32_t whole[4] = {in.batch, in.heads, in.queries, in.keys};
  for (int i = 0; i < 4; i++) {
    if (in.bias_extents[i] != 1 && in.bias_extents[i] != whole[i]) return VIDITQ_CUDA_BAD_SIZE;
  }
  const int32_t* extents = in.bias_extents;
  return bounded_product({extents[0], extents[1], extents[2], extents[3]}, kMostElements) < 0
             ? VIDITQ_CUDA_BAD_SIZE
             : VIDITQ_CUDA_OK;
}

int check(const viditq_cuda_attention& in, const void* out) {
  if (any_null({in.q, in.k, in.v, out})) return VIDITQ_CUDA_NULL_POINTER;
  int status = check_extents(in);
  if (status == VIDITQ_CUDA_OK && in.bias != nullptr) status = check_bias(in);
  if (status != VIDITQ_CUDA_OK) return status;
  return all_aligned({in.q, in.k, in.v, in.bias, out}) ? VIDITQ_CUDA_OK : VIDITQ_CUDA_MISALIGNED;
}

template <typename T>
AttentionOperands<T> operands_of(const viditq_cuda_attention& in, void* out) {
  AttentionOperands<T> operands = {};
  operands.q = static_cast<const T*>(in.q);
  operands.k = static_cast<const T*>(in.k);
  operands.v = static_cast<const T*>(in.v);
  operands.bias = static_cast<const T*>(in.bias);
  operands.out = static_cast<T*>(out);
  if (in.bias != nullptr) {
    const int32_t* extents = in.bias_extents;
    int64_t step = 1;
    const auto step_of = [&](int axis) {
      const int64_t own = extents[axis] == 1 ? 0 : step;
      step *= extents[axis];
      return own;
    };
    operands.bias_key_step = step_of(3);
    operands.bias_query_step = step_of(2);
    operands.bias_head_step = step_of(1);
    operands.bias_sample_step = step_of(0);
  }
  operands.batch = in.batch;
  operands.queries = in.queries;
  operands.keys = in.keys;
  operands.heads = in.heads;
  operands.d = in.d;
  operands.dv = in.dv;
  operands.scale = in.scale;
  return operands;
}

bool fits_tensor_cores(const viditq_cuda_attention& in) {
  return in.d <= kWidestHead && in.dv <= kWidestHead;
}

int64_t tiles_bytes(const viditq_cuda_attention& in) {
  return static_cast<int64_t>(key_blocks(in.keys)) * in.batch * in.heads *
         AttentionTile(in.d, in.dv).bytes();
}

template <typename T>
int launch_naive(const viditq_cuda_attention& in, const viditq_cuda_attention_codes& codes,
                 void* out, void* stream) {
  const int64_t queries = static_cast<int64_t>(in.queries) * in.batch * in.heads;
  return launch(attention_naive<T>, static_cast<unsigned>(queries), kKeyBlock, 0, stream,
                operands_of<T>(in, out), codes);
}

template <int kHead, typename T>
int launch_head(const AttentionOperands<T>& in, int64_t blocks, const unsigned char* tiles,
                void* stream) {
  return launch(attention_int8<kHead, T>, static_cast<unsigned>(blocks), kAttentionThreads,
                attention_shared_bytes(in.d, in.dv), stream, in, tiles);
}

template <typename T>
int launch_fast(const viditq_cuda_attention& in, void* workspace, void* out, void* stream) {
  const AttentionOperands<T> operands = operands_of<T>(in, out);
  auto* tiles = static_cast<unsigned char*>(workspace);
  auto* means = reinterpret_cast<float*>(tiles + tiles_bytes(in));
  const int64_t of_heads = static_cast<int64_t>(in.batch) * in.heads;
  int status = launch(attention_key_means<T>, blocks_for(of_heads * in.d, kPackThreads),
                      kPackThreads, 0, stream, operands, means);
  if (status != VIDITQ_CUDA_OK) return status;
  status = launch(attention_pack<T>, static_cast<unsigned>(key_blocks(in.keys) * of_heads),
                  kPackThreads, 0, stream, operands, means, tiles);
  if (status != VIDITQ_CUDA_OK) return status;
  const int64_t blocks = query_blocks(in) * of_heads;
  switch (AttentionTile(in.d, in.dv).head) {
    case 32:
      return launch_head<32>(operands, blocks, tiles, stream);
    case 64:
      return launch_head<64>(operands, blocks, tiles, stream);
    case 96:
      return launch_head<96>(operands, blocks, tiles, stream);
    default:
      return launch_head<128>(operands, blocks, tiles, stream);
  }
}

}  // namespace
}  // namespace viditq

int64_t viditq_cuda_attention_workspace(viditq_cuda_attention in) {
  if (viditq::check_extents(in) != VIDITQ_CUDA_OK || !viditq::fits_tensor_cores(in)) return 0;
  const int64_t means = static_cast<int64_t>(in.batch) * in.heads * in.d;
  return viditq::tiles_bytes(in) + means * static_cast<int64_t>(sizeof(float));
}

int viditq_cuda_attention_int8(viditq_cuda_attention in, void* workspace, void* out, int kernel,
                               void* stream) {
  const int status = viditq::check(in, out);
  if (status != VIDITQ_CUDA_OK) return status;
  if (kernel != VIDITQ_CUDA_FAST && kernel != VIDITQ_CUDA_NAIVE) return VIDITQ_CUDA_BAD_FORMAT;
  const bool naive = kernel == VIDITQ_CUDA_NAIVE || !viditq::fits_tensor_cores(in);
  if (!naive && workspace == nullptr) return VIDITQ_CUDA_NULL_POINTER;
  if (!naive && !viditq::all_aligned({workspace})) return VIDITQ_CUDA_MISALIGNED;
  return viditq::with_type(in.type, [&](auto element) {
    using T = decltype(element);
    return naive ? viditq::launch_naive<T>(in, {}, out, stream)
                 : viditq::launch_fast<T>(in, workspace, out, stream);
  });
}

int viditq_cuda_attention_integers(viditq_cuda_attention in, viditq_cuda_attention_codes codes,
                                   void* out, void* stream) {
  const int status = viditq::check(in, out);
  if (status != VIDITQ_CUDA_OK) return status;
  if (in.batch != 1 || in.heads != 1) return VIDITQ_CUDA_BAD_SIZE;
  if (viditq::any_null({codes.q, codes.q_scale, codes.k, codes.k_scale, codes.scores, codes.p,
                        codes.v, codes.v_scale, codes.sums})) {
    return VIDITQ_CUDA_NULL_POINTER;
  }
  return viditq::with_type(in.type, [&](auto element) {
    return viditq::launch_naive<decltype(element)>(in, codes, out, stream);
  });
}
