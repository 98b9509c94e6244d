package org.viditq.tensorrt.build;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.TreeMap;
import org.bytedeco.tensorrt.nvinfer.Dims64;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.viditq.core.checkpoint.MemoryCheckpoint;
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
import org.viditq.core.tensor.Shape;
import org.viditq.onnx.ActiveSetRanges;
import org.viditq.onnx.DenoiserGraph;
import org.viditq.onnx.FloatFormat;
import org.viditq.onnx.GraphFile;
import org.viditq.onnx.OnnxGraph;
import org.viditq.onnx.OnnxOptions;
import org.viditq.onnx.OnnxOptions.AttentionForm;
import org.viditq.quantize.weight.WeightQuantizer;
import org.viditq.tensorrt.driver.TensorRtLog;
import org.viditq.tensorrt.engine.Profile;
import org.viditq.tensorrt.presets.Shapes;

/**
 * The real TensorRT reads plugin graphs of the published widths and knows all shapes at the ends
 * and in the middle of a profile. Of the 28 blocks there are two here, unless the system property
 * {@code viditq.fullsize.blocks} says otherwise: all of them are gigabytes.
 */
class FullSizeNetworkTest {
  private static final Path CONFIGURATIONS =
      Path.of(
          "..", "..", "bench", "src", "main", "resources", "org", "viditq", "bench", "fullsize");

  private static final int BLOCKS = Integer.getInteger("viditq.fullsize.blocks", 2);

  @TempDir Path folder;

  @ParameterizedTest
  @CsvSource({
    "pixart-sigma-xl, num_layers, 8",
    "pixart-sigma-xl, num_layers, 4",
    "stdit-xl-2, depth, 8",
    "stdit-xl-2, depth, 4"
  })
  @Tag("slow")
  void isReadWithAllShapesAndWithoutAWarning(String name, String depth, int weightBits)
      throws IOException {
    DenoiserModel model = model(name, depth);
    Map<String, QuantizedLinearParameters> layers = quantized(model, weightBits);
    DenoiserGraph.recordOpen(
            model,
            new QuantizedParameters(new BlankParameters(""), layers),
            OnnxOptions.plugin(FloatFormat.FP16, AttentionForm.NODE),
            OptionalDouble.empty())
        .write(folder.resolve("graph"));
    GraphFile graph = GraphFile.open(folder.resolve("graph").resolve(OnnxGraph.MODEL_FILE));
    TensorRtLog log = CpuOnlyTensorRt.library().log();
    try (TensorRtNetwork network = new TensorRtNetwork(CpuOnlyTensorRt.builder(), log, graph)) {
      assertThat(graph.constants())
          .filteredOn(constant -> constant.name().endsWith(".weight_codes"))
          .hasSameSizeAs(layers.keySet());
      Profile profile = extents(model).of(graph);
      network.add(profile);
      for (int end = 0; end < 3; end++) {
        Map<String, Shape> shapes = shapes(profile, end);
        assertThat(network.activations(shapes)).isPositive();
        requirePrediction(network, model, shapes);
      }
      assertThat(log.warnings()).isEmpty();
    }
  }

  private static DenoiserModel model(String name, String depth) throws IOException {
    Path file = CONFIGURATIONS.resolve(name + ".json");
    ObjectNode config = (ObjectNode) new ObjectMapper().readTree(file.toFile()).get("config");
    config.put(depth, BLOCKS);
    return DenoiserFamilies.model(
        JsonConfig.of(config, file.toString()), new MemoryCheckpoint("no weights", List.of()));
  }

  /** With two ranges where weights have 4 bits, each balanced. */
  private static Map<String, QuantizedLinearParameters> quantized(
      DenoiserModel model, int weightBits) {
    Parameters parameters = new BlankParameters("");
    Map<String, QuantizedLinearParameters> layers = new LinkedHashMap<>();
    for (LinearLayer layer : model.linearLayers()) {
      if (layer.quantizedByDefault()) {
        DenseLinearParameters dense =
            (DenseLinearParameters)
                parameters.linear(layer.name(), layer.inFeatures(), layer.outFeatures());
        List<WeightSet> sets = new ArrayList<>();
        for (int i = 0; i < (weightBits == 4 ? 2 : 1); i++) {
          Optional<float[]> balance = Optional.empty();
          if (weightBits == 4) {
            float[] divisors = new float[layer.inFeatures()];
            Arrays.fill(divisors, 1 + i);
            balance = Optional.of(divisors);
          }
          TimestepRange range =
              weightBits == 8
                  ? TimestepRange.ALL
                  : TimestepRange.closed(i == 0 ? 0 : 501, i == 0 ? 500 : 1000);
          sets.add(
              new WeightSet(
                  range,
                  new WeightQuantizer()
                      .quantize(dense.weight(), balance, IntegerFormat.asymmetric(weightBits)),
                  balance,
                  new DynamicToken(IntegerFormat.asymmetric(8))));
        }
        layers.put(layer.name(), new QuantizedLinearParameters(layer.name(), sets, dense.bias()));
      }
    }
    return layers;
  }

  /** From 256 pixels to 1024, or 2 to 16 frames of 512. */
  private static ProfileExtents extents(DenoiserModel model) {
    boolean video = model.latents().isVideo();
    return new ProfileExtents(
        extents(model, 1, 32, 2, 20),
        extents(model, 2, 64, 8, 120),
        extents(model, 4, video ? 64 : 128, 16, video ? 120 : 300));
  }

  private static Map<String, Integer> extents(
      DenoiserModel model, int batch, int side, int frames, int tokens) {
    Map<String, Integer> extents =
        new TreeMap<>(Map.of("batch", batch, "height", side, "width", side, "tokens", tokens));
    if (model.latents().isVideo()) {
      extents.put("frames", frames);
    }
    return extents;
  }

  private static Map<String, Shape> shapes(Profile profile, int end) {
    Map<String, Shape> shapes = new TreeMap<>();
    profile
        .inputs()
        .forEach(
            (name, range) ->
                shapes.put(name, end == 0 ? range.min() : end == 1 ? range.opt() : range.max()));
    return shapes;
  }

  /** As large as the latents, with the model's own channels. */
  private static void requirePrediction(
      TensorRtNetwork network, DenoiserModel model, Map<String, Shape> shapes) {
    assertThat(shapes.containsKey(ActiveSetRanges.INPUT))
        .isEqualTo(network.network().getNbInputs() > model.inputs().size());
    for (int i = 0; i < network.network().getNbInputs(); i++) {
      network
          .network()
          .getInput(i)
          .setDimensions(Shapes.dims(shapes.get(network.network().getInput(i).getName())));
    }
    int[] expected = shapes.get("latents").toArray();
    expected[1] = model.latents().outputChannels();
    Dims64 found = network.network().getOutput(0).getDimensions();
    int[] extents = new int[found.nbDims()];
    for (int axis = 0; axis < extents.length; axis++) {
      extents[axis] = (int) found.d(axis);
    }
    assertThat(extents).containsExactly(expected);
  }
}
