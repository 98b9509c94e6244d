// A loop over all indices of a result whose operands lie at any step per axis.
#pragma once

#include "entry/extents.h"
#include "viditq_operators.h"

namespace viditq {

template <int operands>
class StridedLoop {
 public:
  // Axes that lie one after the other in all operands become one.
  static int of(const viditq_shape& shape, const viditq_strided* const (&in)[operands],
                StridedLoop* loop) {
    const int rank = shape.rank;
    if (rank < 0 || rank > VIDITQ_MAX_RANK) return VIDITQ_BAD_SIZE;
    for (int axis = 0; axis < rank; axis++) {
      if (shape.dims[axis] < 1) return VIDITQ_BAD_SIZE;
      if (__builtin_mul_overflow(loop->size_, shape.dims[axis], &loop->size_)) {
        return VIDITQ_OVERFLOW;
      }
    }
    int64_t bytes;
    if (!byte_count(loop->size_, 1, sizeof(float), &bytes)) return VIDITQ_OVERFLOW;
    for (int o = 0; o < operands; o++) {
      int64_t last = 0;  // position of the operand's last value
      for (int axis = 0; axis < rank; axis++) {
        int64_t reach;
        if (in[o]->steps[axis] < 0) return VIDITQ_BAD_SIZE;
        if (__builtin_mul_overflow(shape.dims[axis] - 1, in[o]->steps[axis], &reach) ||
            __builtin_add_overflow(last, reach, &last)) {
          return VIDITQ_OVERFLOW;
        }
      }
      if (in[o]->count < 1 || last >= in[o]->count) return VIDITQ_BAD_SIZE;
      if (!byte_count(in[o]->count, 1, sizeof(float), &bytes)) return VIDITQ_OVERFLOW;
    }
    for (int axis = 0; axis < rank; axis++) loop->append(shape.dims[axis], in, axis);
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
  void append(int64_t extent, const viditq_strided* const (&in)[operands], int axis) {
    if (extent == 1) return;
    bool joins = rank_ > 0;
    for (int o = 0; o < operands; o++) {
      joins = joins && steps_[o][rank_ - 1] == in[o]->steps[axis] * extent;
    }
    if (joins) {
      dims_[rank_ - 1] *= extent;
    } else {
      append_axis(extent);
    }
    for (int o = 0; o < operands; o++) steps_[o][rank_ - 1] = in[o]->steps[axis];
  }

  void append_axis(int64_t extent) { dims_[rank_++] = extent; }

  int rank_ = 0;
  int64_t size_ = 1;
  int64_t dims_[VIDITQ_MAX_RANK + 1] = {};
  int64_t steps_[operands][VIDITQ_MAX_RANK + 1] = {};
};

}  // namespace viditq
