package org.viditq.onnx;

import java.util.Arrays;
import java.util.List;
import org.viditq.core.operators.ResultShapes;
import org.viditq.core.tensor.Shape;
import org.viditq.core.tensor.Tensor;

/** Moves between shapes. */
final class ShapeLowering {
  private final GraphRecorder recorder;

  ShapeLowering(GraphRecorder recorder) {
    this.recorder = recorder;
  }

  OnnxValue reshape(OnnxValue x, int... dims) {
    Shape result = ResultShapes.reshape(x.shape(), dims);
    if (result.equals(x.shape())) {
      return x;
    }
    NodeBuilder node = recorder.node("Reshape").inputs(x, recorder.indices(dims));
    if (Arrays.stream(dims).anyMatch(dim -> dim == 0)) {
      node.attribute("allowzero", 1); // or else 0 means: as in x
    }
    return node.result(x.type(), result);
  }

  OnnxValue permute(OnnxValue x, int... permutation) {
    return recorder
        .node("Transpose")
        .inputs(x)
        .attribute("perm", permutation)
        .result(x.type(), ResultShapes.permute(x.shape(), permutation));
  }

  OnnxValue concat(List<OnnxValue> parts, int axis) {
    Shape result = ResultShapes.concat(parts.stream().map(OnnxValue::shape).toList(), axis);
    return recorder
        .node("Concat")
        .inputs(parts)
        .attribute("axis", axis)
        .result(parts.get(0).type(), result);
  }

  OnnxValue slice(OnnxValue x, int axis, int from, int to) {
    Shape result = ResultShapes.slice(x.shape(), axis, from, to);
    return recorder
        .node("Slice")
        .inputs(x, recorder.indices(from), recorder.indices(to), recorder.indices(axis))
        .result(x.type(), result);
  }

  OnnxValue broadcast(OnnxValue x, int... dims) {
    Shape result = ResultShapes.broadcast(x.shape(), dims);
    return recorder.node("Expand").inputs(x, recorder.indices(dims)).result(x.type(), result);
  }

  OnnxValue upsampleNearest2x(OnnxValue x) {
    Shape result = ResultShapes.upsampleNearest2x(x.shape());
    return recorder
        .node("Resize")
        .inputs(x)
        .withoutInput() // the region of interest, which this mode has not
        .inputs(recorder.constant(Tensor.of(new float[] {1, 1, 2, 2}, 4), ElementType.FLOAT))
        .attribute("mode", "nearest")
        .attribute("coordinate_transformation_mode", "asymmetric")
        .attribute("nearest_mode", "floor")
        .result(result);
  }
}
