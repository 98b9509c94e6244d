package org.viditq.core.operators;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import org.viditq.core.error.ShapeException;
import org.viditq.core.tensor.Shape;

/**
 * The shapes that the operators of {@link Operators} take and give, so that all backends refuse the
 * same operands. Each method checks its operands and returns the shape of the result.
 *
 * <p>All throw {@link ShapeException} naming the operator, what it needs, and the shapes it got.
 */
public final class ResultShapes {
  private ResultShapes() {}

  /**
   * The result of a linear layer, [.., out].
   *
   * @param gate [B, 1, N] or [1, 1, N] for a result [B, M, N]
   * @param residual shaped as the result
   */
  public static Shape linear(
      LinearParameters layer, Shape x, Optional<Shape> gate, Optional<Shape> residual) {
    String operator = "linear " + layer.name();
    require(
        x.rank() >= 1 && x.dim(-1) == layer.inFeatures(),
        operator,
        "x [.., " + layer.inFeatures() + "]",
        x);
    int[] dims = x.toArray();
    dims[dims.length - 1] = layer.outFeatures();
    Shape result = Shape.of(dims);
    gate.ifPresent(
        g ->
            require(
                result.rank() == 3
                    && (is(g, result.dim(0), 1, result.dim(2)) || is(g, 1, 1, result.dim(2))),
                operator,
                "a gate [B, 1, N] or [1, 1, N] for its result [B, M, N]",
                g,
                result));
    residual.ifPresent(
        r -> require(r.equals(result), operator, "a residual shaped as its result", r, result));
    return result;
  }

  /**
   * The result of a convolution, [B, out, spatial...].
   *
   * @param padAfter zeros behind each axis, which may differ from those of the layer
   */
  public static Shape convolution(
      String operator, ConvolutionParameters layer, Shape x, int[] padAfter) {
    int[] weight = layer.weight().shape().toArray();
    require(
        x.rank() == weight.length && x.dim(1) == layer.inChannels(),
        operator + " " + layer.name(),
        "x [B, in, spatial...] for its weight [out, in, kernel...]",
        x,
        layer.weight().shape());
    int[] dims = x.toArray();
    dims[1] = layer.outChannels();
    for (int axis = 2; axis < dims.length; axis++) {
      int i = axis - 2;
      int room = dims[axis] + layer.padBefore()[i] + padAfter[i] - weight[axis];
      require(
          room >= 0,
          operator + " " + layer.name(),
          "x of at least the kernel's extents",
          x,
          layer.weight().shape());
      dims[axis] = room / layer.stride()[i] + 1;
    }
    return Shape.of(dims);
  }

  /** Zeros behind each axis of x that fill it up to whole patches; checks the layer, too. */
  public static int[] patchPadding(ConvolutionParameters layer, Shape x) {
    int[] weight = layer.weight().shape().toArray();
    int[] kernel = Arrays.copyOfRange(weight, 2, weight.length);
    int[] none = new int[kernel.length];
    if (!Arrays.equals(layer.stride(), kernel)
        || !Arrays.equals(layer.padBefore(), none)
        || !Arrays.equals(layer.padAfter(), none)) {
      throw new ShapeException(
          "patchEmbedding needs layer "
              + layer.name()
              + " to have a stride equal to its kernel and no padding.");
    }
    require(
        x.rank() == weight.length,
        "patchEmbedding " + layer.name(),
        "x [B, in, spatial...] for its weight [out, in, kernel...]",
        x,
        layer.weight().shape());
    int[] padding = new int[kernel.length];
    Arrays.setAll(padding, i -> Math.floorMod(-x.dim(2 + i), kernel[i]));
    return padding;
  }

  public static Shape layerNorm(Shape x, Optional<Shape> gamma, Optional<Shape> beta) {
    requireChannels("layerNorm", x);
    gamma.ifPresent(g -> requirePerChannel("layerNorm", "gamma", g, x));
    beta.ifPresent(b -> requirePerChannel("layerNorm", "beta", b, x));
    return x;
  }

