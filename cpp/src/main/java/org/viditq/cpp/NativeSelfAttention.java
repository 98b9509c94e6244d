package org.viditq.cpp;

import java.util.ArrayList;
import java.util.List;
import org.viditq.core.operators.AttentionPrecision;
import org.viditq.core.operators.Linear;
import org.viditq.core.operators.ResultShapes;
import org.viditq.core.operators.Scope;
import org.viditq.core.tensor.Shape;

/**
 * Self attention whose q, k and v are never in memory for the whole batch: the layers that make
 * them share the codes of their input, and are applied to a {@link SampleGroup} of sequences at a
 * time.
 */
final class NativeSelfAttention {
  private final NativeContext context;
  private final NativeMemory memory;
  private final NativeLinear linear;
  private final NativeAttention attention;
  private final NativeMoves moves;

  NativeSelfAttention(
      NativeContext context,
      NativeMemory memory,
      NativeLinear linear,
      NativeAttention attention,
      NativeMoves moves) {
    this.context = context;
    this.memory = memory;
    this.linear = linear;
    this.attention = attention;
    this.moves = moves;
  }

  /** Whether {@link #compute} serves the layers: they multiply with the same codes. */
  boolean serves(List<Linear> projections, double timestep) {
    return !projections.isEmpty() && linear.sharesCodes(projections, timestep);
  }

  /** See {@link org.viditq.core.operators.Operators#selfAttention}. */
  NativeTensor compute(
      NativeInput x,
      List<Linear> projections,
      int heads,
      float scale,
      AttentionPrecision precision,
      double timestep) {
    int sequences = x.definition().sequences();
    Shape shape =
        ResultShapes.selfAttention(
            x.shape(), sequences, projections.stream().map(Linear::parameters).toList(), heads);
    NativeTensor out = memory.allocate(shape);
    if (x.shape().size() == 0 || shape.size() == 0) {
      return out;
    }
    Shape divided = ResultShapes.sequences(shape, sequences);
    try (ActivationCodes codes = linear.quantize(x, projections.get(0), timestep);
        NativeTensor whole = memory.view(out, divided, 0)) {
      for (SampleGroup group : SampleGroup.groups(divided, context.threads())) {
        ActivationCodes some = codes.rows(group.firstRow(), group.rows());
        try (Scope<NativeTensor> scope = memory.scope()) {
          List<NativeTensor> qkv = project(some, projections, group, timestep);
          attention.compute(
              qkv.get(0), qkv.get(1), qkv.get(2), heads, scale, precision, group.of(whole, memory));
        }
      }
    }
    return out;
  }

  private List<NativeTensor> project(
      ActivationCodes codes, List<Linear> layers, SampleGroup group, double timestep) {
    List<NativeTensor> made = new ArrayList<>();
    for (Linear layer : layers) {
      int channels = layer.parameters().outFeatures();
      NativeTensor out = memory.allocate(Shape.of(group.samples(), group.tokens(), channels));
      linear.multiply(codes, layer, timestep, out);
      made.add(out);
    }
    return made.size() == 3 ? made : thirds(made.get(0));
  }

  /** q, k and v of one layer that makes all three. */
  private List<NativeTensor> thirds(NativeTensor qkv) {
    int channels = qkv.shape().dim(2) / 3;
    List<NativeTensor> parts = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      parts.add(moves.slice(qkv, 2, i * channels, (i + 1) * channels));
    }
    qkv.close();
    return parts;
  }
}
