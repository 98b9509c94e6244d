package org.viditq.quantize.plan;

import java.util.List;
import java.util.Optional;
import org.viditq.core.model.AttentionPrecisions;
import org.viditq.core.quant.IntegerFormat;

/**
 * What to quantize and how; immutable and independent of a model. {@link PlanResolver} says what it
 * means for the layers of one.
 *
 * @param name short name for tables: the built-in plan's, or the file's without extension
 * @param description one line for people; may be empty
 * @param weight default format of weights, one grid per output channel
 * @param activation how inputs become codes
 * @param balancing channel balancing, if any
 * @param patterns how the patterns below mean names of layers
 * @param quantize patterns of layers to quantize; empty for those that the model's family quantizes
 *     by default
 * @param include patterns of layers to quantize beside them
 * @param keepFullPrecision patterns of layers that stay in full precision all the same
 * @param overrides per-layer settings
 * @param candidates bit widths that mixed-precision maps may choose from; empty for any
 * @param weightBits mixed-precision map of weights
 * @param activationBits mixed-precision map of activations
 * @param calibration how much calibration it asks for
 * @param scheme how weights become codes
 * @param attention what attention multiplies
 */
public record QuantizationPlan(
    String name,
    String description,
    IntegerFormat weight,
    ActivationSettings activation,
    Optional<Balancing> balancing,
    PatternSyntax patterns,
    List<String> quantize,
    List<String> include,
    List<String> keepFullPrecision,
    List<LayerOverride> overrides,
    List<Integer> candidates,
    Optional<StepBitMap> weightBits,
    Optional<StepBitMap> activationBits,
    CalibrationSettings calibration,
    WeightScheme scheme,
    AttentionPrecisions attention) {
  public QuantizationPlan {
    quantize = List.copyOf(quantize);
    include = List.copyOf(include);
    keepFullPrecision = List.copyOf(keepFullPrecision);
    overrides = List.copyOf(overrides);
    candidates = List.copyOf(candidates);
  }

  /** The same with other balancing. */
  public QuantizationPlan withBalancing(Balancing other) {
    return with(Optional.of(other), attention);
  }

  /** The same with attention in other precisions. */
  public QuantizationPlan withAttention(AttentionPrecisions other) {
    return with(balancing, other);
  }

  private QuantizationPlan with(
      Optional<Balancing> otherBalancing, AttentionPrecisions otherAttention) {
    return new QuantizationPlan(
        name,
        description,
        weight,
        activation,
        otherBalancing,
        patterns,
        quantize,
        include,
        keepFullPrecision,
        overrides,
        candidates,
        weightBits,
        activationBits,
        calibration,
        scheme,
        otherAttention);
  }

  /** Whether it cannot be applied without {@code CalibrationStatistics}. */
  public boolean needsCalibration() {
    return balancing.isPresent() || activation.mode().isStatic() || needsSecondMoments();
  }

  /** Whether these must hold second moments and samples of the layers' inputs. */
  public boolean needsSecondMoments() {
    return scheme.grid().needsSecondMoments()
        || balancing.filter(b -> b.searchesAlpha() || b.sharesWeights()).isPresent();
  }
}
