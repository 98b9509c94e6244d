package org.viditq.tests.onnx;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.viditq.bench.onnxruntime.OnnxRuntimeModel;
import org.viditq.core.diffusers.JsonConfig;
import org.viditq.core.model.DenoiserFamilies;
import org.viditq.core.model.DenoiserInput;
import org.viditq.core.model.DenoiserModel;
import org.viditq.core.model.RecordedInputs;
import org.viditq.core.tensor.Tensor;
import org.viditq.onnx.DenoiserGraph;
import org.viditq.onnx.FloatFormat;
import org.viditq.onnx.OnnxOptions;
import org.viditq.onnx.OnnxOptions.AttentionForm;
import org.viditq.tests.model.ModelFixtures;
import org.viditq.verify.fixture.Comparison;
import org.viditq.verify.fixture.Difference;
import org.viditq.verify.fixture.FixtureCase;
import org.viditq.verify.fixture.FixtureReader;
import org.viditq.verify.fixture.Values;
import org.viditq.verify.runner.DenoiserInputs;

/**
 * The one graph of a denoiser for all extents gives the golden output in ONNX Runtime, at extents
 * that it was not recorded with.
 */
class OpenGraphTest {
  @TempDir Path folder;

  static Stream<Arguments> graphs() {
    List<OnnxOptions> options =
        List.of(OnnxOptions.STANDARD, OnnxOptions.plugin(FloatFormat.FP32, AttentionForm.STANDARD));
    return ModelFixtures.files().stream()
        .filter(OpenGraphTest::hasTwoFrames)
        .flatMap(file -> options.stream().map(option -> Arguments.of(file, option)));
  }

  /** Latte's text-to-video form adds no positions to a single frame: that is another graph. */
  private static boolean hasTwoFrames(Path file) {
    return !file.getFileName().toString().equals("model.latte__single_frame.safetensors");
  }

  @ParameterizedTest
  @MethodSource("graphs")
  void openGraphsPassTheGoldenCases(Path file, OnnxOptions options) {
    try (FixtureCase fixture = FixtureReader.open(file)) {
      DenoiserModel model =
          DenoiserFamilies.model(
              JsonConfig.of(fixture.config(), file.toString()), fixture.weights());
      DenoiserInput input = DenoiserInputs.of(fixture, UnaryOperator.identity());
      Path graph = folder.resolve("graph");
      DenoiserGraph.recordOpen(model, fixture.parameters(), options, OptionalDouble.empty())
          .write(graph);
      try (OnnxRuntimeModel session = OnnxRuntimeModel.open(graph, 1)) {
        Tensor output = session.run(RecordedInputs.of(model, input).tensors());
        Difference difference =
            Comparison.compare(
                "output",
                fixture.expected().get("output"),
                Optional.of(Values.of(output)),
                fixture.tolerances().get("output"));
        assertThat(difference.pass()).as("%s: %s", file, difference).isTrue();
      }
    }
  }
}
