package org.viditq.tests.onnx;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.viditq.bench.onnxruntime.OnnxRuntimeModel;
import org.viditq.core.diffusers.JsonConfig;
import org.viditq.core.model.DenoiserFamilies;
import org.viditq.core.model.DenoiserInput;
import org.viditq.core.model.DenoiserModel;
import org.viditq.core.tensor.Tensor;
import org.viditq.onnx.DenoiserGraph;
import org.viditq.onnx.OnnxOptions;
import org.viditq.tests.model.ModelFixtures;
import org.viditq.verify.fixture.Comparison;
import org.viditq.verify.fixture.Difference;
import org.viditq.verify.fixture.FixtureCase;
import org.viditq.verify.fixture.FixtureReader;
import org.viditq.verify.fixture.Values;
import org.viditq.verify.runner.DenoiserInputs;

/**
 * The graph of every family's denoiser, recorded whole, gives the golden output in ONNX Runtime.
 */
class DenoiserGraphTest {
  @TempDir Path folder;

  static List<Path> files() {
    return ModelFixtures.files();
  }

  @ParameterizedTest
  @MethodSource("files")
  void recordedGraphsPassTheGoldenCases(Path file) {
    try (FixtureCase fixture = FixtureReader.open(file)) {
      DenoiserModel model =
          DenoiserFamilies.model(
              JsonConfig.of(fixture.config(), file.toString()), fixture.weights());
      DenoiserInput input = DenoiserInputs.of(fixture, UnaryOperator.identity());
      Path graph = folder.resolve("graph");
      DenoiserGraph.record(model, fixture.parameters(), OnnxOptions.STANDARD, input).write(graph);
      try (OnnxRuntimeModel session = OnnxRuntimeModel.open(graph, 1)) {
        Tensor output = session.run(input.tensors());
        Difference difference =
            Comparison.compare(
                "output",
                fixture.expected().get("output"),
                java.util.Optional.of(Values.of(output)),
                fixture.tolerances().get("output"));
        assertThat(difference.pass()).as("%s: %s", file, difference).isTrue();
      }
    }
  }
}
