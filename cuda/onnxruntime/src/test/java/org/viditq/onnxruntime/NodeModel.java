package org.viditq.onnxruntime;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorShapeProto;
import ai.onnx.proto.OnnxMl.TypeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import com.google.protobuf.ByteString;
import java.util.List;
import java.util.Map;

/** A small ONNX model, put together by hand. Extents are numbers, or names of unknown ones. */
final class NodeModel {
  private final GraphProto.Builder graph = GraphProto.newBuilder().setName("nodes");

  NodeModel input(String name, ElementKind kind, Object... extents) {
    graph.addInput(value(name, kind, extents));
    return this;
  }

  NodeModel output(String name, ElementKind kind, Object... extents) {
    graph.addOutput(value(name, kind, extents));
    return this;
  }

  NodeModel inputOfAnyRank(String name, ElementKind kind) {
    graph.addInput(typed(name, kind));
    return this;
  }

  NodeModel outputOfAnyRank(String name, ElementKind kind) {
    graph.addOutput(typed(name, kind));
    return this;
  }

  /** Says what type a value between nodes has. */
  NodeModel declare(String name, ElementKind kind) {
    graph.addValueInfo(typed(name, kind));
    return this;
  }

  NodeModel constant(String name, Operand operand) {
    TensorProto.Builder tensor =
        TensorProto.newBuilder()
            .setName(name)
            .setDataType(operand.kind().proto.getNumber())
            .setRawData(ByteString.copyFrom(operand.bytes()));
    for (long extent : operand.extents()) {
      tensor.addDims(extent);
    }
    graph.addInitializer(tensor);
    return this;
  }

  /**
   * @param attributes integers, floats, texts, or lists of integers
   */
  NodeModel node(
      String operator, Map<String, ?> attributes, List<String> inputs, List<String> outputs) {
    NodeProto.Builder node =
        NodeProto.newBuilder()
            .setOpType(operator)
            .setName(outputs.get(0) + "_node")
            .setDomain("viditq")
            .addAllInput(inputs)
            .addAllOutput(outputs);
    attributes.forEach((name, value) -> node.addAttribute(attribute(name, value)));
    graph.addNode(node);
    return this;
  }

  byte[] toBytes() {
    return ModelProto.newBuilder()
        .setIrVersion(9)
        .addOpsetImport(OperatorSetIdProto.newBuilder().setVersion(20))
        .addOpsetImport(OperatorSetIdProto.newBuilder().setDomain("viditq").setVersion(1))
        .setGraph(graph)
        .build()
        .toByteArray();
  }

  private static AttributeProto attribute(String name, Object value) {
    AttributeProto.Builder attribute = AttributeProto.newBuilder().setName(name);
    if (value instanceof Float real) {
      return attribute.setType(AttributeProto.AttributeType.FLOAT).setF(real).build();
    }
    if (value instanceof String text) {
      return attribute
          .setType(AttributeProto.AttributeType.STRING)
          .setS(ByteString.copyFromUtf8(text))
          .build();
    }
    if (value instanceof List<?> list) {
      attribute.setType(AttributeProto.AttributeType.INTS);
      list.forEach(element -> attribute.addInts(((Number) element).longValue()));
      return attribute.build();
    }
    return attribute
        .setType(AttributeProto.AttributeType.INT)
        .setI(((Number) value).longValue())
        .build();
  }

  private static ValueInfoProto typed(String name, ElementKind kind) {
    TypeProto.Tensor tensor =
        TypeProto.Tensor.newBuilder().setElemType(kind.proto.getNumber()).build();
    return ValueInfoProto.newBuilder()
        .setName(name)
        .setType(TypeProto.newBuilder().setTensorType(tensor))
        .build();
  }

  private static ValueInfoProto value(String name, ElementKind kind, Object... extents) {
    TensorShapeProto.Builder shape = TensorShapeProto.newBuilder();
    for (Object extent : extents) {
      TensorShapeProto.Dimension.Builder dimension = shape.addDimBuilder();
      if (extent instanceof String symbol) {
        dimension.setDimParam(symbol);
      } else {
        dimension.setDimValue(((Number) extent).longValue());
      }
    }
    TypeProto.Tensor tensor =
        TypeProto.Tensor.newBuilder().setElemType(kind.proto.getNumber()).setShape(shape).build();
    return ValueInfoProto.newBuilder()
        .setName(name)
        .setType(TypeProto.newBuilder().setTensorType(tensor))
        .build();
  }
}
