// What a linear layer does to a row of its product before writing it.
#pragma once

#include <cstdint>

namespace viditq {

// Null bias is 0, null gate 1, null residual 0; each has one value per output channel.
struct RowFinish {
  const float* bias;
  int activation;  // VIDITQ_*
  const float* gate;
  const float* residual;
};

// The grids of a row of activation codes and of the weight's channels, with what corrects the
// product of codes for their zero points:
//   sum (a - za)(w - zw) = sum a w - za sum w - zw sum a + inner za zw
struct RowGrids {
  float scale;
  int32_t zero_point;
  int32_t code_sum;
  int64_t inner;
  const float* weight_scale;
  const int32_t* weight_zero_point;
  const int32_t* weight_code_sum;
};

}  // namespace viditq
