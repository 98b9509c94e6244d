// Runs a kernel that was compiled with a planted bug under every schedule. Succeeds if the bug
// shows, by a wrong result or a launch that stops, under one of them.
#include <iostream>

#include "linear_problem.h"

int main() {
  LinearProblem problem(70, 64, 700, WEIGHT_BITS, true, false);
  const Buffer<float> expected = problem.run<float>({}, VIDITQ_CUDA_NAIVE);
  int shown = 0;
  // A launch that stops counts as a failed check of its status, and leaves a wrong result.
  under_every_schedule([&] { shown += differences(problem.run<float>({}, KERNEL), expected) > 0; });
  std::cout << "wrong under " << shown << " of 6 schedules\n";
  return (shown > 0) == (EXPECT_WRONG == 1) ? 0 : 1;
}
