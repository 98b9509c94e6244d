package org.viditq.core.schedule;

/**
 * The points of a run from noise to sample.
 *
 * @param timesteps what the denoiser is told at each of the n evaluations
 * @param sigmas noise to signal ratios σ/α before each evaluation and after the last, n + 1
 */
record NoiseGrid(double[] timesteps, double[] sigmas) {}
