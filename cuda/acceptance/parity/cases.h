// The cases of the parity program, each against every kernel that it can be put to.
#pragma once

#include "fixture.h"
#include "report.h"

namespace parity {

// quantizer.*: codes, grids and code sums, exactly.
void run_quantizer(const Fixture& fixture, Report& report);

// t2i_modulate: LayerNorm and modulation, seen through the codes.
void run_modulation(const Fixture& fixture, Report& report);

// mlp.gelu_tanh: GELU, before quantization and in the epilogue of a linear layer.
void run_gelu(const Fixture& fixture, Report& report);

// linear.quantized: weight codes, activation codes, integer sums exactly, outputs within bounds.
void run_quantized_linear(const Fixture& fixture, Report& report);

// `count` cases per kernel with extents up to `largest`, formats, types and nasty values drawn at
// random from `seed`, against the definitions in float64.
void run_random(int count, int largest, unsigned seed, Report& report);

}  // namespace parity
