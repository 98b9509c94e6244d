package org.viditq.cuda.tensorrt;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.stream.Stream;
import org.bytedeco.tensorrt.global.nvinfer.DataType;
import org.bytedeco.tensorrt.global.nvinfer.OptProfileSelector;
import org.bytedeco.tensorrt.global.nvonnxparser;
import org.bytedeco.tensorrt.nvinfer.Dims64;
import org.bytedeco.tensorrt.nvinfer.INetworkDefinition;
import org.bytedeco.tensorrt.nvinfer.IOptimizationProfile;
import org.bytedeco.tensorrt.nvinfer.ITensor;
import org.bytedeco.tensorrt.nvonnxparser.IParser;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.viditq.core.model.DenoiserModel;
import org.viditq.core.model.InputSpec;
import org.viditq.core.model.LatentGeometry.Patch;
import org.viditq.onnx.DenoiserGraph;
import org.viditq.onnx.FloatFormat;
import org.viditq.onnx.OnnxGraph;
import org.viditq.onnx.OnnxOptions;
import org.viditq.onnx.OnnxOptions.AttentionForm;
import org.viditq.verify.family.FamilyCase;
import org.viditq.verify.family.FamilyCase.Scheme;

/**
 * Graphs of every family in the plugin dialect, read by the real TensorRT: a network with our
 * plugins, all of whose shapes are known at the ends and in the middle of a profile.
 */
class PluginModelTest {
  @TempDir Path folder;

  @BeforeEach
  void clearLog() {
    TensorRt.LOG.clear();
  }

  static Stream<Arguments> cases() {
    return FamilyCase.files(Path.of("..", "tests", "fixtures")).stream()
        .flatMap(
            file ->
                Arrays.stream(Scheme.values())
                    .map(
                        scheme ->
                            Arguments.of(
                                file,
                                scheme,
                                scheme == Scheme.W6A6 ? FloatFormat.BF16 : FloatFormat.FP16)));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void everyFamilyIsANetworkOfOurPlugins(Path file, Scheme scheme, FloatFormat format) {
    try (FamilyCase family = FamilyCase.open(file, scheme)) {
      Path graph = folder.resolve("graph");
      DenoiserGraph.recordOpen(
              family.model(),
              family.parameters(),
              OnnxOptions.plugin(format, AttentionForm.NODE),
              OptionalDouble.empty())
          .write(graph);
      INetworkDefinition network = TensorRt.builder().createNetworkV2(0);
      IParser parser = nvonnxparser.createParser(network, TensorRt.LOG);
      assertThat(parser.parseFromFile(graph.resolve(OnnxGraph.MODEL_FILE).toString(), 2))
          .as(() -> String.join("\n", TensorRt.LOG.lines()))
          .isTrue();
      assertThat(TensorRt.LOG.lines()).isEmpty();
      assertThat(network.getNbInputs())
          .isEqualTo(family.model().inputs().size() + (scheme.ranges() > 1 ? 1 : 0));
      ITensor output = network.getOutput(0);
      assertThat(output.getType().intern()).isEqualTo(DataType.kFLOAT);
      requireProfile(network, family.model());
      for (OptProfileSelector selector :
          List.of(OptProfileSelector.kMIN, OptProfileSelector.kOPT, OptProfileSelector.kMAX)) {
        requireShapes(network, family.model(), selector);
      }
      assertThat(TensorRt.LOG.lines()).isEmpty();
    }
  }

  private static void requireProfile(INetworkDefinition network, DenoiserModel model) {
    IOptimizationProfile profile = TensorRt.builder().createOptimizationProfile();
    for (InputSpec spec : model.inputs()) {
      for (OptProfileSelector selector :
          List.of(OptProfileSelector.kMIN, OptProfileSelector.kOPT, OptProfileSelector.kMAX)) {
        assertThat(
                profile.setDimensions(
                    spec.name(), selector, dims(spec.shape(chosen(model, selector)))))
            .as("%s of %s", selector, spec.name())
            .isTrue();
      }
    }
    assertThat(profile.isValid()).isTrue();
  }

  /** With inputs of these extents, the prediction is known to be as large as the latents. */
  private static void requireShapes(
      INetworkDefinition network, DenoiserModel model, OptProfileSelector selector) {
    Map<String, Integer> chosen = chosen(model, selector);
    for (int i = 0; i < network.getNbInputs(); i++) {
      ITensor input = network.getInput(i);
      model.inputs().stream()
          .filter(spec -> spec.name().equals(input.getName()))
          .forEach(spec -> input.setDimensions(dims(spec.shape(chosen))));
    }
    int[] latents = model.inputs().get(0).shape(chosen);
    latents[1] = model.latents().outputChannels();
    assertThat(PluginNetwork.extents(network.getOutput(0)))
        .as("%s: %s", selector, TensorRt.LOG.lines())
        .containsExactlyElementsOf(Arrays.stream(latents).asLongStream().boxed().toList());
  }

  private static Map<String, Integer> chosen(DenoiserModel model, OptProfileSelector selector) {
    Patch patch = model.latents().patch();
    int size =
        switch (selector.intern()) {
          case kMIN -> 1;
          case kOPT -> 2;
          default -> 4;
        };
    return Map.of(
        "batch", size,
        "frames", (size + 1) * patch.frames(),
        "height", 4 * size * patch.height(),
        "width", 4 * size * patch.width(),
        "tokens", 10 * size);
  }

  private static Dims64 dims(int... extents) {
    Dims64 dims = new Dims64().nbDims(extents.length);
    for (int i = 0; i < extents.length; i++) {
      dims.d(i, extents[i]);
    }
    return dims;
  }
}
