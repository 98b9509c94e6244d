package org.viditq.cpp;

import org.bytedeco.javacpp.IntPointer;
import org.viditq.core.operators.ResultShapes;
import org.viditq.core.tensor.Shape;
import org.viditq.cpp.bridge.Bridge;
import org.viditq.cpp.bridge.viditq_rotary_operands;

/** Table look-up, timesteps and rotary positions. */
final class NativeEmbeddings {
  private final NativeContext context;
  private final NativeMemory memory;
  // Of one call at a time; to allocate it anew would take as long as a small call.
  private final viditq_rotary_operands rotary = new viditq_rotary_operands();

  NativeEmbeddings(NativeContext context, NativeMemory memory) {
    this.context = context;
    this.memory = memory;
  }

  NativeTensor rows(NativeTensor table, int[] indices) {
    Shape shape = ResultShapes.embedding(table.shape(), indices);
    NativeTensor out = memory.allocate(shape);
    if (shape.size() > 0) {
      try (IntPointer rows = new IntPointer(indices)) {
        int status =
            Bridge.viditq_embed(
                context.handle(),
                table.data(),
                table.shape().dim(0),
                table.shape().dim(1),
                rows,
                indices.length,
                out.data());
        NativeLibrary.check(status, "embedding of " + shape);
      }
    }
    return out;
  }

  NativeTensor timesteps(NativeTensor timesteps, int dimension, boolean flip, float shift) {
    Shape shape = ResultShapes.timestepEmbedding(timesteps.shape(), dimension, shift);
    NativeTensor out = memory.allocate(shape);
    if (shape.size() > 0) {
      int status =
          Bridge.viditq_timestep_embedding(
              context.handle(),
              timesteps.data(),
              shape.dim(0),
              dimension,
              flip ? 1 : 0,
              shift,
              out.data());
      NativeLibrary.check(status, "timestepEmbedding of " + shape);
    }
    return out;
  }

  NativeTensor rotary(NativeTensor x, NativeTensor cos, NativeTensor sin) {
    Shape shape = ResultShapes.rotary(x.shape(), cos.shape(), sin.shape());
    NativeTensor out = memory.allocate(shape);
    if (shape.size() > 0) {
      int status =
          Bridge.viditq_rotary(
              context.handle(),
              rotary
                  .x(x.data())
                  .batch(shape.dim(0))
                  .tokens(shape.dim(1))
                  .heads(shape.dim(2))
                  .d(shape.dim(3))
                  .cosines(cos.data())
                  .sines(sin.data()),
              out.data());
      NativeLibrary.check(status, "rotary of " + shape);
    }
    return out;
  }
}
