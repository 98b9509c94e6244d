package org.viditq.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.viditq.core.checkpoint.MemoryTensor;
import org.viditq.core.error.InvalidModelException;
import org.viditq.core.operators.DenseLinearParameters;
import org.viditq.core.operators.Linear;
import org.viditq.core.tensor.Tensor;
import org.viditq.onnx.GraphFile.Constant;

class GraphFileTest {
  private static final long FUZZ_NANOSECONDS = 1_000_000_000L;

  @TempDir Path folder;

  /** A layer of 32 by 32, whose weight lies in the file beside the graph, and a number. */
  private static OnnxGraph graph(float weight, float factor) {
    OnnxOperators operators = new OnnxOperators(OnnxOptions.STANDARD);
    OnnxValue x = operators.input("x", 2, 32);
    Linear layer =
        operators.prepare(
            new DenseLinearParameters(
                "layer",
                MemoryTensor.of("layer.weight", Tensor.full(weight, 32, 32)),
                Optional.empty()));
    return operators.graph("g", Map.of("y", operators.scale(operators.linear(x, layer), factor)));
  }

  private GraphFile written(OnnxGraph graph, String name) {
    graph.write(folder.resolve(name));
    return GraphFile.open(folder.resolve(name).resolve(OnnxGraph.MODEL_FILE));
  }

  @Test
  void tellsInputsAndConstants() {
    GraphFile file = written(graph(1, 2), "a");
    assertThat(file.inputs()).containsExactly(new GraphFile.Value("x", 1, List.of("2", "32")));
    assertThat(file.outputs()).containsExactly(new GraphFile.Value("y", 1, List.of("2", "32")));
    assertThat(file.usesPlugins()).isFalse();
    assertThat(file.constants()).contains(new Constant("layer.weight", 4096, true));
    assertThat(file.constants()).anyMatch(constant -> !constant.refittable());
    assertThat(file.metadata("absent")).isEmpty();
  }

  @Test
  void theFingerprintIsThatOfTheGraphThatIsWritten() {
    assertThat(written(graph(1, 2), "a").fingerprint())
        .isEqualTo(graph(1, 2).fingerprint())
        .isEqualTo(written(graph(1, 2), "b").fingerprint());
    graph(1, 2).write(folder.resolve("c"), "other.onnx");
    assertThat(GraphFile.open(folder.resolve("c").resolve("other.onnx")).fingerprint())
        .isEqualTo(graph(1, 2).fingerprint());
  }

  @Test
  void weightsChangeContentsAndNumbersStructure() {
    GraphFingerprint one = graph(1, 2).fingerprint();
    GraphFingerprint otherWeights = graph(3, 2).fingerprint();
    assertThat(otherWeights.structure()).isEqualTo(one.structure());
    assertThat(otherWeights.contents()).isNotEqualTo(one.contents());
    GraphFingerprint otherNumber = graph(1, 3).fingerprint();
    assertThat(otherNumber.structure()).isNotEqualTo(one.structure());
    assertThat(otherNumber.contents()).isNotEqualTo(one.contents());
  }

  private Path changed(Consumer<GraphProto.Builder> change) throws IOException {
    GraphFile file = written(graph(1, 2), "changed");
    ModelProto.Builder model = ModelProto.parseFrom(Files.readAllBytes(file.file())).toBuilder();
    change.accept(model.getGraphBuilder());
    Files.write(file.file(), model.build().toByteArray());
    return file.file();
  }

  private static TensorProto.Builder external(GraphProto.Builder graph) {
    return graph.getInitializerBuilderList().stream()
        .filter(constant -> constant.getExternalDataCount() > 0)
        .findFirst()
        .orElseThrow();
  }

  private static void set(GraphProto.Builder graph, String key, String value) {
    external(graph).getExternalDataBuilderList().stream()
        .filter(entry -> entry.getKey().equals(key))
        .forEach(entry -> entry.setValue(value));
  }

  private static void assertRefused(Path file, String... words) {
    assertThatThrownBy(() -> GraphFile.open(file))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContaining(file.toString())
        .hasMessageContainingAll(words)
        .hasMessageMatching("[^\n]*\\.");
  }

  @ParameterizedTest
  @ValueSource(strings = {"/etc/passwd", "../model.onnx.data", "..", "a/b", "a\\b", "", "a\u0000"})
  void constantsThatLieElsewhereAreNotRead(String location) throws Exception {
    assertRefused(changed(graph -> set(graph, "location", location)), "outside of its folder");
  }

  @Test
  void constantsThatAreNotThereAreTold() throws Exception {
    assertRefused(changed(graph -> set(graph, "location", "absent")), "absent", "not beside it");
    assertRefused(changed(graph -> set(graph, "offset", "-1")), "no number");
    assertRefused(changed(graph -> set(graph, "offset", "99999999999999999999")), "no number");
    assertRefused(
        changed(graph -> set(graph, "offset", "999999999999999")), "layer.weight", "does not lie");
    assertRefused(
        changed(graph -> set(graph, "length", "999999999999999")), "layer.weight", "does not lie");
    assertRefused(
        changed(graph -> external(graph).setDims(0, Long.MAX_VALUE)), "extents that no constant");
    assertRefused(changed(graph -> external(graph).setDims(0, -1)), "extents that no constant");
  }

  @Test
  void whatIsNoGraphIsRefused() throws Exception {
    assertRefused(folder.resolve("absent.onnx"), "There is no file");
    assertRefused(Files.createFile(folder.resolve("empty.onnx")), "no graph with an output");
    assertRefused(
        Files.writeString(folder.resolve("text.onnx"), "This is no graph."), "Cannot read");
    assertRefused(changed(GraphProto.Builder::clearOutput), "no graph with an output");
    assertRefused(changed(graph -> graph.getInputBuilder(0).clearName()), "an input has no name");
    assertRefused(
        changed(
            graph -> {
              for (int i = 0; i < 9; i++) {
                graph
                    .getInputBuilder(0)
                    .getTypeBuilder()
                    .getTensorTypeBuilder()
                    .getShapeBuilder()
                    .addDimBuilder();
              }
            }),
        "more than 8 dimensions");
  }

  /** Whatever the bytes are: a graph that tells what is asked, or the one exception. */
  @ParameterizedTest
  @ValueSource(longs = {1, 2})
  void damagedBytesGiveAGraphOrASentence(long seed) throws Exception {
    GraphFile file = written(graph(1, 2), "fuzz");
    byte[] whole = Files.readAllBytes(file.file());
    Random random = new Random(seed);
    long end = System.nanoTime() + FUZZ_NANOSECONDS;
    for (int i = 0; i < 500 && System.nanoTime() < end; i++) {
      byte[] bytes =
          random.nextInt(4) == 0
              ? Arrays.copyOf(whole, random.nextInt(whole.length))
              : whole.clone();
      for (int k = random.nextInt(6); k >= 0 && bytes.length > 0; k--) {
        bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
      }
      Files.write(file.file(), bytes);
      try {
        GraphFile read = GraphFile.open(file.file());
        assertThat(read.fingerprint().contents()).hasSize(64);
        assertThat(read.inputs()).allMatch(input -> !input.name().isEmpty());
      } catch (InvalidModelException expected) {
        assertThat(expected.getMessage()).endsWith(".");
      }
    }
  }
}
