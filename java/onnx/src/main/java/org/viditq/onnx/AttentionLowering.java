package org.viditq.onnx;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.viditq.core.operators.ResultShapes;
import org.viditq.core.tensor.Shape;

/** Attention in ONNX's own operators. */
class AttentionLowering {
  private final GraphRecorder recorder;
  private final PointwiseLowering pointwise;
  private final ShapeLowering shapes;

  AttentionLowering(GraphRecorder recorder, PointwiseLowering pointwise, ShapeLowering shapes) {
    this.recorder = recorder;
    this.pointwise = pointwise;
    this.shapes = shapes;
  }

  OnnxValue attention(
      OnnxValue q, OnnxValue k, OnnxValue v, int heads, float scale, Optional<OnnxValue> bias) {
    Shape result =
        ResultShapes.attention(q.shape(), k.shape(), v.shape(), heads, bias.map(OnnxValue::shape));
    return attend(q, k, v, heads, scale, bias, result);
  }

  /** Each sample attends to its own slice of the packed keys and values. */
  OnnxValue attentionPacked(
      OnnxValue q, OnnxValue k, OnnxValue v, int heads, float scale, int[] lengths) {
    ResultShapes.attentionPacked(q.shape(), k.shape(), v.shape(), heads, lengths);
    List<OnnxValue> samples = new ArrayList<>();
    int from = 0;
    for (int i = 0; i < lengths.length; i++) {
      int to = from + lengths[i];
      samples.add(
          attention(
              shapes.slice(q, 0, i, i + 1),
              shapes.slice(k, 1, from, to),
              shapes.slice(v, 1, from, to),
              heads,
              scale,
              Optional.empty()));
      from = to;
    }
    return samples.size() == 1 ? samples.get(0) : shapes.concat(samples, 0);
  }

  /** Two products and a softmax per head; operands have been checked. */
  OnnxValue attend(
      OnnxValue q,
      OnnxValue k,
      OnnxValue v,
      int heads,
      float scale,
      Optional<OnnxValue> bias,
      Shape result) {
    OnnxValue query = perHead(pointwise.scale(q, scale), heads, 0, 2, 1, 3);
    OnnxValue key = perHead(k, heads, 0, 2, 3, 1);
    OnnxValue value = perHead(v, heads, 0, 2, 1, 3);
    OnnxValue scores = product(query, key);
    if (bias.isPresent()) {
      scores = pointwise.combine("Add", scores, bias.get());
    }
    OnnxValue weights =
        recorder.node("Softmax").inputs(scores).attribute("axis", -1).result(scores.shape());
    OnnxValue attended = shapes.permute(product(weights, value), 0, 2, 1, 3);
    return shapes.reshape(attended, result.toArray());
  }

  /** [B, N, H * D] as [B, N, H, D], permuted. */
  private OnnxValue perHead(OnnxValue x, int heads, int... permutation) {
    Shape shape = x.shape();
    OnnxValue split = shapes.reshape(x, shape.dim(0), shape.dim(1), heads, shape.dim(2) / heads);
    return shapes.permute(split, permutation);
  }

  /** a b for [B, H, M, K] and [B, H, K, N]. */
  private OnnxValue product(OnnxValue a, OnnxValue b) {
    int[] dims = a.shape().toArray();
    dims[3] = b.shape().dim(3);
    return recorder.node("MatMul").inputs(a, b).result(Shape.of(dims));
  }
}
