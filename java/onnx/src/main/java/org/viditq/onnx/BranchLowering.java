package org.viditq.onnx;

import org.viditq.core.checkpoint.MemoryTensor;
import org.viditq.core.operators.QuantizedLinearParameters;
import org.viditq.core.quant.LowRankBranch;
import org.viditq.core.tensor.Shape;

/** The low-rank branch of a layer: (x Dᵀ) Uᵀ. */
final class BranchLowering {
  private final GraphRecorder recorder;
  private final String layer;
  private final OnnxValue down;
  private final OnnxValue up;
  private final int rank;

  BranchLowering(
      GraphRecorder recorder, QuantizedLinearParameters parameters, LowRankBranch branch) {
    this.recorder = recorder;
    this.layer = parameters.name();
    this.rank = branch.rank();
    this.down = transposed("branch_down", MemoryTensor.of("down", branch.down()));
    this.up = transposed("branch_up", MemoryTensor.of("up", branch.up()));
  }

  private OnnxValue transposed(String what, MemoryTensor weight) {
    return recorder.constant(layer + "." + what, new TransposedWeight(weight, recorder.real()));
  }

  /**
   * @param x the layer's input as it comes, [.., in]
   * @param result shape [.., out]
   */
  OnnxValue product(OnnxValue x, Shape result) {
    int[] dims = result.toArray();
    dims[dims.length - 1] = rank;
    OnnxValue inner = recorder.node("MatMul").of(layer).inputs(x, down).result(Shape.of(dims));
    return recorder.node("MatMul").of(layer).inputs(inner, up).result(result);
  }
}
