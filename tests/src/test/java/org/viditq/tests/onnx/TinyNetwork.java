package org.viditq.tests.onnx;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorShapeProto;
import ai.onnx.proto.OnnxMl.TypeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** ONNX files of a node or two. */
public final class TinyNetwork {
  private TinyNetwork() {}

  /** A network whose features are the mean colours of a frame of any size: [1, 3, 1, 1]. */
  public static void meanColours(Path file) throws IOException {
    write(
        file,
        graph()
            .addInput(value("x", TensorProto.DataType.FLOAT, 1, 3, -1, -1))
            .addOutput(value("y", TensorProto.DataType.FLOAT, 1, 3, 1, 1))
            .addNode(node("GlobalAveragePool", "y", "x")));
  }

  static void write(Path file, GraphProto.Builder graph) throws IOException {
    Files.write(
        file,
        ModelProto.newBuilder()
            .setIrVersion(8)
            .addOpsetImport(OperatorSetIdProto.newBuilder().setVersion(17))
            .setGraph(graph)
            .build()
            .toByteArray());
  }

  static GraphProto.Builder graph() {
    return GraphProto.newBuilder().setName("metric");
  }

  static NodeProto node(String operator, String output, String... inputs) {
    NodeProto.Builder node = NodeProto.newBuilder().setOpType(operator).addOutput(output);
    for (String input : inputs) {
      node.addInput(input);
    }
    return node.build();
  }

  /**
   * @param extents -1 for any
   */
  static ValueInfoProto value(String name, TensorProto.DataType type, long... extents) {
    TensorShapeProto.Builder shape = TensorShapeProto.newBuilder();
    for (long extent : extents) {
      TensorShapeProto.Dimension.Builder dimension = TensorShapeProto.Dimension.newBuilder();
      shape.addDim(
          extent < 0
              ? dimension.setDimParam("axis" + shape.getDimCount())
              : dimension.setDimValue(extent));
    }
    return ValueInfoProto.newBuilder()
        .setName(name)
        .setType(
            TypeProto.newBuilder()
                .setTensorType(
                    TypeProto.Tensor.newBuilder().setElemType(type.getNumber()).setShape(shape)))
        .build();
  }
}
