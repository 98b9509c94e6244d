// Rotation and token quantization, one warp per row. A warp takes 128 columns at a time, four per
// lane: butterflies of distances below 4 stay within a lane, those below 128 are shuffles, and
// columns further apart, multiples of 128, belong to the same lane again. So only the outer matrix
// of a block that is no power of two needs what other lanes have written to shared memory.
#pragma once

#include "rotation.cuh"
#include "token_row.cuh"

namespace viditq {

constexpr int kRotationWidth = 4;
constexpr int kRotationChunk = kRotationWidth * kLanes;

// Rows of the outer matrix that a lane multiplies with at a time.
constexpr int kMatrixRows = 4;

// The values of two lanes that are `distance` apart: the lower one's plus and minus the upper
// one's.
struct PairOfLanes {
  float sum;
  float difference;

  __device__ __forceinline__ PairOfLanes(float value, int distance) {
    const float other = __shfl_xor_sync(kAllLanes, value, distance);
    const bool upper = (static_cast<int>(threadIdx.x) & distance) != 0;
    const float a = upper ? other : value;
    const float b = upper ? value : other;
    sum = a + b;
    difference = a - b;
  }
};

// A lane's part of the regular matrix over a quadruple: two sums of the own pair's `sum` and the
// other pair's difference are those of rotate_quadruple, in the same order up to commutation.
__device__ __forceinline__ float join_pairs(float sum, float other_difference, bool upper) {
  return upper ? sum - other_difference : sum + other_difference;
}

// All distances of a regular matrix that lie within 128 columns.
__device__ __forceinline__ void rotate_chunk_regular(float (&v)[kRotationWidth], int block) {
  rotate_quadruple(v[0], v[1], v[2], v[3]);
  for (int distance = 1; distance <= 4 && distance * kRotationWidth < block; distance *= 4) {
    const bool upper = (static_cast<int>(threadIdx.x) & distance) != 0;
#pragma unroll
    for (int i = 0; i < kRotationWidth; i++) {
      const PairOfLanes pair(v[i], distance);
      const float other = __shfl_xor_sync(kAllLanes, pair.difference, 2 * distance);
      v[i] = join_pairs(pair.sum, other, upper);
    }
  }
}

// All distances of a Sylvester matrix that lie within 128 columns.
__device__ __forceinline__ void rotate_chunk_sylvester(float (&v)[kRotationWidth], int inner) {
  if (inner > 1) {
    rotate_pair(v[0], v[1]);
    rotate_pair(v[2], v[3]);
  }
  if (inner > 2) {
    rotate_pair(v[0], v[2]);
    rotate_pair(v[1], v[3]);
  }
  for (int distance = 1; distance < kLanes && distance * kRotationWidth < inner; distance *= 2) {
    const bool upper = (static_cast<int>(threadIdx.x) & distance) != 0;
#pragma unroll
    for (int i = 0; i < kRotationWidth; i++) {
      const PairOfLanes pair(v[i], distance);
      v[i] = upper ? pair.difference : pair.sum;
    }
  }
}

// A lane's columns in shared memory: value i of chunk c at base[c * kRotationChunk + i * step].
struct LaneColumns {
  float* base;
  int step;

