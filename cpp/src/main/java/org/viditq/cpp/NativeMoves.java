package org.viditq.cpp;

import java.util.List;
import org.viditq.core.operators.ResultShapes;
import org.viditq.core.tensor.Shape;
import org.viditq.cpp.bridge.Bridge;
import org.viditq.cpp.bridge.viditq_shape;
import org.viditq.cpp.bridge.viditq_strided;

/** Operators that only move values; those that need not share their operand's memory. */
final class NativeMoves {
  private final NativeContext context;
  private final NativeMemory memory;
  // Operands of calls, one at a time; to allocate them anew would take as long as small calls.
  private final viditq_strided source = new viditq_strided();
  private final viditq_shape result = new viditq_shape();

  NativeMoves(NativeContext context, NativeMemory memory) {
    this.context = context;
    this.memory = memory;
  }

  NativeTensor reshape(NativeTensor x, int... dims) {
    return view(x, ResultShapes.reshape(x.shape(), dims), 0);
  }

  NativeTensor permute(NativeTensor x, int... permutation) {
    Shape shape = ResultShapes.permute(x.shape(), permutation);
    long[] own = Steps.rowMajor(x.shape());
    long[] steps = new long[permutation.length];
    for (int i = 0; i < steps.length; i++) {
      steps[i] = own[permutation[i]];
    }
    return gather("permute", x, shape, steps);
  }

  NativeTensor broadcast(NativeTensor x, int... dims) {
    Shape shape = ResultShapes.broadcast(x.shape(), dims);
    return shape.size() == x.shape().size()
        ? view(x, shape, 0)
        : gather("broadcast", x, shape, Steps.broadcast(x.shape(), shape));
  }

  private NativeTensor gather(String operator, NativeTensor x, Shape shape, long[] steps) {
    NativeTensor out = memory.allocate(shape);
    if (shape.size() > 0) {
      int status =
          Bridge.viditq_gather(
              context.handle(),
              Steps.strided(source, x, steps),
              Steps.shape(result, shape),
              out.data());
      NativeLibrary.check(status, operator + " of " + x.shape());
    }
    return out;
  }

  NativeTensor concat(List<NativeTensor> parts, int axis) {
    Shape shape = ResultShapes.concat(parts.stream().map(NativeTensor::shape).toList(), axis);
    int along = shape.normalizeAxis(axis);
    NativeTensor out = memory.allocate(shape);
    long outer = extents(shape, 0, along);
    long inner = extents(shape, along + 1, shape.rank());
    long step = shape.dim(along) * inner;
    long at = 0;
    for (NativeTensor part : parts) {
      long run = part.shape().dim(along) * inner;
      if (outer * run > 0) {
        copyRuns("concat", part, 0, run, outer, run, out, at, step);
      }
      at += run;
    }
    return out;
  }

  NativeTensor slice(NativeTensor x, int axis, int from, int to) {
    Shape shape = ResultShapes.slice(x.shape(), axis, from, to);
    int along = x.shape().normalizeAxis(axis);
    long outer = extents(shape, 0, along);
    long inner = extents(shape, along + 1, shape.rank());
    if (outer == 1) {
      return view(x, shape, from * inner);
    }
    NativeTensor out = memory.allocate(shape);
    long run = (to - from) * inner;
    if (outer * run > 0) {
      long step = x.shape().dim(along) * inner;
      copyRuns("slice", x, from * inner, step, outer, run, out, 0, run);
    }
    return out;
  }

  private void copyRuns(
      String operator,
      NativeTensor from,
      long fromOffset,
      long fromStep,
      long rows,
      long run,
      NativeTensor to,
      long toOffset,
      long toStep) {
    int status =
        Bridge.viditq_copy_runs(
            context.handle(),
            from.dataAt(fromOffset),
            fromStep,
            rows,
            run,
            to.dataAt(toOffset),
            toStep);
    NativeLibrary.check(status, operator + " of " + from.shape());
  }

  NativeTensor upsampleNearest2x(NativeTensor x) {
    Shape shape = ResultShapes.upsampleNearest2x(x.shape());
    NativeTensor out = memory.allocate(shape);
    if (shape.size() > 0) {
      int status =
          Bridge.viditq_upsample(
              context.handle(),
              x.data(),
              (long) x.shape().dim(0) * x.shape().dim(1),
              x.shape().dim(2),
              x.shape().dim(3),
              out.data());
      NativeLibrary.check(status, "upsampleNearest2x of " + x.shape());
    }
    return out;
  }

  private NativeTensor view(NativeTensor x, Shape shape, long first) {
    x.data(); // refuses a released operand
    return memory.view(x, shape, first);
  }

  private static long extents(Shape shape, int from, int to) {
    long product = 1;
    for (int axis = from; axis < to; axis++) {
      product *= shape.dim(axis);
    }
    return product;
  }
}
