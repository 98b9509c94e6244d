package org.viditq.verify.family;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Random;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.viditq.core.checkpoint.MemoryTensor;
import org.viditq.core.checkpoint.StoredTensor;
import org.viditq.core.model.AttentionPrecisions;
import org.viditq.core.model.DenoiserFamilies;
import org.viditq.core.model.DenoiserInput;
import org.viditq.core.model.DenoiserModel;
import org.viditq.core.model.InputNames;
import org.viditq.core.model.InputSpec;
import org.viditq.core.model.InputSpec.Axis;
import org.viditq.core.model.LatentGeometry;
import org.viditq.core.model.LinearLayer;
import org.viditq.core.model.Parameters;
import org.viditq.core.model.QuantizedParameters;
import org.viditq.core.model.RecordedInputs;
import org.viditq.core.operators.AttentionPrecision;
import org.viditq.core.operators.DenseLinearParameters;
import org.viditq.core.operators.QuantizedLinearParameters;
import org.viditq.core.operators.QuantizedLinearParameters.WeightSet;
import org.viditq.core.quant.ActivationQuantization.DynamicToken;
import org.viditq.core.quant.IntegerFormat;
import org.viditq.core.quant.LowRankBranch;
import org.viditq.core.quant.QuantizedWeight;
import org.viditq.core.quant.Rotation;
import org.viditq.core.quant.TimestepRange;
import org.viditq.core.tensor.Tensor;
import org.viditq.quantize.plan.RotationSettings;
import org.viditq.quantize.weight.WeightQuantizer;
import org.viditq.verify.fixture.FixtureCase;
import org.viditq.verify.fixture.FixtureReader;
import org.viditq.verify.runner.DenoiserInputs;

/**
 * A small denoiser of some family, from its golden case, quantized in ways that plugins compute.
 */
public final class FamilyCase implements AutoCloseable {
  private final FixtureCase fixture;
  private final Scheme scheme;
  private final DenoiserModel model;
  private final Map<String, QuantizedLinearParameters> layers = new LinkedHashMap<>();

  /** How its blocks' layers are quantized. */
  public enum Scheme {
    DENSE(0, 0, 0),
    W8A8(8, 8, 1),
    /** With all attention in int8. */
    W8A8_ATTENTION(8, 8, 1),
    W6A6(6, 6, 1),
    W4A8_TWO_RANGES(4, 8, 2),
    /** Balanced, then rotated by Hadamard matrices with random signs, as plan viditq-rotate. */
    W4A8_ROTATED(4, 8, 1),
    /** Rotated by regular matrices in groups, symmetric, as plan convrot. */
    W8A8_CONVROT(8, 8, 1),
    /** Ranges that share weights but neither balance nor correction; with a low-rank branch. */
    W4A8_SHARED(4, 8, 2);

    private final int weightBits;
    private final int inputBits;
    private final int ranges;

    Scheme(int weightBits, int inputBits, int ranges) {
      this.weightBits = weightBits;
      this.inputBits = inputBits;
      this.ranges = ranges;
    }

    public int weightBits() {
      return weightBits;
    }

    public int ranges() {
      return ranges;
    }

    /** Of self, temporal and cross attention. */
    public AttentionPrecision attention() {
      return this == W8A8_ATTENTION ? AttentionPrecision.INT8 : AttentionPrecision.FP32;
    }

    /** Weight sets of each layer that differ. */
    public int weightSets() {
      return this == W4A8_SHARED ? 1 : ranges;
    }

    private boolean balanced() {
      return ranges > 1 || this == W4A8_ROTATED;
    }

    private IntegerFormat format(int bits) {
      return new IntegerFormat(bits, this == W8A8_CONVROT);
    }

    /** For the input of a layer; empty if it is not rotated. */
    private Optional<Rotation> rotation(int channels) {
      return switch (this) {
        case W4A8_ROTATED ->
            new RotationSettings(
                    Rotation.Kind.HADAMARD, OptionalInt.empty(), OptionalLong.of(0), List.of())
                .forChannels(channels);
        case W8A8_CONVROT ->
            new RotationSettings(
                    Rotation.Kind.REGULAR, OptionalInt.of(256), OptionalLong.empty(), List.of())
                .forChannels(channels);
        default -> Optional.empty();
      };
    }
  }

  private FamilyCase(FixtureCase fixture, Scheme scheme) {
    this.fixture = fixture;
    this.scheme = scheme;
    this.model = DenoiserFamilies.model(fixture.json(), fixture.weights());
    if (scheme != Scheme.DENSE) {
      Random random = new Random(7);
      for (LinearLayer layer : model.linearLayers()) {
        if (layer.quantizedByDefault()) {
          layers.put(layer.name(), quantize(layer, scheme, random));
        }
      }
    }
  }

