package org.viditq.cpp;

import java.util.List;
import java.util.Optional;
import org.viditq.core.operators.Linear;
import org.viditq.core.operators.ResultShapes;
import org.viditq.core.tensor.Shape;

/**
 * Self attention whose q, k and v are never in memory for the whole batch: the layers that make
 * them share the codes of their input, and are applied to a {@link SampleGroup} at a time.
 */
final class NativeSelfAttention {
  private final NativeContext context;
  private final NativeMemory memory;
  private final NativeLinear linear;
  private final NativeAttention attention;

  NativeSelfAttention(
      NativeContext context, NativeMemory memory, NativeLinear linear, NativeAttention attention) {
    this.context = context;
    this.memory = memory;
    this.linear = linear;
    this.attention = attention;
  }

  /** Whether {@link #compute} serves the layers: three that multiply with the same codes. */
  boolean serves(List<Linear> projections, double timestep) {
    return projections.size() == 3 && linear.sharesCodes(projections, timestep);
  }

  /** See {@link org.viditq.core.operators.Operators#selfAttention}. */
  NativeTensor compute(
      NativeInput x, List<Linear> projections, int heads, float scale, double timestep) {
    List<Shape> shapes =
        projections.stream()
            .map(
                layer ->
                    ResultShapes.linear(
                        layer.parameters(), x.shape(), Optional.empty(), Optional.empty()))
            .toList();
    Shape shape =
        ResultShapes.attention(
            shapes.get(0), shapes.get(1), shapes.get(2), heads, Optional.empty());
    NativeTensor out = memory.allocate(shape);
    if (x.shape().size() == 0 || shape.size() == 0) {
      return out;
    }
    try (ActivationCodes codes = linear.quantize(x, projections.get(0), timestep)) {
      for (SampleGroup group : SampleGroup.groups(shape, context.threads())) {
        ActivationCodes some = codes.rows(group.firstRow(), group.rows());
        try (NativeTensor q = project(some, projections.get(0), group, timestep);
            NativeTensor k = project(some, projections.get(1), group, timestep);
            NativeTensor v = project(some, projections.get(2), group, timestep);
            NativeTensor part = group.of(out, memory)) {
          attention.compute(q, k, v, heads, scale, part);
        }
      }
    }
    return out;
  }

  private NativeTensor project(
      ActivationCodes codes, Linear layer, SampleGroup group, double timestep) {
    int channels = layer.parameters().outFeatures();
    NativeTensor out = memory.allocate(Shape.of(group.samples(), group.tokens(), channels));
    linear.multiply(codes, layer, timestep, out);
    return out;
  }
}
