// A loop over all indices of a result whose operands lie at any step per axis.
#pragma once

#include "extents.h"
#include "viditq_operators.h"

namespace viditq {

template <int operands>
class StridedLoop {
 public:
  // steps[o] are operand o's steps [rank], counts[o] its number of values. Axes that lie one after
  // the other in all operands become one.
  static int of(const int64_t* dims, int rank, const int64_t* const (&steps)[operands],
                const int64_t (&counts)[operands], StridedLoop* loop) {
    if (rank < 0 || rank > VIDITQ_MAX_RANK) return VIDITQ_BAD_SIZE;
    if (rank > 0 && dims == nullptr) return VIDITQ_NULL_POINTER;
    for (int axis = 0; axis < rank; axis++) {
      if (dims[axis] < 1) return VIDITQ_BAD_SIZE;
      if (__builtin_mul_overflow(loop->size_, dims[axis], &loop->size_)) return VIDITQ_OVERFLOW;
    }
    int64_t bytes;
    if (!byte_count(loop->size_, 1, sizeof(float), &bytes)) return VIDITQ_OVERFLOW;
    for (int o = 0; o < operands; o++) {
      if (rank > 0 && steps[o] == nullptr) return VIDITQ_NULL_POINTER;
      int64_t last = 0;  // position of the operand's last value
      for (int axis = 0; axis < rank; axis++) {
        int64_t reach;
        if (steps[o][axis] < 0) return VIDITQ_BAD_SIZE;
        if (__builtin_mul_overflow(dims[axis] - 1, steps[o][axis], &reach) ||
            __builtin_add_overflow(last, reach, &last)) {
          return VIDITQ_OVERFLOW;
        }
      }
      if (counts[o] < 1 || last >= counts[o]) return VIDITQ_BAD_SIZE;
      if (!byte_count(counts[o], 1, sizeof(float), &bytes)) return VIDITQ_OVERFLOW;
    }
    for (int axis = 0; axis < rank; axis++) loop->append(dims[axis], steps, axis);
    if (loop->rank_ == 0) loop->append_axis(1);
    return VIDITQ_OK;
  }

  // Values of the result.
  int64_t size() const { return size_; }
  // The innermost axis.
  int64_t run() const { return dims_[rank_ - 1]; }
  int64_t runs() const { return size_ / run(); }
  int64_t step(int operand) const { return steps_[operand][rank_ - 1]; }

  // Calls body(run, offsets) for runs from..to-1, offsets being those of the operands.
  template <typename Body>
  void for_each_run(int64_t from, int64_t to, const Body& body) const {
    int64_t index[VIDITQ_MAX_RANK + 1] = {};
    int64_t offsets[operands] = {};
    int64_t rest = from;
    for (int axis = rank_ - 2; axis >= 0; axis--) {
      index[axis] = rest % dims_[axis];
      rest /= dims_[axis];
      for (int o = 0; o < operands; o++) offsets[o] += index[axis] * steps_[o][axis];
    }
    for (int64_t run = from; run < to; run++) {
      body(run, offsets);
      for (int axis = rank_ - 2; axis >= 0; axis--) {
        for (int o = 0; o < operands; o++) offsets[o] += steps_[o][axis];
        if (++index[axis] < dims_[axis]) break;
        for (int o = 0; o < operands; o++) offsets[o] -= dims_[axis] * steps_[o][axis];
        index[axis] = 0;
      }
    }
  }

 private:
  void append(int64_t extent, const int64_t* const (&steps)[operands], int axis) {
    if (extent == 1) return;
    bool joins = rank_ > 0;
    for (int o = 0; o < operands; o++) {
      joins = joins && steps_[o][rank_ - 1] == steps[o][axis] * extent;
    }
    if (joins) {
      dims_[rank_ - 1] *= extent;
    } else {
      append_axis(extent);
    }
    for (int o = 0; o < operands; o++) steps_[o][rank_ - 1] = steps[o][axis];
  }

  void append_axis(int64_t extent) { dims_[rank_++] = extent; }

  int rank_ = 0;
  int64_t size_ = 1;
  int64_t dims_[VIDITQ_MAX_RANK + 1] = {};
  int64_t steps_[operands][VIDITQ_MAX_RANK + 1] = {};
};

}  // namespace viditq
