// Codes of keys and values for attention in int8, as tiles (attention_codes.cuh).
#pragma once

#include "attention_codes.cuh"

namespace viditq {

constexpr int kPackThreads = 128;
static_assert(kPackThreads >= kWidestHead, "a thread per channel of values");

// The mean of each channel of k over the keys of a sample, [batch, heads, d]: a sum in float64 in
// the order of keys, whatever else could be faster. Launch with a thread per channel of all heads
// and samples.
template <typename T>
__global__ void attention_key_means(AttentionOperands<T> in, float* means) {
  const int64_t id = static_cast<int64_t>(blockIdx.x) * blockDim.x + threadIdx.x;
  const int64_t columns = static_cast<int64_t>(in.heads) * in.d;
  if (id >= in.batch * columns) return;
  const int64_t sample = id / columns;
  const T* k = in.k + sample * in.keys * columns + id % columns;
  double sum = 0.0;
#pragma unroll 8
  for (int key = 0; key < in.keys; key++) sum += static_cast<double>(to_float(k[key * columns]));
  means[id] = static_cast<float>(sum / static_cast<double>(in.keys));
}

// One key of a tile, by a warp: its channels less the means, on a grid of their own.
template <typename T>
__device__ __forceinline__ void pack_key(const T* k, const float* means, int d, int key,
                                         AttentionTile extents, unsigned char* tile) {
  const int lane = static_cast<int>(threadIdx.x) % kLanes;
  Magnitude magnitude;
  for (int channel = lane; channel < d; channel += kLanes) {
    magnitude.include(to_float(k[channel]) - means[channel]);
  }
  magnitude.reduce_over(kLanes);
  const float scale = magnitude.scale();
  for (int channel = lane; channel < extents.head; channel += kLanes) {
    const int code = channel < d ? symmetric_code(to_float(k[channel]) - means[channel], scale) : 0;
    tile[key_offset(key, channel, extents.head)] = static_cast<uint8_t>(code);
  }
  if (lane == 0) reinterpret_cast<float*>(tile + extents.key_scales_at())[key] = scale;
}

// A key of a tile that is none, by a warp.
__device__ __forceinline__ void pack_absent_key(int key, AttentionTile extents,
                                                unsigned char* tile) {
  const int lane = static_cast<int>(threadIdx.x) % kLanes;
  for (int channel = lane; channel < extents.head; channel += kLanes) {
    tile[key_offset(key, channel, extents.head)] = 0;
  }
  if (lane == 0) reinterpret_cast<float*>(tile + extents.key_scales_at())[key] = 0.0f;
}

// One channel of a tile's values, by a thread: `count` keys, `step` apart, on one grid.
template <typename T>
__device__ __forceinline__ void pack_channel(const T* v, int64_t step, int count, bool present,
                                             int channel, AttentionTile extents,
                                             unsigned char* tile) {
  const auto value = [&](int key) {
    return present && key < count ? to_float(v[key * step]) : 0.0f;
  };
  Magnitude magnitude;
  for (int key = 0; key < count; key++) magnitude.include(value(key));
  const float scale = present ? magnitude.scale() : 0.0f;
  reinterpret_cast<float*>(tile + extents.value_scales_at())[channel] = scale;
  for (int first = 0; first < kKeyBlock; first += 16) {
    Vector<uint8_t, 16> codes;
#pragma unroll
    for (int i = 0; i < 16; i++) {
      const int code = present ? symmetric_code(value(key_at(first + i)), scale) : 0;
      codes.elements[i] = static_cast<uint8_t>(code);
    }
    store_vector<16>(tile + extents.values_at() + value_offset(channel, first), codes);
  }
}

// All tiles, one per block of threads: those of a head behind each other, heads of a sample, then
// samples. Launch with kPackThreads threads.
template <typename T>
__global__ void attention_pack(AttentionOperands<T> in, const float* means, unsigned char* tiles) {
  const AttentionTile extents(in.d, in.dv);
  const int blocks = key_blocks(in.keys);
  const int first = static_cast<int>(blockIdx.x) % blocks * kKeyBlock;
  const int of_head = static_cast<int>(blockIdx.x) / blocks;
  const int head = of_head % in.heads;
  const int sample = of_head / in.heads;
  const int count = in.keys - first < kKeyBlock ? in.keys - first : kKeyBlock;
  unsigned char* tile = tiles + static_cast<int64_t>(blockIdx.x) * extents.bytes();

  const int warp = static_cast<int>(threadIdx.x) / kLanes;
  for (int key = warp; key < kKeyBlock; key += kPackThreads / kLanes) {
    if (key < count) {
      pack_key(in.key(sample, head, first + key), means + static_cast<int64_t>(of_head) * in.d,
               in.d, key, extents, tile);
    } else {
      pack_absent_key(key, extents, tile);
    }
  }
  const int channel = static_cast<int>(threadIdx.x);
  if (channel < extents.values) {
    const bool present = channel < in.dv;
    pack_channel(in.value(sample, head, first) + (present ? channel : 0),
                 static_cast<int64_t>(in.heads) * in.dv, count, present, channel, extents, tile);
  }
}

}  // namespace viditq
