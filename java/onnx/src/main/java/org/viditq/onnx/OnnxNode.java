package org.viditq.onnx;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import java.util.List;
import java.util.Optional;

/**
 * A recorded operator.
 *
 * @param serial position in the order of recording, in which every operand comes before its use
 * @param domain empty for ONNX's own operators
 * @param inputs empty where an optional one is left out
 * @param outputs names of its results
 */
record OnnxNode(
    int serial,
    String name,
    String domain,
    String operator,
    List<Optional<OnnxValue>> inputs,
    List<AttributeProto> attributes,
    List<String> outputs) {

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