  public static Shape layerNormModulate(Shape x, Shape shift, Shape scale) {
    require(
        x.rank() == 3 && isModulation(shift, x) && isModulation(scale, x),
        "layerNormModulate",
        "x [B, N, C], shift and scale [B or 1, 1, C]",
        x,
        shift,
        scale);
    return x;
  }

  public static Shape rmsNorm(Shape x, Shape weight) {
    requireChannels("rmsNorm", x);
    requirePerChannel("rmsNorm", "weight", weight, x);
    return x;
  }

  public static Shape groupNorm(Shape x, Shape gamma, Shape beta, int groups) {
    require(
        x.rank() >= 2 && groups >= 1 && x.dim(1) % groups == 0,
        "groupNorm",
        "x [B, C, spatial...] with C a multiple of its " + groups + " groups",
        x);
    require(
        is(gamma, x.dim(1)) && is(beta, x.dim(1)),
        "groupNorm",
        "gamma and beta [C]",
        x,
        gamma,
        beta);
    return x;
  }

  /** The shape that two operands have in common under NumPy's broadcasting rules. */
  public static Shape together(String operator, Shape a, Shape b) {
    int rank = Math.max(a.rank(), b.rank());
    int[] dims = new int[rank];
    for (int fromEnd = 1; fromEnd <= rank; fromEnd++) {
      int da = fromEnd <= a.rank() ? a.dim(-fromEnd) : 1;
      int db = fromEnd <= b.rank() ? b.dim(-fromEnd) : 1;
      require(da == db || da == 1 || db == 1, operator, "shapes that broadcast together", a, b);
      dims[rank - fromEnd] = da == 1 ? db : da;
    }
    return Shape.of(dims);
  }

  public static Shape broadcast(Shape x, int... dims) {
    Shape result = Shape.of(dims);
    int missing = result.rank() - x.rank();
    boolean fits = missing >= 0;
    for (int axis = 0; fits && axis < x.rank(); axis++) {
      fits = x.dim(axis) == 1 || x.dim(axis) == result.dim(axis + missing);
    }
    require(fits, "broadcast", "a shape that broadcasts to " + result, x);
    return result;
  }

  public static Shape attention(Shape q, Shape k, Shape v, int heads, Optional<Shape> bias) {
    requireHeads("attention", q, k, v, heads);
    require(
        k.dim(0) == q.dim(0) && v.dim(0) == q.dim(0),
        "attention",
        "q [B, N, H*D], k [B, S, H*D] and v [B, S, H*Dv] of one batch size",
        q,
        k,
        v);
    bias.ifPresent(
        b ->
            require(
                b.rank() == 4
                    && fits(b.dim(0), q.dim(0))
                    && fits(b.dim(1), heads)
                    && fits(b.dim(2), q.dim(1))
                    && fits(b.dim(3), k.dim(1)),
                "attention",
                "a bias that broadcasts to [B, H, N, S] for q and k, H = " + heads,
                b,
                q,
                k));
    return Shape.of(q.dim(0), q.dim(1), v.dim(2));
  }

  /**
   * The result of one head of attention in int8, [N, Dv].
   *
   * @param q [N, D]
   * @param k [S, D]
   * @param v [S, Dv]
   * @param bias [N, S]
   */
  public static Shape integerAttention(Shape q, Shape k, Shape v, Optional<Shape> bias) {
    require(
        q.rank() == 2
            && k.rank() == 2
            && v.rank() == 2
            && q.size() > 0
            && k.size() > 0
            && v.size() > 0
            && k.dim(1) == q.dim(1)
            && v.dim(0) == k.dim(0),
        "integerAttention",
        "q [N, D], k [S, D] and v [S, Dv], none of them empty",
        q,
        k,
        v);
    AttentionPrecision.INT8.requireHead(q.dim(1));
    bias.ifPresent(
        b -> require(is(b, q.dim(0), k.dim(0)), "integerAttention", "a bias [N, S]", b, q, k));
    return Shape.of(q.dim(0), v.dim(1));
  }

