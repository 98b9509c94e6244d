package org.viditq.onnx;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.function.Consumer;
import org.viditq.core.error.OutputException;

/** Files of graphs in which something is wrong. */
final class DamagedGraph {
  private DamagedGraph() {}

  /** The first node of an operator. */
  static NodeProto.Builder node(GraphProto.Builder graph, String operator) {
    return graph.getNodeBuilderList().stream()
        .filter(node -> node.getOpType().equals(operator))
        .findFirst()
        .orElseThrow();
  }

  static TensorProto.Builder constant(GraphProto.Builder graph, String name) {
    return graph.getInitializerBuilderList().stream()
        .filter(constant -> constant.getName().equals(name))
        .findFirst()
        .orElseThrow();
  }

  /** Damages the file and expects that {@link GraphCheck} says so. */
  static void requireRefused(Path file, Consumer<GraphProto.Builder> damage, String message)
      throws IOException {
    ModelProto.Builder model = ModelProto.parseFrom(Files.readAllBytes(file)).toBuilder();
    damage.accept(model.getGraphBuilder());
    Files.write(file, model.build().toByteArray());
    assertThatThrownBy(() -> GraphCheck.require(file))
        .isInstanceOf(OutputException.class)
        .hasMessageContaining(message);
  }

  /** The model with so many bytes at random, at random places. */
  static byte[] withRandomBytes(byte[] model, int count, Random random) {
    byte[] damaged = model.clone();
    for (int n = 0; n < count; n++) {
      damaged[random.nextInt(damaged.length)] = (byte) random.nextInt();
    }
    return damaged;
  }
}
