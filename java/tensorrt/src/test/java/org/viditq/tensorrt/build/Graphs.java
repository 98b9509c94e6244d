package org.viditq.tensorrt.build;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import org.viditq.core.model.DenoiserFamilies;
import org.viditq.core.model.DenoiserModel;
import org.viditq.core.model.LinearLayer;
import org.viditq.core.model.Parameters;
import org.viditq.core.model.QuantizedParameters;
import org.viditq.core.operators.DenseLinearParameters;
import org.viditq.core.operators.QuantizedLinearParameters;
import org.viditq.core.operators.QuantizedLinearParameters.WeightSet;
import org.viditq.core.quant.ActivationQuantization.DynamicToken;
import org.viditq.core.quant.IntegerFormat;
import org.viditq.core.quant.TimestepRange;
import org.viditq.onnx.DenoiserGraph;
import org.viditq.onnx.FloatFormat;
import org.viditq.onnx.GraphFile;
import org.viditq.onnx.OnnxGraph;
import org.viditq.onnx.OnnxOptions;
import org.viditq.onnx.OnnxOptions.AttentionForm;
import org.viditq.onnx.StepCachingGraphs;
import org.viditq.quantize.weight.WeightQuantizer;
import org.viditq.verify.fixture.FixtureCase;
import org.viditq.verify.fixture.FixtureReader;

/** A small PixArt-α from its golden case, as a graph of plugins with weights of so many bits. */
final class Graphs implements AutoCloseable {
  private static final Path FIXTURE =
      Path.of("..", "..", "tests", "fixtures", "model.pixart_alpha__plain.safetensors");

  /** Extents that the model takes. */
  static final Map<String, Integer> EXTENTS =
      Map.of("batch", 2, "height", 8, "width", 8, "tokens", 10);

  private final FixtureCase fixture = FixtureReader.open(FIXTURE);
  private final DenoiserModel model = DenoiserFamilies.model(fixture.json(), fixture.weights());

  private static final OnnxOptions OPTIONS =
      OnnxOptions.plugin(FloatFormat.FP16, AttentionForm.NODE);

  OnnxGraph graph(int weightBits) {
    return DenoiserGraph.recordOpen(model, parameters(weightBits), OPTIONS, OptionalDouble.empty());
  }

  StepCachingGraphs stepCaching(int weightBits) {
    return StepCachingGraphs.record(model, parameters(weightBits), OPTIONS);
  }

  private Parameters parameters(int weightBits) {
    Map<String, QuantizedLinearParameters> layers = new LinkedHashMap<>();
    for (LinearLayer layer : model.linearLayers()) {
      if (layer.quantizedByDefault()) {
        DenseLinearParameters dense =
            (DenseLinearParameters)
                fixture.parameters().linear(layer.name(), layer.inFeatures(), layer.outFeatures());
        WeightSet set =
            new WeightSet(
                TimestepRange.ALL,
                new WeightQuantizer()
                    .quantize(
                        dense.weight(), Optional.empty(), IntegerFormat.asymmetric(weightBits)),
                Optional.empty(),
                new DynamicToken(IntegerFormat.asymmetric(8)));
        layers.put(
            layer.name(), new QuantizedLinearParameters(layer.name(), List.of(set), dense.bias()));
      }
    }
    return new QuantizedParameters(fixture.parameters(), layers);
  }

  /** The graph as a file in a new folder. */
  GraphFile file(int weightBits, Path folder) {
    graph(weightBits).write(folder);
    return GraphFile.open(folder.resolve(OnnxGraph.MODEL_FILE));
  }

  @Override
  public void close() {
    fixture.close();
  }
}