  /**
   * The result of self attention, [B, N, H*Dv].
   *
   * @param x [B, N, C]
   * @param sequences that each sample consists of
   * @param projections the layers of q, k and v, or one that makes all three
   */
  public static Shape selfAttention(
      Shape x, int sequences, List<LinearParameters> projections, int heads) {
    sequences(x, sequences);
    boolean fused = projections.size() == 1;
    if (!fused && projections.size() != 3) {
      throw new ShapeException(
          "Self attention takes the three layers of q, k and v, or one that makes all three, not "
              + projections.size()
              + " layers.");
    }
    List<Shape> made =
        projections.stream()
            .map(layer -> linear(layer, x, Optional.empty(), Optional.empty()))
            .toList();
    if (!fused) {
      return attention(made.get(0), made.get(1), made.get(2), heads, Optional.empty());
    }
    int channels = made.get(0).dim(2);
    require(
        channels % 3 == 0,
        "selfAttention by " + projections.get(0).name(),
        "a layer whose outputs are q, k and v of equally many channels",
        made.get(0));
    Shape part = Shape.of(x.dim(0), x.dim(1), channels / 3);
    return attention(part, part, part, heads, Optional.empty());
  }

  /**
   * x with each sequence of a sample as a sample of its own.
   *
   * @param x [B, N, C]
   * @param sequences that each sample consists of, one after the other
   * @return [B * sequences, N / sequences, C]
   */
  public static Shape sequences(Shape x, int sequences) {
    if (sequences == 1) {
      return x;
    }
    require(
        x.rank() == 3 && sequences >= 1 && x.dim(1) > 0 && x.dim(1) % sequences == 0,
        "Dividing samples into " + sequences + " sequences",
        "x [B, N, C] with N a multiple of that",
        x);
    return Shape.of(Math.multiplyExact(x.dim(0), sequences), x.dim(1) / sequences, x.dim(2));
  }

  public static Shape attentionPacked(Shape q, Shape k, Shape v, int heads, int[] lengths) {
    requireHeads("attentionPacked", q, k, v, heads);
    require(
        k.dim(0) == 1
            && v.dim(0) == 1
            && lengths.length == q.dim(0)
            && Arrays.stream(lengths).asLongStream().sum() == k.dim(1),
        "attentionPacked",
        "q [B, N, C], k and v [1, sum, C] and B lengths with that sum; lengths "
            + Arrays.toString(lengths),
        q,
        k,
        v);
    for (int sample = 0; sample < lengths.length; sample++) {
      if (lengths[sample] < 1) {
        throw new ShapeException(
            "attentionPacked needs at least one key for each sample, but sample "
                + sample
                + " has length "
                + lengths[sample]
                + ".");
      }
    }
    return Shape.of(q.dim(0), q.dim(1), v.dim(2));
  }

  public static Shape rotary(Shape x, Shape cos, Shape sin) {
    require(
        x.rank() == 4
            && x.dim(3) % 2 == 0
            && is(cos, x.dim(1), x.dim(3))
            && is(sin, x.dim(1), x.dim(3)),
        "rotary",
        "x [B, N, H, D] with D even, cos and sin [N, D]",
        x,
        cos,
        sin);
    return x;
  }

  public static Shape embedding(Shape table, int[] indices) {
    require(table.rank() == 2, "embedding", "a table [vocabulary, C]", table);
    for (int index : indices) {
      if (index < 0 || index >= table.dim(0)) {
        throw new ShapeException("embedding got index " + index + " for a table " + table + ".");
      }
    }
    return Shape.of(indices.length, table.dim(1));
  }

