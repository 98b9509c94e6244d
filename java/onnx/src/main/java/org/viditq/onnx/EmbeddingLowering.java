package org.viditq.onnx;

import java.util.ArrayList;
import java.util.List;
import org.viditq.core.operators.ResultShapes;
import org.viditq.core.tensor.Shape;
import org.viditq.core.tensor.Tensor;

/** Table look-up, the timestep embedding and the rotary embedding. */
final class EmbeddingLowering {
  private static final double MAX_PERIOD = 10000;
  private final GraphRecorder recorder;
  private final PointwiseLowering pointwise;
  private final ShapeLowering shapes;

  EmbeddingLowering(GraphRecorder recorder, PointwiseLowering pointwise, ShapeLowering shapes) {
    this.recorder = recorder;
    this.pointwise = pointwise;
    this.shapes = shapes;
  }

  OnnxValue rows(OnnxValue table, int[] indices) {
    Shape result = ResultShapes.embedding(table.shape(), indices);
    return recorder
        .node("Gather")
        .inputs(table, recorder.indices(indices))
        .attribute("axis", 0)
        .result(table.type(), result);
  }

  /** Indices are float32, as all inputs are, and hold whole numbers. */
  OnnxValue rows(OnnxValue table, OnnxValue indices) {
    Shape result = ResultShapes.embedding(table.shape(), new int[indices.shape().size()]);
    OnnxValue whole = pointwise.cast(indices, ElementType.INT64);
    return recorder
        .node("Gather")
        .inputs(table, whole)
        .attribute("axis", 0)
        .result(table.type(), result);
  }

  /** In float32, which timesteps up to 1000 need; the result is rounded. */
  OnnxValue timesteps(OnnxValue timesteps, int dimension, boolean flip, float shift) {
    ResultShapes.timestepEmbedding(timesteps.shape(), dimension, shift);
    int batch = timesteps.shape().dim(0);
    OnnxValue angles =
        pointwise.combine(
            "Mul",
            shapes.reshape(pointwise.cast(timesteps, ElementType.FLOAT), batch, 1),
            recorder.constant(frequencies(dimension / 2, shift), ElementType.FLOAT));
    OnnxValue sin = pointwise.unary("Sin", angles);
    OnnxValue cos = pointwise.unary("Cos", angles);
    List<OnnxValue> parts = new ArrayList<>(flip ? List.of(cos, sin) : List.of(sin, cos));
    if (dimension % 2 == 1) {
      parts.add(recorder.constant(Tensor.zeros(batch, 1), ElementType.FLOAT));
    }
    return pointwise.cast(shapes.concat(parts, 1), recorder.real());
  }

  /** [1, half], rounded to float32 where the published code rounds. */
  private static Tensor frequencies(int half, float shift) {
    Tensor frequencies = Tensor.zeros(1, half);
    for (int i = 0; i < half; i++) {
      float exponent = (float) -Math.log(MAX_PERIOD) * i / (half - shift);
      frequencies.data()[i] = (float) Math.exp(exponent);
    }
    return frequencies;
  }

  /** x cos + (-x1, x0) sin, the pairs (x0, x1) turned by a quarter in the second term. */
  OnnxValue rotary(OnnxValue x, OnnxValue cos, OnnxValue sin) {
    Shape shape = ResultShapes.rotary(x.shape(), cos.shape(), sin.shape());
    int tokens = shape.dim(1);
    int channels = shape.dim(3);
    OnnxValue pairs = shapes.reshape(x, shape.dim(0), tokens, shape.dim(2), channels / 2, 2);
    OnnxValue first = shapes.slice(pairs, 4, 0, 1);
    OnnxValue second = shapes.slice(pairs, 4, 1, 2);
    OnnxValue negated = pointwise.unary("Neg", second);
    OnnxValue turned = shapes.reshape(shapes.concat(List.of(negated, first), 4), shape.toArray());
    return pointwise.combine(
        "Add",
        pointwise.combine("Mul", x, shapes.reshape(cos, tokens, 1, channels)),
        pointwise.combine("Mul", turned, shapes.reshape(sin, tokens, 1, channels)));
  }
}
