// LayerNorm and modulation as entry points take them.
#pragma once

#include "entry/extents.h"
#include "viditq_operators.h"

namespace viditq {

struct Modulation : viditq_modulation {
  explicit Modulation(const viditq_modulation& operands) : viditq_modulation(operands) {}

  // The buffers are checked apart.
  int check() const {
    int64_t bytes;
    const int status = float_bytes({batch, tokens, channels}, &bytes);
    if (status != VIDITQ_OK) return status;
    return (shift_batch == 1 || shift_batch == batch) && (scale_batch == 1 || scale_batch == batch)
               ? VIDITQ_OK
               : VIDITQ_BAD_SIZE;
  }

  int64_t rows() const { return batch * tokens; }

  // For check_buffers, where the extents have been checked.
  Buffer x_buffer() const { return {x, rows() * channels * 4}; }
  Buffer shift_buffer() const { return {shift, shift_batch * channels * 4}; }
  Buffer scale_buffer() const { return {scale, scale_batch * channels * 4}; }

  // Those of the row's sample.
  const float* shift_of(int64_t row) const { return of_sample(shift, shift_batch, row); }
  const float* scale_of(int64_t row) const { return of_sample(scale, scale_batch, row); }

 private:
  const float* of_sample(const float* values, int64_t values_batch, int64_t row) const {
    return values_batch == 1 ? values : values + row / tokens * channels;
  }
};

}  // namespace viditq