  /**
   * The files of all families, one case of each layout and more.
   *
   * @param fixtures folder of the golden cases
   */
  public static List<Path> files(Path fixtures) {
    try (Stream<Path> files = Files.list(fixtures)) {
      return files
          .filter(file -> file.getFileName().toString().startsWith("model."))
          .filter(file -> !file.getFileName().toString().startsWith("model.quantized"))
          .sorted()
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public static FamilyCase open(Path file, Scheme scheme) {
    FixtureCase fixture = FixtureReader.open(file);
    try {
      return new FamilyCase(fixture, scheme);
    } catch (RuntimeException e) {
      fixture.close();
      throw e;
    }
  }

  /** With two ranges, each has a balance of its own. */
  private QuantizedLinearParameters quantize(LinearLayer layer, Scheme scheme, Random random) {
    DenseLinearParameters dense =
        (DenseLinearParameters)
            fixture.parameters().linear(layer.name(), layer.inFeatures(), layer.outFeatures());
    boolean shared = scheme == Scheme.W4A8_SHARED;
    Optional<Rotation> rotation = scheme.rotation(layer.inFeatures());
    List<WeightSet> sets = new ArrayList<>();
    for (int i = 0; i < scheme.ranges; i++) {
      Optional<float[]> balance = Optional.empty();
      if (scheme.balanced()) {
        float[] divisors = new float[layer.inFeatures()];
        for (int c = 0; c < divisors.length; c++) {
          divisors[c] = 0.5f + random.nextFloat();
        }
        balance = Optional.of(divisors);
      }
      TimestepRange range =
          scheme.ranges == 1
              ? TimestepRange.ALL
              : TimestepRange.closed(i == 0 ? 0 : 501, i == 0 ? 500 : 1000);
      sets.add(
          new WeightSet(
              range,
              shared && i > 0
                  ? sets.get(0).weight()
                  : weight(dense.weight(), balance, rotation, scheme.format(scheme.weightBits)),
              balance,
              rotation,
              new DynamicToken(scheme.format(scheme.inputBits)),
              shared
                  ? Optional.of(normal(random, 0.05f, layer.outFeatures()).data())
                  : Optional.empty()));
    }
    Optional<LowRankBranch> branch =
        shared
            ? Optional.of(
                new LowRankBranch(
                    normal(random, 0.05f, 2, layer.inFeatures()),
                    normal(random, 0.05f, layer.outFeatures(), 2)))
            : Optional.empty();
    return new QuantizedLinearParameters(layer.name(), sets, dense.bias(), branch);
  }

  private static QuantizedWeight weight(
      StoredTensor weight,
      Optional<float[]> balance,
      Optional<Rotation> rotation,
      IntegerFormat format) {
    if (rotation.isEmpty()) {
      return new WeightQuantizer().quantize(weight, balance, format);
    }
    Tensor values = weight.toTensor();
    int channels = values.dim(1);
    for (int i = 0; i < values.size() && balance.isPresent(); i++) {
      values.data()[i] *= balance.get()[i % channels];
    }
    Tensor rotated = Tensor.of(values.shape(), rotation.get().rotate(values.data(), channels));
    return new WeightQuantizer()
        .quantize(MemoryTensor.of(weight.name(), rotated), Optional.empty(), format);
  }

  private static Tensor normal(Random random, float deviation, int... dims) {
    Tensor tensor = Tensor.zeros(dims);
    for (int i = 0; i < tensor.size(); i++) {
      tensor.data()[i] = deviation * (float) random.nextGaussian();
    }
    return tensor;
  }

  public DenoiserModel model() {
    return model;
  }

  public FixtureCase fixture() {
    return fixture;
  }

  /** The quantized layers by name; none if it is dense. */
  public Map<String, QuantizedLinearParameters> layers() {
    return layers;
  }

  public Parameters parameters() {
    return new QuantizedParameters(
        fixture.parameters(), layers, AttentionPrecisions.all(scheme.attention()));
  }

  /** The case's own inputs at a timestep, as a graph takes them. */
  public DenoiserInput input(double timestep) {
    return at(timestep, DenoiserInputs.of(fixture, UnaryOperator.identity()).tensors());
  }

  /** One sample of few tokens: two patches in each direction, two frames. */
  public DenoiserInput smallInput(double timestep) {
    Random random = new Random(11);
    LatentGeometry.Patch patch = model.latents().patch();
    Map<String, Integer> extents =
        Map.of(
            Axis.BATCH.name(), 1,
            Axis.FRAMES.name(), 2 * patch.frames(),
            Axis.HEIGHT.name(), 2 * patch.height(),
            Axis.WIDTH.name(), 2 * patch.width(),
            Axis.TOKENS.name(), 3);
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    for (InputSpec spec : model.inputs()) {
      Tensor own = Tensor.zeros(spec.shape(extents));
      boolean index = List.of(InputNames.LABELS, InputNames.STYLE).contains(spec.name());
      for (int i = 0; !index && i < own.size(); i++) {
        own.data()[i] = spec.optional() ? 1 : (float) random.nextGaussian();
      }
      tensors.put(spec.name(), own);
    }
    return at(timestep, tensors);
  }

  private DenoiserInput at(double timestep, Map<String, Tensor> others) {
    Map<String, Tensor> tensors = new LinkedHashMap<>(others);
    int batch = others.get(InputNames.LATENTS).dim(0);
    tensors.put(InputNames.TIMESTEPS, Tensor.full((float) timestep, batch));
    return RecordedInputs.of(model, new DenoiserInput(tensors));
  }

  @Override
  public void close() {
    fixture.close();
  }
}