  public static Shape timestepEmbedding(Shape timesteps, int dimension, float shift) {
    require(
        timesteps.rank() == 1 && dimension >= 2 && dimension / 2 - shift > 0,
        "timestepEmbedding",
        "timesteps [B] and D/2 above the shift " + shift + ", D = " + dimension,
        timesteps);
    return Shape.of(timesteps.dim(0), dimension);
  }

  public static Shape reshape(Shape x, int... dims) {
    Shape shape = Shape.of(dims);
    require(shape.size() == x.size(), "reshape", "as many elements as " + shape, x);
    return shape;
  }

  public static Shape permute(Shape x, int... permutation) {
    int[] dims = new int[permutation.length];
    boolean[] taken = new boolean[x.rank()];
    boolean valid = permutation.length == x.rank();
    for (int i = 0; valid && i < permutation.length; i++) {
      int axis = permutation[i];
      valid = axis >= 0 && axis < x.rank() && !taken[axis];
      if (valid) {
        taken[axis] = true;
        dims[i] = x.dim(axis);
      }
    }
    require(valid, "permute", "each axis once in " + Arrays.toString(permutation), x);
    return Shape.of(dims);
  }

  public static Shape concat(List<Shape> parts, int axis) {
    if (parts.isEmpty()) {
      throw new ShapeException("concat needs at least one part, but got none.");
    }
    Shape first = parts.get(0);
    int along = first.normalizeAxis(axis);
    int[] dims = first.toArray();
    dims[along] = 0;
    for (Shape part : parts) {
      int[] expected = part.toArray();
      if (expected.length == dims.length) {
        dims[along] += expected[along];
        expected[along] = first.dim(along);
      }
      require(
          Shape.of(expected).equals(first),
          "concat",
          "parts that differ along axis " + axis + " only",
          first,
          part);
    }
    return Shape.of(dims);
  }

  public static Shape slice(Shape x, int axis, int from, int to) {
    int along = x.normalizeAxis(axis);
    require(
        0 <= from && from <= to && to <= x.dim(along),
        "slice",
        "0 <= from <= to <= extent for from " + from + ", to " + to + " of axis " + axis,
        x);
    int[] dims = x.toArray();
    dims[along] = to - from;
    return Shape.of(dims);
  }

  public static Shape upsampleNearest2x(Shape x) {
    require(x.rank() == 4, "upsampleNearest2x", "x [B, C, H, W]", x);
    return Shape.of(x.dim(0), x.dim(1), 2 * x.dim(2), 2 * x.dim(3));
  }

  private static void requireHeads(String operator, Shape q, Shape k, Shape v, int heads) {
    require(
        q.rank() == 3
            && k.rank() == 3
            && v.rank() == 3
            && heads >= 1
            && q.dim(2) % heads == 0
            && v.dim(2) % heads == 0
            && k.dim(2) == q.dim(2)
            && k.dim(1) == v.dim(1)
            && k.dim(1) >= 1,
        operator,
        "q [B, N, H*D], k [B, S, H*D] and v [B, S, H*Dv] with S >= 1 and H = " + heads,
        q,
        k,
        v);
  }

  private static void requireChannels(String operator, Shape x) {
    require(x.rank() >= 1, operator, "x [.., C]", x);
  }

  private static void requirePerChannel(String operator, String what, Shape p, Shape x) {
    require(is(p, x.dim(-1)), operator, what + " [C] for x [.., C]", p, x);
  }

  private static boolean isModulation(Shape m, Shape x) {
    return is(m, x.dim(0), 1, x.dim(2)) || is(m, 1, 1, x.dim(2));
  }

  private static boolean fits(int extent, int target) {
    return extent == 1 || extent == target;
  }

  private static boolean is(Shape shape, int... dims) {
    return Arrays.equals(shape.toArray(), dims);
  }

  private static void require(boolean holds, String operator, String rule, Shape... got) {
    if (!holds) {
      String shapes = Arrays.stream(got).map(Shape::toString).collect(Collectors.joining(", "));
      throw new ShapeException(operator + " needs " + rule + ", but got " + shapes + ".");
    }
  }
}
