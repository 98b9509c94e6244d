package org.viditq.onnx;

import java.util.Optional;
import org.viditq.core.tensor.Shape;

/**
 * Attention as ONNX's own operator, which engines compute without keeping the scores. Heads whose
 * keys are of other extents than their values, which TensorRT refuses, are two products and a
 * softmax.
 */
class AttentionNode extends AttentionLowering {
  private final GraphRecorder recorder;

  AttentionNode(GraphRecorder recorder, PointwiseLowering pointwise, ShapeLowering shapes) {
    super(recorder, pointwise, shapes);
    this.recorder = recorder;
  }

  @Override
  final OnnxValue attend(
      OnnxValue q,
      OnnxValue k,
      OnnxValue v,
      int heads,
      float scale,
      Optional<OnnxValue> bias,
      Shape result) {
    if (!k.shape().equals(v.shape())) {
      return super.attend(q, k, v, heads, scale, bias, result);
    }
    return fused(q, k, v, heads, scale, bias, result);
  }

  /** The node, for keys of the extents of their values. */
  OnnxValue fused(
      OnnxValue q,
      OnnxValue k,
      OnnxValue v,
      int heads,
      float scale,
      Optional<OnnxValue> bias,
      Shape result) {
    NodeBuilder node =
        recorder
            .node("Attention")
            .inputs(q, k, v)
            .attribute("q_num_heads", heads)
            .attribute("kv_num_heads", heads)
            .attribute("scale", scale);
    bias.ifPresent(node::inputs);
    return node.result(result);
  }
}
