package org.viditq.onnx;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * A recorded operator.
 *
 * @param serial position in the order of recording, in which every operand comes before its use
 * @param domain empty for ONNX's own operators
 * @param inputs empty where an optional one is left out
 * @param outputs names of its results
 * @param body of a loop
 */
record OnnxNode(
    int serial,
    String name,
    String domain,
    String operator,
    List<Optional<OnnxValue>> inputs,
    List<AttributeProto> attributes,
    List<String> outputs,
    Optional<LoopBody> body) {

  /** All that must be computed for it: its inputs, and what the body of a loop results in. */
  Stream<OnnxValue> needed() {
    return Stream.concat(
        inputs.stream().flatMap(Optional::stream),
        body.stream().flatMap(own -> own.results().stream()));
  }

  /** Without the body of a loop. */
  NodeProto toProto() {
    NodeProto.Builder node =
        NodeProto.newBuilder()
            .setName(name)
            .setOpType(operator)
            .addAllAttribute(attributes)
            .addAllOutput(outputs);
    if (!domain.isEmpty()) {
      node.setDomain(domain);
    }
    for (Optional<OnnxValue> input : inputs) {
      node.addInput(input.map(OnnxValue::name).orElse(""));
    }
    return node.build();
  }
}
