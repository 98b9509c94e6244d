package org.viditq.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.viditq.core.error.BackendException;
import org.viditq.core.error.ViditqException;
import org.viditq.core.tensor.Tensor;

/** What lies in a loop, and what before it. */
class LoopBodyTest {
  private static final int WIDTH = 512;

  @TempDir Path folder;

  /** Three times x = weight (x + b) + shift with b = y + y, and then shift + x. */
  private static OnnxGraph graph() {
    OnnxOperators operators = new OnnxOperators(OnnxOptions.STANDARD);
    OnnxValue x = operators.input("x", 2, WIDTH);
    OnnxValue y = operators.input("y", 2, WIDTH);
    GraphRecorder recorder = operators.recorder();
    OnnxValue weight = recorder.constant("layer.weight", new TensorConstant(Tensor.full(2, WIDTH)));
    OnnxValue shift = recorder.constant("shift", new TensorConstant(Tensor.full(3, WIDTH)));
    OnnxValue last =
        LoopBody.loop(
                recorder,
                3,
                List.of(x),
                (index, carried) -> {
                  OnnxValue twice = operators.add(y, y);
                  OnnxValue sum = operators.add(carried.get(0), twice);
                  return List.of(operators.add(operators.multiply(sum, weight), shift));
                })
            .get(0);
    return operators.graph("g", Map.of("z", operators.add(shift, last)));
  }

  private Path written() {
    graph().write(folder.resolve("graph"));
    return folder.resolve("graph").resolve(OnnxGraph.MODEL_FILE);
  }

  private static List<String> operators(GraphProto graph) {
    return graph.getNodeList().stream().map(NodeProto::getOpType).toList();
  }

  private static List<String> constants(GraphProto graph) {
    return graph.getInitializerList().stream().map(TensorProto::getName).toList();
  }

  private static GraphProto.Builder body(GraphProto.Builder graph) {
    return loop(graph).getAttributeBuilder(0).getGBuilder();
  }

  private static NodeProto.Builder loop(GraphProto.Builder graph) {
    return DamagedGraph.node(graph, "Loop");
  }

  @Test
  void whatDoesNotDependOnTheIterationIsComputedOnce() throws IOException {
    GraphProto.Builder graph =
        ModelProto.parseFrom(Files.readAllBytes(written())).toBuilder().getGraphBuilder();
    GraphProto body = body(graph).build();
    assertThat(operators(graph.build())).containsExactly("Add", "Loop", "Add", "Identity");
    assertThat(operators(body)).containsExactly("Identity", "Add", "Mul", "Add", "Identity");
    // What both take is outside, where both see it.
    assertThat(constants(body)).containsExactlyInAnyOrder("layer.weight", "true");
    assertThat(constants(graph.build())).contains("shift").doesNotContain("layer.weight");
    assertThat(body.getInputCount()).isEqualTo(3);
    assertThat(graph.getInputBuilderList()).hasSize(2);
  }

  @Test
  void filesTellConstantsOfBodiesToo() {
    GraphFile file = GraphFile.open(written());
    assertThat(file.fingerprint()).isEqualTo(graph().fingerprint());
    assertThat(file.constants())
        .contains(
            new GraphFile.Constant("layer.weight", 4 * WIDTH, true),
            new GraphFile.Constant("shift", 4 * WIDTH, true));
    assertThat(graph().operators()).containsEntry("Add", 4).containsEntry("Identity", 3);
    assertThatCode(() -> GraphCheck.require(file.file())).doesNotThrowAnyException();
  }

  static Stream<Arguments> damages() {
    return Stream.of(
        damage("before it is there", graph -> body(graph).getNodeBuilder(1).setInput(0, "none")),
        damage(
            "before it is there",
            graph -> graph.getNodeBuilder(2).setInput(0, body(graph).getNode(1).getOutput(0))),
        damage("two values", graph -> body(graph).getNodeBuilder(1).setOutput(0, "x")),
        damage("nothing computes", graph -> body(graph).getOutputBuilder(1).setName("none")),
        damage("other values than it", graph -> body(graph).removeOutput(1)),
        damage("other values than it", graph -> loop(graph).addInput("x")),
        damage("as many bytes", graph -> DamagedGraph.constant(body(graph), "true").addDims(2)),
        damage(
            "file of the constants",
            graph -> DamagedGraph.constant(body(graph), "layer.weight").setDims(0, WIDTH + 1)));
  }

  private static Arguments damage(String message, Consumer<GraphProto.Builder> damage) {
    return Arguments.of(message, damage);
  }

  @ParameterizedTest
  @MethodSource("damages")
  void damageIsFound(String message, Consumer<GraphProto.Builder> damage) throws IOException {
    DamagedGraph.requireRefused(written(), damage, message);
  }

  /** Whatever bytes they are given, readers either take them or say in a sentence why not. */
  @Test
  void anyBytesAreJudged() throws IOException {
    Path file = written();
    byte[] model = Files.readAllBytes(file);
    Random random = new Random(5);
    int taken = 0;
    for (int i = 0; i < 300; i++) {
      Files.write(file, DamagedGraph.withRandomBytes(model, i % 4, random));
      try {
        GraphCheck.require(file);
        GraphFile.open(file).fingerprint();
        taken++;
      } catch (ViditqException judged) {
        assertThat(judged).hasMessageEndingWith(".");
      }
    }
    assertThat(taken).isBetween(75, 299);
  }

  @Test
  void oneLoopDoesNotSeeIntoAnother() {
    OnnxOperators operators = new OnnxOperators(OnnxOptions.STANDARD);
    OnnxValue x = operators.input("x", 2);
    OnnxValue[] inner = new OnnxValue[1];
    OnnxValue first =
        LoopBody.loop(
                operators.recorder(),
                2,
                List.of(x),
                (index, carried) -> {
                  inner[0] = operators.scale(carried.get(0), 2);
                  return List.of(inner[0]);
                })
            .get(0);
    OnnxValue second =
        LoopBody.loop(
                operators.recorder(),
                2,
                List.of(first),
                (index, carried) -> List.of(operators.add(carried.get(0), inner[0])))
            .get(0);
    assertThatThrownBy(() -> operators.graph("g", Map.of("z", second)))
        .isInstanceOf(BackendException.class)
        .hasMessageContaining("used in another loop");
  }
}
