// Runs attention in int8 that was compiled with a planted bug, under every schedule, and succeeds
// as planted_linear.cpp does.
#include <iostream>
#include <string>

#include "attention_problem.h"

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  AttentionProblem<float> problem({1, 1, 70, 300, 40, 40});
  problem.add_bias(true, false, false, true);
  int shown = 0;
  under_every_schedule([&] {
    Buffer<float> out(problem.results());
    Buffer<unsigned char> memory = problem.workspace();
    const int status = problem.launch(out, memory, VIDITQ_CUDA_FAST);
    shown += status != VIDITQ_CUDA_OK || wrong_results(problem, out) > 0;
  });
  std::cout << "wrong under " << shown << " of 6 schedules\n";
  return (shown > 0) == (std::string(argv[1]) == "wrong") ? 0 : 1;
}
