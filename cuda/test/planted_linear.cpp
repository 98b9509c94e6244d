// planted_linear wrong|right tile|hopper 4|8
// Runs a kernel that was compiled with a planted bug under every schedule. Succeeds if the bug
// shows, by a wrong result or a launch that stops, under one of them; or, where right is expected,
// under none.
#include <iostream>
#include <string>

#include "linear_problem.h"

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  const int kernel = std::string(argv[2]) == "hopper" ? VIDITQ_CUDA_HOPPER : VIDITQ_CUDA_TILE_64X64;
  const int weight_bits = std::string(argv[3]) == "4" ? 4 : 8;
  LinearProblem problem(70, 64, 700, weight_bits, true, false);
  const Buffer<float> expected = problem.run<float>({}, VIDITQ_CUDA_NAIVE);
  int shown = 0;
  // A launch that stops counts as a failed check of its status, and leaves a wrong result.
  under_every_schedule([&] { shown += differences(problem.run<float>({}, kernel), expected) > 0; });
  std::cout << "wrong under " << shown << " of 6 schedules\n";
  return (shown > 0) == (std::string(argv[1]) == "wrong") ? 0 : 1;
}
