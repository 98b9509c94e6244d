package org.viditq.cpp;

import java.util.Optional;
import org.bytedeco.javacpp.FloatPointer;
import org.viditq.core.operators.ResultShapes;
import org.viditq.core.tensor.Shape;
import org.viditq.cpp.bridge.Bridge;
import org.viditq.cpp.bridge.viditq_group_norm_operands;
import org.viditq.cpp.bridge.viditq_modulation;

/** LayerNorm, RMSNorm and GroupNorm. */
final class NativeNormalization {
  private final NativeContext context;
  private final NativeMemory memory;
  // Operands of calls, one at a time; to allocate them anew would take as long as small calls.
  private final viditq_modulation modulation = new viditq_modulation();
  private final viditq_group_norm_operands groupNorm = new viditq_group_norm_operands();

  NativeNormalization(NativeContext context, NativeMemory memory) {
    this.context = context;
    this.memory = memory;
  }

  NativeTensor layerNorm(
      NativeTensor x, Optional<NativeTensor> gamma, Optional<NativeTensor> beta, float eps) {
    Shape shape =
        ResultShapes.layerNorm(
            x.shape(), gamma.map(NativeTensor::shape), beta.map(NativeTensor::shape));
    NativeTensor out = memory.allocate(shape);
    if (shape.size() > 0) {
      int status =
          Bridge.viditq_layer_norm(
              context.handle(),
              x.data(),
              shape.rows(),
              shape.dim(-1),
              data(gamma),
              data(beta),
              eps,
              out.data());
      NativeLibrary.check(status, "layerNorm of " + shape);
    }
    return out;
  }

  NativeTensor layerNormModulate(
      NativeTensor x, NativeTensor shift, NativeTensor scale, float eps) {
    Shape shape = ResultShapes.layerNormModulate(x.shape(), shift.shape(), scale.shape());
    NativeTensor out = memory.allocate(shape);
    if (shape.size() > 0) {
      int status =
          Bridge.viditq_layer_norm_modulate(
              context.handle(), operands(modulation, x, shift, scale, eps), out.data());
      NativeLibrary.check(status, "layerNormModulate of " + shape);
    }
    return out;
  }

  /** LayerNorm and modulation as a call takes them: written to {@code operands}. */
  static viditq_modulation operands(
      viditq_modulation operands,
      NativeTensor x,
      NativeTensor shift,
      NativeTensor scale,
      float eps) {
    return operands
        .x(x.data())
        .batch(x.shape().dim(0))
        .tokens(x.shape().dim(1))
        .channels(x.shape().dim(2))
        .shift(shift.data())
        .shift_batch(shift.shape().dim(0))
        .scale(scale.data())
        .scale_batch(scale.shape().dim(0))
        .eps(eps);
  }

  NativeTensor rmsNorm(NativeTensor x, NativeTensor weight, float eps) {
    Shape shape = ResultShapes.rmsNorm(x.shape(), weight.shape());
    NativeTensor out = memory.allocate(shape);
    if (shape.size() > 0) {
      int status =
          Bridge.viditq_rms_norm(
              context.handle(),
              x.data(),
              shape.rows(),
              shape.dim(-1),
              weight.data(),
              eps,
              out.data());
      NativeLibrary.check(status, "rmsNorm of " + shape);
    }
    return out;
  }

  NativeTensor groupNorm(
      NativeTensor x, NativeTensor gamma, NativeTensor beta, int groups, float eps) {
    Shape shape = ResultShapes.groupNorm(x.shape(), gamma.shape(), beta.shape(), groups);
    NativeTensor out = memory.allocate(shape);
    if (shape.size() > 0) {
      int status =
          Bridge.viditq_group_norm(
              context.handle(),
              groupNorm
                  .x(x.data())
                  .batch(shape.dim(0))
                  .channels(shape.dim(1))
                  .positions(shape.size() / (shape.dim(0) * shape.dim(1)))
                  .groups(groups)
                  .gamma(gamma.data())
                  .beta(beta.data())
                  .eps(eps),
              out.data());
      NativeLibrary.check(status, "groupNorm of " + shape);
    }
    return out;
  }

  private static FloatPointer data(Optional<NativeTensor> tensor) {
    return tensor.map(NativeTensor::data).orElse(null);
  }
}
