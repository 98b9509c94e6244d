package org.viditq.onnx;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.viditq.core.tensor.Shape;

/** Attention in ONNX Runtime's fused operator, which does not keep the scores in memory. */
final class OnnxRuntimeAttention extends AttentionLowering {
  private final GraphRecorder recorder;
  private final ShapeLowering shapes;
  private final Map<BiasRows, OnnxValue> biases = new HashMap<>();

  OnnxRuntimeAttention(GraphRecorder recorder, PointwiseLowering pointwise, ShapeLowering shapes) {
    super(recorder, pointwise, shapes);
    this.recorder = recorder;
    this.shapes = shapes;
  }

  /** A bias and how many queries and keys it is for. */
  private record BiasRows(OnnxValue bias, int queries, int keys) {}

  @Override
  OnnxValue attend(
      OnnxValue q,
      OnnxValue k,
      OnnxValue v,
      int heads,
      float scale,
      Optional<OnnxValue> bias,
      Shape result) {
    NodeBuilder node =
        recorder
            .node("com.microsoft", "MultiHeadAttention")
            .inputs(q, k, v)
            .attribute("num_heads", heads)
            .attribute("scale", scale);
    bias.ifPresent(
        b ->
            node.withoutInput() // biases of the projections
                .withoutInput() // padding mask
                .inputs(
                    biases.computeIfAbsent(
                        new BiasRows(b, q.shape().dim(1), k.shape().dim(1)), this::repeated)));
    return node.result(result);
  }

  /** The operator repeats a bias over samples and heads, but neither over queries nor over keys. */
  private OnnxValue repeated(BiasRows rows) {
    Shape shape = rows.bias().shape();
    Shape needed = Shape.of(shape.dim(0), shape.dim(1), rows.queries(), rows.keys());
    return shape.equals(needed) ? rows.bias() : shapes.broadcast(rows.bias(), needed.toArray());
  }
}
