package org.viditq.onnx;

import ai.onnx.proto.OnnxMl.AttributeProto;
import com.google.protobuf.ByteString;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.viditq.core.tensor.Shape;

/** A node being recorded. */
final class NodeBuilder {
  private final GraphRecorder recorder;
  private final String domain;
  private final String operator;
  private final List<Optional<OnnxValue>> inputs = new ArrayList<>();
  private final List<AttributeProto> attributes = new ArrayList<>();
  private String scope = "";
  private Optional<LoopBody> body = Optional.empty();

  NodeBuilder(GraphRecorder recorder, String domain, String operator) {
    this.recorder = recorder;
    this.domain = domain;
    this.operator = operator;
  }

  /** Names the node after a layer, so that it is found again in an engine's profile. */
  NodeBuilder of(String layer) {
    scope = layer + "/";
    return this;
  }

  NodeBuilder inputs(OnnxValue... values) {
    return inputs(List.of(values));
  }

  NodeBuilder inputs(List<OnnxValue> values) {
    for (OnnxValue value : values) {
      recorder.requireOwn(value);
      inputs.add(Optional.of(value));
    }
    return this;
  }

  /** Leaves out an optional input. */
  NodeBuilder withoutInput() {
    inputs.add(Optional.empty());
    return this;
  }

  NodeBuilder attribute(String name, int value) {
    attributes.add(named(name, AttributeProto.AttributeType.INT).setI(value).build());
    return this;
  }

  NodeBuilder attribute(String name, float value) {
    attributes.add(named(name, AttributeProto.AttributeType.FLOAT).setF(value).build());
    return this;
  }

  NodeBuilder attribute(String name, String value) {
    attributes.add(
        named(name, AttributeProto.AttributeType.STRING)
            .setS(ByteString.copyFromUtf8(value))
            .build());
    return this;
  }

  NodeBuilder attribute(String name, int[] values) {
    AttributeProto.Builder attribute = named(name, AttributeProto.AttributeType.INTS);
    for (int value : values) {
      attribute.addInts(value);
    }
    attributes.add(attribute.build());
    return this;
  }

  /** What is done in each iteration of a loop. */
  NodeBuilder body(LoopBody own) {
    body = Optional.of(own);
    return this;
  }

  private static AttributeProto.Builder named(String name, AttributeProto.AttributeType type) {
    return AttributeProto.newBuilder().setName(name).setType(type);
  }

  /** Records the node; its result is of the recorder's own type. */
  OnnxValue result(Shape shape) {
    return result(recorder.real(), shape);
  }

  /** Records the node. */
  OnnxValue result(ElementType type, Shape shape) {
    return results(List.of(type), List.of(shape)).get(0);
  }

  /** Records a node with several results. */
  List<OnnxValue> results(List<ElementType> types, List<Shape> shapes) {
    String name = recorder.unique(scope + operator);
    List<String> outputs = new ArrayList<>(List.of(name));
    for (int i = 1; i < types.size(); i++) {
      outputs.add(recorder.unique(name + ":" + i));
    }
    OnnxNode node = record(name, outputs);
    List<OnnxValue> values = new ArrayList<>();
    for (int i = 0; i < types.size(); i++) {
      values.add(
          recorder.value(
              outputs.get(i), types.get(i), shapes.get(i), new OnnxValue.Origin.Result(node)));
    }
    return values;
  }

  /** Records the node under a name that the caller has made sure of; its result is like x. */
  OnnxValue named(String name, OnnxValue x) {
    OnnxNode node = record(name, List.of(name));
    return recorder.value(name, x.type(), x.shape(), new OnnxValue.Origin.Result(node));
  }

  private OnnxNode record(String name, List<String> outputs) {
    return new OnnxNode(
        recorder.nextSerial(),
        name,
        domain,
        operator,
        List.copyOf(inputs),
        List.copyOf(attributes),
        List.copyOf(outputs),
        body);
  }
}
