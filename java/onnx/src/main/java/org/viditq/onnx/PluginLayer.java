package org.viditq.onnx;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.viditq.core.error.BackendException;
import org.viditq.core.operators.QuantizedLinearParameters;
import org.viditq.core.operators.QuantizedLinearParameters.WeightSet;
import org.viditq.core.quant.ActivationQuantization;
import org.viditq.core.quant.ActivationQuantization.DynamicToken;
import org.viditq.core.quant.IntegerFormat;
import org.viditq.core.quant.QuantizedWeight;
import org.viditq.core.quant.Rotation;
import org.viditq.core.quant.SmallScaleRule;
import org.viditq.core.tensor.Shape;
import org.viditq.core.tensor.Tensor;

/**
 * A quantized layer whose weight sets are constants of one plugin node. Ranges that have the same
 * weights, divisors of the input or biases share them.
 */
final class PluginLayer implements OnnxLinear {
  /** Up to here sums of products of codes cannot overflow. */
  static final int MOST_INNER = 32768;

  static final int MOST_CHANNELS = 1 << 20;

  private final QuantizedLinearParameters parameters;
  private final GraphRecorder recorder;
  private final IntegerFormat inputFormat;

  private final Optional<Rotation> rotation;
  private final RangeChoice<QuantizedWeight> weightSets;
  private final RangeChoice<Optional<float[]>> divisors;
  private final RangeChoice<WeightSet> biasSets;
  private final int weightBits;
  private final List<OnnxValue> weights;
  private final Optional<OnnxValue> biases;
  private final Optional<BranchLowering> branch;

  /**
   * @throws BackendException if the plugins cannot compute the layer, which the message names
   */
  PluginLayer(GraphRecorder recorder, QuantizedLinearParameters parameters) {
    this.recorder = recorder;
    this.parameters = parameters;
    this.inputFormat = inputFormat(parameters);
    if (parameters.inFeatures() > MOST_INNER || parameters.outFeatures() > MOST_CHANNELS) {
      throw refusal(
          parameters,
          "is ["
              + parameters.outFeatures()
              + ", "
              + parameters.inFeatures()
              + "], but has to have at most "
              + MOST_CHANNELS
              + " outputs and "
              + MOST_INNER
              + " inputs");
    }
    this.rotation = rotation(parameters);
    List<WeightSet> sets = parameters.sets();
    this.weightSets =
        RangeChoice.of(sets.stream().map(WeightSet::weight).toList(), (a, b) -> a == b);
    this.divisors =
        RangeChoice.of(sets.stream().map(this::divisors).toList(), PluginLayer::sameValues);
    this.biasSets = RangeChoice.of(sets, (a, b) -> sameValues(a.correction(), b.correction()));
    PackedWeights packed = PackedWeights.of(weightSets.values());
    this.weightBits = packed.bits();
    this.weights =
        List.of(
            named("weight_codes", packed),
            named("weight_scale", new TensorConstant(scales(weightSets.values()))),
            named("weight_zero_point", packed.zeroPoints()),
            named("weight_centered_sum", packed.centeredSums()));
    this.biases = biasValues().map(values -> named("bias", new TensorConstant(values)));
    this.branch = parameters.branch().map(own -> new BranchLowering(recorder, parameters, own));
  }

  private static boolean sameValues(Optional<float[]> a, Optional<float[]> b) {
    return Arrays.equals(a.orElse(null), b.orElse(null));
  }

  /** Without the signs, which are those of the divisors. */
  private static Optional<Rotation> rotation(QuantizedLinearParameters layer) {
    Optional<Rotation> rotation = layer.sets().get(0).rotation();
    for (WeightSet set : layer.sets()) {
      if (!set.rotation().equals(rotation)) {
        throw refusal(layer, "rotates its input otherwise at other timesteps");
      }
    }
    return rotation.map(own -> new Rotation(own.kind(), own.block(), OptionalLong.empty()));
  }

  /** What the input is divided by in a range. */
  private Optional<float[]> divisors(WeightSet set) {
    return set.rotation()
        .map(own -> own.divisors(set.balance(), parameters.inFeatures()))
        .orElse(set.balance());
  }

