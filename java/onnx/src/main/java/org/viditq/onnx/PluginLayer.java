package org.viditq.onnx;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.viditq.core.error.BackendException;
import org.viditq.core.operators.QuantizedLinearParameters;
import org.viditq.core.operators.QuantizedLinearParameters.WeightSet;
import org.viditq.core.quant.ActivationQuantization;
import org.viditq.core.quant.ActivationQuantization.DynamicToken;
import org.viditq.core.quant.IntegerFormat;
import org.viditq.core.quant.QuantizedWeight;
import org.viditq.core.quant.SmallScaleRule;
import org.viditq.core.tensor.Shape;
import org.viditq.core.tensor.Tensor;

/**
 * A quantized layer whose weight sets are constants of one plugin node. Ranges whose sets are the
 * same share one.
 */
final class PluginLayer implements OnnxLinear {
  /** Up to here sums of products of codes cannot overflow. */
  static final int MOST_INNER = 32768;

  static final int MOST_CHANNELS = 1 << 20;

  private final QuantizedLinearParameters parameters;
  private final GraphRecorder recorder;
  private final IntegerFormat inputFormat;

  /** Those that are not equal to an earlier one. */
  private final List<WeightSet> sets = new ArrayList<>();

  /** For each range, which of {@link #sets} it has. */
  private final int[] setOfRange;

  private final int weightBits;
  private final List<OnnxValue> weights;
  private final Optional<OnnxValue> bias;

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
    this.setOfRange = parameters.sets().stream().mapToInt(this::index).toArray();
    List<QuantizedWeight> distinct = sets.stream().map(WeightSet::weight).toList();
    PackedWeights packed = PackedWeights.of(distinct);
    this.weightBits = packed.bits();
    this.weights =
        List.of(
            named("weight_codes", packed),
            named("weight_scale", new TensorConstant(scales(distinct))),
            named("weight_zero_point", packed.zeroPoints()),
            named("weight_centered_sum", packed.centeredSums()));
    this.bias = parameters.bias().map(values -> named("bias", new TensorConstant(values)));
  }

  /** Where a set's equal is among the different ones, to which it is added if it has none. */
  private int index(WeightSet set) {
    for (int i = 0; i < sets.size(); i++) {
      boolean equal =
          sets.get(i).weight() == set.weight()
              && Arrays.equals(sets.get(i).balance().orElse(null), set.balance().orElse(null));
      if (equal) {
        return i;
      }
    }
    sets.add(set);
    return sets.size() - 1;
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

  /** How many weight sets it has that differ. */
  int sets() {
    return sets.size();
  }

  /** Which of them is for a timestep. */
  int setFor(double timestep) {
    return setOfRange[parameters.setFor(timestep)];
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

  /** float32 [channels]. */
  Optional<OnnxValue> bias() {
    return bias;
  }

  /** What the input is divided by, [sets, inner], 1 for sets that have none; empty if none has. */
  Optional<Tensor> balance() {
    List<Optional<float[]>> all = new ArrayList<>();
    sets.forEach(set -> all.add(set.balance()));
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
