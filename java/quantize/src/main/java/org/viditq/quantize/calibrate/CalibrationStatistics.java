package org.viditq.quantize.calibrate;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.viditq.core.error.InvalidCheckpointException;
import org.viditq.core.error.InvalidPlanException;
import org.viditq.core.model.DenoiserInput;
import org.viditq.core.quant.TimestepRange;

/**
 * What one full-precision calibration run saw, batch by batch (a batch is one denoiser evaluation).
 * Kept so fine-grained that the statistics of any plan follow from it afterwards: for balancing
 * over any timestep ranges, and the denoiser inputs for static grids, whose published definition
 * needs a second, quantized run.
 */
public final class CalibrationStatistics {
  /** One input of a layer. */
  record Observation(int batch, InputStatistics input) {}

  private final String model;
  private final List<Double> timesteps;
  private final List<DenoiserInput> inputs;
  private final List<Integer> branches;
  private final Map<String, List<Observation>> layers;
  private final Optional<SecondMoments> secondMoments;

  /**
   * @param model {@link ModelIdentity} of the calibrated model
   * @param timesteps of each batch, in order
   * @param inputs of each batch; empty if they were not kept
   * @param branches of each batch: 0 for the negative one, 1 for that of prompts; empty if batches
   *     are of both
   * @param layers observations in order, by qualified layer name
   * @param secondMoments of the layers' inputs, where they were asked for
   */
  CalibrationStatistics(
      String model,
      List<Double> timesteps,
      List<DenoiserInput> inputs,
      List<Integer> branches,
      Map<String, List<Observation>> layers,
      Optional<SecondMoments> secondMoments) {
    this.model = model;
    this.timesteps = List.copyOf(timesteps);
    this.inputs = List.copyOf(inputs);
    this.branches = List.copyOf(branches);
    Map<String, List<Observation>> copy = new LinkedHashMap<>();
    layers.forEach((layer, seen) -> copy.put(layer, List.copyOf(seen)));
    this.layers = copy;
    this.secondMoments = secondMoments;
  }

  /** The same with second moments. */
  public CalibrationStatistics with(SecondMoments moments) {
    return new CalibrationStatistics(
        model, timesteps, inputs, branches, layers, Optional.of(moments));
  }

  /** Second moments and sample rows of the layers' inputs; empty if they were not asked for. */
  public Optional<SecondMoments> secondMoments() {
    return secondMoments;
  }

  /**
   * @throws InvalidPlanException if they were not asked for
   */
  public SecondMoments requireSecondMoments(String plan) {
    return secondMoments.orElseThrow(
        () ->
            new InvalidPlanException(
                "Plan "
                    + plan
                    + " needs second moments of the layers' inputs, which the calibration"
                    + " statistics lack; calibrate with --second-moments."));
  }

  /** {@link ModelIdentity} of the calibrated model. */
  public String model() {
    return model;
  }

  /** Timestep of each batch, in order. */
  public List<Double> timesteps() {
    return timesteps;
  }

  /** The denoiser's input of each batch, in order; empty if they were not kept. */
  public List<DenoiserInput> inputs() {
    return inputs;
  }

  /** The guidance branch of each batch, 0 for the negative one; empty if batches are of both. */
  public List<Integer> branches() {
    return branches;
  }

  /** Qualified names of the linear layers seen, in the order of computation. */
  public Set<String> layers() {
    return Collections.unmodifiableSet(layers.keySet());
  }

  /** Observations of a layer, in order; for storing. */
  List<Observation> observations(String layer) {
    List<Observation> observations = layers.get(layer);
    if (observations == null) {
      throw new InvalidCheckpointException(
          "The calibration statistics lack layer "
              + layer
              + "; calibrate again with this model and plan.");
    }
    return observations;
  }

  /**
   * The balancing statistic of a layer over one timestep range, [in]; exact zeros are kept. Where
   * guidance branches were kept apart, each has one, and the larger counts, as both are computed
   * with the same weights.
   *
   * @throws InvalidPlanException if no calibration batch lies in the range
   */
  public float[] channelScale(String layer, TimestepRange range, double momentum) {
    ChannelScale[] scales = {new ChannelScale(momentum), new ChannelScale(momentum)};
    for (Observation observation : observations(layer)) {
      if (range.contains(timesteps.get(observation.batch()))) {
        int branch = branches.isEmpty() ? 0 : branches.get(observation.batch());
        scales[branch].update(observation.input().channelMax());
      }
    }
    if (scales[0].isEmpty() && scales[1].isEmpty()) {
      throw new InvalidPlanException(
          String.format(
              Locale.ROOT,
              "No calibration batch lies in the plan's balancing range from timestep %.0f to below"
                  + " %.0f; calibrate with more steps.",
              range.start(),
              range.end()));
    }
    if (scales[0].isEmpty() || scales[1].isEmpty()) {
      return scales[scales[0].isEmpty() ? 1 : 0].values();
    }
    float[] larger = scales[0].values();
    float[] other = scales[1].values();
    for (int c = 0; c < larger.length; c++) {
      larger[c] = Math.max(larger[c], other[c]);
    }
    return larger;
  }

  /**
   * @throws InvalidCheckpointException if these are statistics of another model
   */
  public void requireModel(String identity) {
    if (!model.equals(identity)) {
      throw new InvalidCheckpointException(
          "The calibration statistics belong to another model (identity "
              + shorten(model)
              + ", this model is "
              + shorten(identity)
              + "); calibrate this one.");
    }
  }

  private static String shorten(String identity) {
    return identity.length() <= 12 ? identity : identity.substring(0, 12);
  }
}