  /** [channels] where all ranges have the same, else [sets, channels]. */
  private Optional<Tensor> biasValues() {
    int sets = biasSets.size();
    if (sets == 1) {
      return parameters.bias(biasSets.values().get(0));
    }
    int channels = parameters.outFeatures();
    Tensor all = Tensor.zeros(sets, channels);
    for (int set = 0; set < sets; set++) {
      int row = set * channels;
      parameters
          .bias(biasSets.values().get(set))
          .ifPresent(bias -> System.arraycopy(bias.data(), 0, all.data(), row, channels));
    }
    return Optional.of(all);
  }

  private static IntegerFormat inputFormat(QuantizedLinearParameters layer) {
    IntegerFormat format = layer.sets().get(0).activation().format();
    for (WeightSet set : layer.sets()) {
      ActivationQuantization activation = set.activation();
      if (!(activation instanceof DynamicToken token)
          || token.smallScales() != SmallScaleRule.PER_GROUP) {
        throw refusal(layer, "quantizes its input otherwise than token by token, as it comes");
      }
      if (!activation.format().equals(format)) {
        throw refusal(layer, "quantizes its input to other bits at other timesteps");
      }
    }
    return format;
  }

  private static BackendException refusal(QuantizedLinearParameters layer, String why) {
    return new BackendException(
        "Layer "
            + layer.name()
            + " has no plugin, because it "
            + why
            + "; export in the portable dialect, or quantize by another plan.");
  }

  private static Tensor scales(List<QuantizedWeight> sets) {
    int channels = sets.get(0).codes().rows();
    Tensor scales = Tensor.zeros(sets.size(), channels);
    for (int set = 0; set < sets.size(); set++) {
      System.arraycopy(sets.get(set).grid().scale(), 0, scales.data(), set * channels, channels);
    }
    return scales;
  }

  private OnnxValue named(String what, ConstantData data) {
    return recorder.constant(parameters.name() + "." + what, data);
  }

  @Override
  public QuantizedLinearParameters parameters() {
    return parameters;
  }

  /** Of its input, behind the division and before codes, at every timestep; empty for none. */
  Optional<Rotation> rotation() {
    return rotation;
  }

  /** Whose codes, scales, zero points and sums {@link #weights} hold. */
  RangeChoice<QuantizedWeight> weightSets() {
    return weightSets;
  }

  /** What {@link #balance} holds. */
  RangeChoice<Optional<float[]>> divisors() {
    return divisors;
  }

  /** What {@link #biases} hold. */
  RangeChoice<WeightSet> biasSets() {
    return biasSets;
  }

  /** Empty if it has none. */
  Optional<BranchLowering> branch() {
    return branch;
  }

  /** Of its input, at every timestep. */
  IntegerFormat inputFormat() {
    return inputFormat;
  }

  /** How its weights are stored: 8 or 4. */
  int weightBits() {
    return weightBits;
  }

  /** Codes, scales, zero points and centered sums of all sets. */
  List<OnnxValue> weights() {
    return weights;
  }

  /** float32, [channels] or [sets, channels]. */
  Optional<OnnxValue> biases() {
    return biases;
  }

  /**
   * What the input is divided by, signs of the rotation included, [sets, inner], 1 for sets that
   * have none; empty if none has.
   */
  Optional<Tensor> balance() {
    List<Optional<float[]>> all = divisors.values();
    if (all.stream().allMatch(Optional::isEmpty)) {
      return Optional.empty();
    }
    int inner = parameters.inFeatures();
    Tensor balance = Tensor.zeros(all.size(), inner);
    for (int set = 0; set < all.size(); set++) {
      float[] row = new float[inner];
      Arrays.fill(row, 1);
      System.arraycopy(all.get(set).orElse(row), 0, balance.data(), set * inner, inner);
    }
    return Optional.of(balance);
  }

  /** Only through {@link PluginLowering}, which knows how inputs become codes. */
  @Override
  public OnnxValue product(OnnxValue x, Shape result, double timestep) {
    throw new IllegalStateException("Layer " + parameters.name() + " takes codes.");
  }
}
