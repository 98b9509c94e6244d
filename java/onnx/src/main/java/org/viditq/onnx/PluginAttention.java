package org.viditq.onnx;

import java.util.Optional;
import org.viditq.core.operators.AttentionPrecision;
import org.viditq.core.tensor.Shape;

/**
 * Attention in {@link AttentionPrecision#INT8} in the plugin dialect: our node in the place of
 * ONNX's own.
 */
final class PluginAttention extends AttentionNode {
  private final GraphRecorder recorder;

  PluginAttention(GraphRecorder recorder, PointwiseLowering pointwise, ShapeLowering shapes) {
    super(recorder, pointwise, shapes);
    this.recorder = recorder;
  }

  @Override
  OnnxValue fused(
      OnnxValue q,
      OnnxValue k,
      OnnxValue v,
      int heads,
      float scale,
      Optional<OnnxValue> bias,
      Shape result) {
    AttentionPrecision.INT8.requireHead(q.shape().dim(2) / heads);
    NodeBuilder node = Plugins.node(recorder, "ViditqAttention").inputs(q, k, v);
    bias.ifPresent(node::inputs);
    return node.attribute("heads", heads)
        .attribute("scale", scale)
        .attribute("has_bias", bias.isPresent() ? 1 : 0)
        .result(result);
  }
}
