package org.viditq.tensorrt.build;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import org.viditq.core.diffusers.JsonConfig;
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
import org.viditq.core.schedule.Scheduler;
import org.viditq.core.schedule.SchedulerFactory;
import org.viditq.onnx.DenoiserGraph;
import org.viditq.onnx.FloatFormat;
import org.viditq.onnx.GraphFile;
import org.viditq.onnx.OnnxGraph;
import org.viditq.onnx.OnnxOptions;
import org.viditq.onnx.OnnxOptions.AttentionForm;
import org.viditq.onnx.SamplerGraph;
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

  private static final OnnxOptions OPTIONS =
      OnnxOptions.plugin(FloatFormat.FP16, AttentionForm.NODE);

  private final FixtureCase fixture = FixtureReader.open(FIXTURE);
  private final DenoiserModel model = DenoiserFamilies.model(fixture.json(), fixture.weights());

  OnnxGraph graph(int weightBits) {
    return DenoiserGraph.recordOpen(
        model, quantized(weightBits, List.of(TimestepRange.ALL)), OPTIONS, OptionalDouble.empty());
  }

  /** A sampling of so many steps with guidance, with two weight sets. */
  OnnxGraph sampler(int weightBits, String scheduler, int steps) {
    Scheduler chosen =
        SchedulerFactory.byName(
            scheduler, JsonConfig.of(new ObjectMapper().createObjectNode(), "scheduler"));
    return SamplerGraph.record(
        model,
        model.conditioning(""),
        quantized(weightBits, List.of(new TimestepRange(0, 501), new TimestepRange(501, 1001))),
        OPTIONS,
        SamplerGraph.Form.of(chosen, steps, true, model.latents().channels()));
  }

  StepCachingGraphs stepCaching(int weightBits) {
    return StepCachingGraphs.record(
        model, quantized(weightBits, List.of(TimestepRange.ALL)), OPTIONS);
  }

  /** The ranges differ in their bits, or they would be one. */
  private Parameters quantized(int weightBits, List<TimestepRange> ranges) {
    Map<String, QuantizedLinearParameters> layers = new LinkedHashMap<>();
    for (LinearLayer layer : model.linearLayers()) {
      if (layer.quantizedByDefault()) {
        DenseLinearParameters dense =
            (DenseLinearParameters)
                fixture.parameters().linear(layer.name(), layer.inFeatures(), layer.outFeatures());
        List<WeightSet> sets = new ArrayList<>();
        for (TimestepRange range : ranges) {
          sets.add(
              new WeightSet(
                  range,
                  new WeightQuantizer()
                      .quantize(
                          dense.weight(),
                          Optional.empty(),
                          IntegerFormat.asymmetric(weightBits - sets.size())),
                  Optional.empty(),
                  new DynamicToken(IntegerFormat.asymmetric(8))));
        }
        layers.put(layer.name(), new QuantizedLinearParameters(layer.name(), sets, dense.bias()));
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
