package org.viditq.tensorrt.run;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.viditq.core.checkpoint.StoredTensor;
import org.viditq.core.model.DenoiserFamilies;
import org.viditq.core.model.DenoiserInput;
import org.viditq.core.model.DenoiserModel;
import org.viditq.core.model.InputNames;
import org.viditq.core.model.LinearLayer;
import org.viditq.core.model.Parameters;
import org.viditq.core.model.QuantizedParameters;
import org.viditq.core.operators.DenseLinearParameters;
import org.viditq.core.operators.QuantizedLinearParameters;
import org.viditq.core.operators.QuantizedLinearParameters.WeightSet;
import org.viditq.core.quant.ActivationQuantization.DynamicToken;
import org.viditq.core.quant.IntegerFormat;
import org.viditq.core.quant.TimestepRange;
import org.viditq.core.tensor.Tensor;
import org.viditq.quantize.weight.WeightQuantizer;
import org.viditq.verify.fixture.FixtureCase;
import org.viditq.verify.fixture.FixtureReader;

/** A small PixArt-α from its golden case, quantized, with other weights in each of two ranges. */
final class SmallModel implements AutoCloseable {
  /** Timesteps in both ranges. */
  static final double[] TIMES = {800, 700, 300, 200};

  private final FixtureCase fixture;
  final DenoiserModel model;
  final Parameters parameters;

  SmallModel() {
    fixture =
        FixtureReader.open(
            Path.of("..", "..", "tests", "fixtures", "model.pixart_alpha__plain.safetensors"));
    model = DenoiserFamilies.model(fixture.json(), fixture.weights());
    Map<String, QuantizedLinearParameters> layers = new LinkedHashMap<>();
    for (LinearLayer layer : model.linearLayers()) {
      if (layer.quantizedByDefault()) {
        DenseLinearParameters dense =
            (DenseLinearParameters)
                fixture.parameters().linear(layer.name(), layer.inFeatures(), layer.outFeatures());
        layers.put(
            layer.name(),
            new QuantizedLinearParameters(
                layer.name(),
                List.of(
                    set(TimestepRange.closed(0, 500), dense.weight(), 4),
                    set(TimestepRange.closed(501, 1000), dense.weight(), 8)),
                dense.bias()));
      }
    }
    parameters = new QuantizedParameters(fixture.parameters(), layers);
  }

  private static WeightSet set(TimestepRange range, StoredTensor weight, int bits) {
    return new WeightSet(
        range,
        new WeightQuantizer().quantize(weight, Optional.empty(), IntegerFormat.asymmetric(bits)),
        Optional.empty(),
        new DynamicToken(IntegerFormat.asymmetric(8)));
  }

  /** Both halves of a guided batch of so many pictures, of equal latents. */
  static DenoiserInput input(int pictures) {
    Random random = new Random(3);
    Tensor half = normal(random, pictures, 4, 8, 8);
    float[] both = java.util.Arrays.copyOf(half.data(), 2 * half.size());
    System.arraycopy(half.data(), 0, both, half.size(), half.size());
    return DenoiserInput.of(
        Tensor.of(both, 2 * pictures, 4, 8, 8),
        TIMES[0],
        Map.of(InputNames.TEXT, normal(random, 2 * pictures, 7, 40)));
  }

  private static Tensor normal(Random random, int... dims) {
    Tensor values = Tensor.zeros(dims);
    for (int i = 0; i < values.size(); i++) {
      values.data()[i] = (float) random.nextGaussian();
    }
    return values;
  }

  @Override
  public void close() {
    fixture.close();
  }
}
