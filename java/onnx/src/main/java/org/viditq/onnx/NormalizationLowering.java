package org.viditq.onnx;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.viditq.core.operators.ResultShapes;
import org.viditq.core.tensor.Shape;
import org.viditq.core.tensor.Tensor;

/** LayerNorm, RMSNorm and GroupNorm. */
final class NormalizationLowering {
  private final GraphRecorder recorder;
  private final PointwiseLowering pointwise;
  private final ShapeLowering shapes;
  private final boolean groupNode;
  private final Map<Integer, OnnxValue> ones = new HashMap<>();

  /**
   * @param groupNode whether a GroupNorm is a node of its own, as from opset 21 on it can be
   */
  NormalizationLowering(
      GraphRecorder recorder,
      PointwiseLowering pointwise,
      ShapeLowering shapes,
      boolean groupNode) {
    this.groupNode = groupNode;
    this.recorder = recorder;
    this.pointwise = pointwise;
    this.shapes = shapes;
  }

  OnnxValue layerNorm(OnnxValue x, Optional<OnnxValue> gamma, Optional<OnnxValue> beta, float eps) {
    Shape result =
        ResultShapes.layerNorm(x.shape(), gamma.map(OnnxValue::shape), beta.map(OnnxValue::shape));
    List<OnnxValue> inputs = new ArrayList<>();
    inputs.add(x);
    inputs.add(gamma.orElseGet(() -> ones(x.shape().dim(-1))));
    beta.ifPresent(inputs::add);
    return recorder
        .node("LayerNormalization")
        .inputs(inputs)
        .attribute("axis", -1)
        .attribute("epsilon", eps)
        .result(result);
  }

  OnnxValue layerNormModulate(OnnxValue x, OnnxValue shift, OnnxValue scale, float eps) {
    ResultShapes.layerNormModulate(x.shape(), shift.shape(), scale.shape());
    OnnxValue normalized = layerNorm(x, Optional.empty(), Optional.empty(), eps);
    OnnxValue factor = pointwise.combine("Add", scale, recorder.scalar(1));
    return pointwise.combine("Add", pointwise.combine("Mul", normalized, factor), shift);
  }

  /**
   * In the nodes of the published code, which engines recognize and fuse. Squares and their mean
   * are float32.
   */
  OnnxValue rmsNorm(OnnxValue input, OnnxValue weight, float eps) {
    ResultShapes.rmsNorm(input.shape(), weight.shape());
    OnnxValue x = pointwise.cast(input, ElementType.FLOAT);
    OnnxValue squares = pointwise.combine("Pow", x, recorder.scalar(2, ElementType.FLOAT));
    int[] dims = x.shape().toArray();
    dims[dims.length - 1] = 1;
    OnnxValue mean =
        recorder
            .node("ReduceMean")
            .inputs(squares, recorder.indices(-1))
            .attribute("keepdims", 1)
            .result(ElementType.FLOAT, Shape.of(dims));
    OnnxValue shifted = pointwise.combine("Add", mean, recorder.scalar(eps, ElementType.FLOAT));
    OnnxValue normalized = pointwise.combine("Div", x, pointwise.unary("Sqrt", shifted));
    return pointwise.combine("Mul", pointwise.cast(normalized, weight.type()), weight);
  }

  /**
   * One node, or below opset 21 a group as one channel of an instance normalization, then the
   * channels' factors.
   */
  OnnxValue groupNorm(OnnxValue x, OnnxValue gamma, OnnxValue beta, int groups, float eps) {
    Shape result = ResultShapes.groupNorm(x.shape(), gamma.shape(), beta.shape(), groups);
    if (groupNode) {
      return recorder
          .node("GroupNormalization")
          .inputs(x, gamma, beta)
          .attribute("num_groups", groups)
          .attribute("epsilon", eps)
          .result(result);
    }
    int batch = x.shape().dim(0);
    int perGroup = batch == 0 ? 0 : x.shape().size() / (batch * groups);
    OnnxValue grouped = shapes.reshape(x, batch, groups, perGroup);
    OnnxValue normalized =
        recorder
            .node("InstanceNormalization")
            .inputs(grouped, ones(groups), recorder.constant(Tensor.zeros(groups)))
            .attribute("epsilon", eps)
            .result(grouped.shape());
    int[] perChannel = new int[result.rank() - 1];
    Arrays.fill(perChannel, 1);
    perChannel[0] = result.dim(1);
    OnnxValue back = shapes.reshape(normalized, result.toArray());
    OnnxValue scaled = pointwise.combine("Mul", back, shapes.reshape(gamma, perChannel));
    return pointwise.combine("Add", scaled, shapes.reshape(beta, perChannel));
  }

  private OnnxValue ones(int count) {
    return ones.computeIfAbsent(count, n -> recorder.constant(Tensor.full(1, n)));
  }
}
