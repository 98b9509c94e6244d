package org.viditq.quantize.activation;

/**
 * How much the magnitude of a layer's input varies along the four axes that ViDiT-Q (section 3)
 * names; factors of at least 1, where 1 is no variation.
 *
 * @param channels largest channel over the median one, by the mean over steps of the largest
 *     magnitudes
 * @param tokens largest token over the median one, by the same
 * @param timesteps largest over smallest step of each channel; geometric mean over the channels
 * @param branches larger over smaller guidance branch of each channel and step; geometric mean over
 *     both. 1 without guidance
 */
public record Variations(double channels, double tokens, double timesteps, double branches) {}
