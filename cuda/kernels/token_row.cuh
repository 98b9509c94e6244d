// How one warp quantizes one row that it holds in shared memory as float32: the common end of all
// kernels that produce activation codes.
#pragma once

#include "affine_grid.cuh"

namespace viditq {

// Smallest and largest value so far, clipped through 0, and a sum that is 0 as long as all values
// were finite (and NaN afterwards).
struct Range {
  float lo = 0.0f;
  float hi = 0.0f;
  float zero_if_finite = 0.0f;

  __device__ __forceinline__ void include(float value) {
    lo = fminf(lo, value);
    hi = fmaxf(hi, value);
    zero_if_finite += value * 0.0f;
  }

  __device__ __forceinline__ void reduce_over_warp() {
    for (int distance = kLanes / 2; distance > 0; distance /= 2) {
      lo = fminf(lo, __shfl_xor_sync(kAllLanes, lo, distance));
      hi = fmaxf(hi, __shfl_xor_sync(kAllLanes, hi, distance));
      zero_if_finite += __shfl_xor_sync(kAllLanes, zero_if_finite, distance);
    }
  }
};

template <typename V>
__device__ __forceinline__ V sum_over_warp(V value) {
  for (int distance = kLanes / 2; distance > 0; distance /= 2) {
    value += __shfl_xor_sync(kAllLanes, value, distance);
  }
  return value;
}

// A row in shared memory between the passes over it. Lane l owns the vectors l, l + 32, .. of
// kWidth neighbouring columns (kWidth divides the number of columns), and nobody else touches
// these: passes need no barrier. A lane's slots lie 32 floats apart, so that no two lanes meet in a
// bank.
template <int kWidth>
class TokenRow {
 public:
  // The row of the calling warp, in dynamic shared memory, where each warp has room for `rows`.
  __device__ __forceinline__ explicit TokenRow(int columns, int rows = 1)
      : columns_(columns),
        lane_(static_cast<int>(threadIdx.x) % kLanes),
        slots_(reinterpret_cast<float*>(dynamic_shared()) +
               static_cast<int>(threadIdx.x) / kLanes * rows * floats(columns) + lane_) {}

  // Floats of shared memory that a warp needs.
  static __host__ __device__ int floats(int columns) {
    constexpr int kUnit = kLanes * kWidth;
    return (columns + kUnit - 1) / kUnit * kUnit;
  }

  // Where the lane's first vector lies: value i at slots()[i * kLanes], the next vector
  // kWidth * kLanes further on.
  __device__ __forceinline__ float* slots() const { return slots_; }

  // Of any column, whichever lane owns it.
  __device__ __forceinline__ float& at(int column) const {
    const int vector = column / kWidth;
    return (slots_ -
            lane_)[vector / kLanes * kWidth * kLanes + column % kWidth * kLanes + vector % kLanes];
  }

  // Where the warp's next row starts, if it has room for another.
  __device__ __forceinline__ float* second_row() const { return slots_ - lane_ + floats(columns_); }

  // Calls body(first column, slots) for each vector of the lane; value i is slots[i * kLanes].
  template <typename Body>
  __device__ __forceinline__ void for_each_vector(Body body) const {
    float* slots = slots_;
    for (int column = lane_ * kWidth; column < columns_; column += kLanes * kWidth) {
      body(column, slots);
      slots += kLanes * kWidth;
    }
  }

  // Writes codes, grid and code sum of row `row`, whose values are all in the slots and whose range
  // over all lanes is known.
  __device__ __forceinline__ void quantize(IntegerFormat format, Range range, int row,
                                           viditq_cuda_tokens out) const {
    const Grid grid = grid_of(format, range.lo, range.hi);
    if (range.zero_if_finite != 0.0f || !isfinite(grid.scale)) {
      if (lane_ == 0 && out.not_finite != nullptr) *out.not_finite = 1;
      return;
    }
    uint8_t* codes = out.codes + code_row(row, columns_);
    int32_t sum = 0;
    for_each_vector([&](int column, const float* slots) {
      Vector<uint8_t, kWidth> vector;
#pragma unroll
      for (int i = 0; i < kWidth; i++) {
        const int code = code_of(format, grid, slots[i * kLanes]);
        vector.elements[i] = static_cast<uint8_t>(code);
        sum += code;
      }
      store_vector<kWidth>(codes + column, vector);
    });
    sum = sum_over_warp(sum);
    if (lane_ != 0) return;
    out.scale[row] = grid.scale;
    out.zero_point[row] = grid.zero_point;
    out.row_sum[row] = sum;
  }

 private:
  int columns_;
  int lane_;
  float* slots_;
};

// The row of the calling warp. Warps are counted, not threads, which can be more than 32 bits
// count.
__device__ __forceinline__ int row_of_warp() {
  return static_cast<int>(blockIdx.x * (blockDim.x / kLanes) + threadIdx.x / kLanes);
}

// The active balance of a quantizer, null for none.
__device__ __forceinline__ const float* active_balance(const viditq_cuda_quantizer& quantizer) {
  if (quantizer.balance == nullptr) return nullptr;
  const int64_t set = chosen_set(quantizer.active_set, quantizer.sets);
  return quantizer.balance + set * quantizer.columns;
}

}  // namespace viditq
