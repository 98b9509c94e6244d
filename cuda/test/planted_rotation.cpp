// Runs the rotation by an outer matrix that was compiled with a planted bug, under every schedule,
// and succeeds as planted_linear.cpp does.
#include <iostream>
#include <string>

#include "token_oracles.h"

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const Buffer<int8_t> matrix = paley(11);
  const viditq_cuda_rotation rotation = {96, 12, matrix.data(), 0};
  const Buffer<float> x = normal<float>(1, 9 * 384);
  const viditq_cuda_quantizer in = quantizer(x, 9, 384, 8, false);
  const std::vector<ExpectedRow> expected = rotated_rows(in, x, rotation);
  int shown = 0;
  under_every_schedule([&] {
    Tokens got(in.rows, in.columns);
    const int status =
        viditq_cuda_hadamard_quantize(in, rotation, got.view(), VIDITQ_CUDA_FAST, nullptr);
    shown += status != VIDITQ_CUDA_OK || differing_tokens(in, got, expected) > 0;
  });
  std::cout << "wrong under " << shown << " of 6 schedules\n";
  return (shown > 0) == (std::string(argv[1]) == "wrong") ? 0 : 1;
}
