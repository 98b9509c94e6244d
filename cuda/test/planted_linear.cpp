// Runs the W8A8 product, compiled from a copy of linear_tile.cuh with a planted bug, under every
// schedule. Succeeds if the bug shows: a wrong result, or a launch that stops, under one of them.
#include <iostream>

#include "linear_problem.h"
#include "linear_w8a8.cuh"

int main() {
  using Shape = viditq::TileShape<64, 64, 2, 2, 4>;
  LinearProblem problem(70, 64, 700, 8, true, false);
  const Buffer<float> expected = problem.run<float>({}, VIDITQ_CUDA_NAIVE);
  int shown = 0;
  for (const emulation::Schedule schedule : emulation::kSchedules) {
    Buffer<float> out(expected.size());
    viditq::LinearOperands<float> in = {};
    in.x_codes = problem.x_codes.data();
    in.x_scale = problem.x_scale.data();
    in.x_zero_point = problem.x_zero_point.data();
    in.x_row_sum = problem.x_row_sum.data();
    in.weights = {problem.w_packed.data(), problem.w_scale.data(),
                  problem.w_packed_zero_point.data(), problem.w_centered_sum.data(), 8, 1, nullptr};
    in.out = out.data();
    in.rows = problem.rows;
    in.channels = problem.channels;
    in.inner = problem.inner;
    try {
      emulation::run_grid(
          dim3(2, 1), Shape::kThreads, viditq::linear_shared_bytes<Shape, viditq::ByteTile>(),
          schedule, [&] { viditq::linear_tile<Shape, false, viditq::ByteTile>(in); });
      shown += differences(out, expected);
    } catch (const std::exception&) {
      shown++;
    }
  }
  std::cout << "wrong under " << shown << " of 6 schedules\n";
  return (shown > 0) == (EXPECT_WRONG == 1) ? 0 : 1;
}
