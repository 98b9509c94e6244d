package org.viditq.onnx;

import java.util.Optional;
import org.viditq.core.operators.AttentionPrecision;
import org.viditq.core.tensor.Shape;

/**
 * Attention in {@link AttentionPrecision#INT8} in the plugin dialect: a node. Heads whose keys are
 * of other extents than their values, which no denoiser has, are two products and a softmax.
 */
final class PluginAttention extends AttentionLowering {
  private final GraphRecorder recorder;

  PluginAttention(GraphRecorder recorder, PointwiseLowering pointwise, ShapeLowering shapes) {
    super(recorder, pointwise, shapes);
    this.recorder = recorder;
  }

  @Override
  OnnxValue attend(
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
    AttentionPrecision.INT8.requireHead(q.shape().dim(2) / heads);
    NodeBuilder node = Plugins.node(recorder, "ViditqAttention").inputs(q, k, v);
    bias.ifPresent(node::inputs);
    return node.attribute("heads", heads)
        .attribute("scale", scale)
        .attribute("has_bias", bias.isPresent() ? 1 : 0)
        .result(result);
  }
}
