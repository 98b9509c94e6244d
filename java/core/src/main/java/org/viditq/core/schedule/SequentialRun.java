package org.viditq.core.schedule;

import org.viditq.core.error.ShapeException;
import org.viditq.core.random.NoiseSource;
import org.viditq.core.tensor.Tensor;

/**
 * What all runs have in common: the grid of times and noise levels, steps taken in order, model
 * outputs checked against the sample.
 */
abstract class SequentialRun implements SamplingRun {
  private final NoiseGrid grid;
  private int firstStep;
  private int nextStep;

  SequentialRun(NoiseGrid grid) {
    this.grid = grid;
  }

  @Override
  public final double[] timesteps() {
    return grid.timesteps().clone();
  }

  @Override
  public final double[] sigmas() {
    return grid.sigmas().clone();
  }

  /** Noise to signal ratio before step {@code point}; after the last step for {@code steps()}. */
  final double sigma(int point) {
    return grid.sigmas()[point];
  }

  final double timestep(int step) {
    return grid.timesteps()[step];
  }

  /** Number of denoiser evaluations. */
  final int steps() {
    return grid.timesteps().length;
  }

  /** Steps taken before {@code step} in this run: what multistep solvers can look back on. */
  final int history(int step) {
    return step - firstStep;
  }

  @Override
  public void begin(int stepIndex) {
    if (nextStep != firstStep) {
      throw new IllegalStateException("Sampling has begun already.");
    }
    if (stepIndex < 0 || stepIndex >= steps()) {
      throw new IllegalStateException(
          "There is no step " + stepIndex + " among " + steps() + " to begin with.");
    }
    firstStep = stepIndex;
    nextStep = stepIndex;
  }

  @Override
  public final Tensor step(Tensor modelOutput, int stepIndex, Tensor sample, NoiseSource noise) {
    if (stepIndex != nextStep || stepIndex >= steps()) {
      throw new IllegalStateException(
          "Step "
              + stepIndex
              + " was asked for, but "
              + (nextStep < steps() ? "step " + nextStep + " is next." : "sampling has ended."));
    }
    requireFit(modelOutput, sample);
    nextStep++;
    return advance(modelOutput, stepIndex, sample, noise);
  }

  /** The sample after step {@code step}; outputs have been checked and steps come in order. */
  abstract Tensor advance(Tensor modelOutput, int step, Tensor sample, NoiseSource noise);

  /**
   * @throws ShapeException if the output is not shaped like the sample
   */
  void requireFit(Tensor modelOutput, Tensor sample) {
    ModelOutputs.requireSameShape(modelOutput, sample);
  }
}