  __device__ __forceinline__ float& at(int chunk, int i) const {
    return base[chunk * kRotationChunk + i * step];
  }
};

// Distance 64 of a regular matrix: quadruples over two lanes, 16 apart, and two chunks.
__device__ __forceinline__ void rotate_two_chunks(const LaneColumns& mine, int chunks) {
  const bool upper = (static_cast<int>(threadIdx.x) & 16) != 0;
  for (int chunk = 0; chunk < chunks; chunk += 2) {
#pragma unroll
    for (int i = 0; i < kRotationWidth; i++) {
      const PairOfLanes front(mine.at(chunk, i), 16);
      const PairOfLanes behind(mine.at(chunk + 1, i), 16);
      mine.at(chunk, i) = join_pairs(front.sum, behind.difference, upper);
      mine.at(chunk + 1, i) = join_pairs(behind.sum, front.difference, upper);
    }
  }
}

// Distances of 128 columns and more. A row whose blocks are that large consists of whole chunks.
__device__ __forceinline__ void rotate_chunks(const LaneColumns& mine, int columns, int inner,
                                              bool regular) {
  const int chunks = columns / kRotationChunk;
  const int run = inner / kRotationChunk;  // chunks that are rotated together
  if (regular) {
    if (run > 1) rotate_two_chunks(mine, chunks);
    for (int distance = 2; distance < run; distance *= 4) {
      for (int c = 0; c < chunks; c++) {
        if (c / distance % 4 != 0) continue;
#pragma unroll
        for (int i = 0; i < kRotationWidth; i++) {
          rotate_quadruple(mine.at(c, i), mine.at(c + distance, i), mine.at(c + 2 * distance, i),
                           mine.at(c + 3 * distance, i));
        }
      }
    }
  } else {
    for (int distance = 1; distance < run; distance *= 2) {
      for (int c = 0; c < chunks; c++) {
        if ((c & distance) != 0) continue;
#pragma unroll
        for (int i = 0; i < kRotationWidth; i++) {
          rotate_pair(mine.at(c, i), mine.at(c + distance, i));
        }
      }
    }
  }
}

// The outer matrix, from the row `from` into the slots of `to`, and the product with norm. Each
// step of a lane gives kMatrixRows values: those at the same place of as many neighbouring runs.
// Lanes beside each other take neighbouring columns, which lie in different banks.
__device__ __forceinline__ void rotate_outer(const float* from, int columns,
                                             const viditq_cuda_rotation& rotation, float norm,
                                             const TokenRow<kRotationWidth>& to, Range& range) {
  const int base = rotation.base;
  const int inner = rotation.block / base;
  const int places = columns / base;  // of all blocks
  for (int step = static_cast<int>(threadIdx.x) % kLanes; step < columns / kMatrixRows;
       step += kLanes) {
    const int row = step / places * kMatrixRows;
    const int place = step % places;
    const int first = place / inner * rotation.block + place % inner;
    const int8_t* matrix = rotation.matrix + row * base;
    float sums[kMatrixRows] = {};
    for (int i = 0; i < base; i += 4) {
      float x[4];
#pragma unroll
      for (int k = 0; k < 4; k++) x[k] = from[first + (i + k) * inner];
#pragma unroll
      for (int r = 0; r < kMatrixRows; r++) {
        const Vector<int8_t, 4> signs = load_vector<4>(matrix + r * base + i);
#pragma unroll
        for (int k = 0; k < 4; k++) sums[r] += signs.elements[k] < 0 ? -x[k] : x[k];
      }
    }
#pragma unroll
    for (int r = 0; r < kMatrixRows; r++) {
      const float value = sums[r] * norm;
      to.at(first + (row + r) * inner) = value;
      range.include(value);
    }
  }
}

// The contract of viditq_cuda_hadamard_quantize. Launch with whole warps, at least as many as rows,
// and TokenRow<4>::floats(columns) floats of shared memory per warp, twice as many where there is a
// matrix; 4 divides columns.
template <typename T>
__global__ void hadamard_quantize(viditq_cuda_quantizer in, viditq_cuda_rotation rotation,
                                  viditq_cuda_tokens out) {
  const int row = row_of_warp();
  if (row >= in.rows) return;
  const int lane = static_cast<int>(threadIdx.x) % kLanes;
  const T* x = static_cast<const T*>(in.x) + static_cast<int64_t>(row) * in.columns;
  const float* balance = active_balance(in);
  const bool outer = rotation.base > 1;
  const int inner = rotation.block / rotation.base;
  const TokenRow<kRotationWidth> values(in.columns, outer ? 2 : 1);
  const float norm = norm_of(rotation);
  // Before the outer matrix columns lie one after the other, as lanes read those of all others.
  float* spare = values.second_row();
  const LaneColumns mine =
      outer ? LaneColumns{spare + lane * kRotationWidth, 1} : LaneColumns{values.slots(), kLanes};

  // All lanes stay for the shuffles; those beyond the row carry zeros, which form blocks of their
  // own since a run divides the row.
  for (int chunk = 0; chunk * kRotationChunk < in.columns; chunk++) {
    const int column = chunk * kRotationChunk + lane * kRotationWidth;
    float v[kRotationWidth] = {};
    if (column < in.columns) {
      const Vector<T, kRotationWidth> loaded = load_vector<kRotationWidth>(x + column);
#pragma unroll
      for (int i = 0; i < kRotationWidth; i++) {
        v[i] = to_float(loaded.elements[i]);
        if (balance != nullptr) v[i] = __fdiv_rn(v[i], balance[column + i]);
      }
    }
    if (rotation.regular != 0) {
      rotate_chunk_regular(v, rotation.block);
    } else {
      rotate_chunk_sylvester(v, inner);
    }
#pragma unroll
    for (int i = 0; i < kRotationWidth; i++) mine.at(chunk, i) = v[i];
  }
  if (inner > kRotationChunk) rotate_chunks(mine, in.columns, inner, rotation.regular != 0);

  Range range;
  if (outer) {
    __syncwarp();
    rotate_outer(spare, in.columns, rotation, norm, values, range);
    __syncwarp();
  } else {
    values.for_each_vector([&](int, float* slots) {
#pragma unroll
      for (int i = 0; i < kRotationWidth; i++) {
        slots[i * kLanes] *= norm;
        range.include(slots[i * kLanes]);
      }
    });
  }
  range.reduce_over_warp();
  values.quantize(format_of(in), range, row, out);
}

}  // namespace viditq
