package org.viditq.tests.parity;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.viditq.core.checkpoint.MemoryTensor;
import org.viditq.core.operators.Activation;
import org.viditq.core.operators.Convolution;
import org.viditq.core.operators.ConvolutionParameters;
import org.viditq.core.operators.Operators;
import org.viditq.core.tensor.Tensor;
import org.viditq.verify.runner.Results;

/**
 * Pointwise operators, convolutions, embeddings and shape moves; the reference's own tests hold
 * them to plain loops, here other backends are held to the reference.
 */
record OtherOperatorsCase(Operand operand, int batch, int channels, int height, int width)
    implements ParityCase {

  static List<ParityCase> all() {
    List<ParityCase> cases = new ArrayList<>();
    for (Operand operand : Operand.values()) {
      cases.add(new OtherOperatorsCase(operand, 2, 5, 7, 6));
    }
    cases.add(new OtherOperatorsCase(Operand.NORMAL, 1, 1, 1, 1));
    cases.add(new OtherOperatorsCase(Operand.NORMAL, 3, 17, 2, 9));
    return cases;
  }

  @Override
  public String name() {
    return "other operators " + this;
  }

  private Tensor image() {
    return operand.tensor(41, batch, channels, height, width);
  }

  @Override
  public <V> Results compute(Operators<V> operators) {
    V x = operators.constant(image());
    V perChannel = operators.constant(Operand.NORMAL.tensor(42, channels, 1, 1));
    Results results = new Results();
    for (Activation activation : Activation.values()) {
      results.put(activation.toString(), operators.read(operators.activate(x, activation)));
    }
    results
        .put("add", operators.read(operators.add(x, perChannel)))
        .put("multiply", operators.read(operators.multiply(perChannel, x)))
        .put("scale", operators.read(operators.scale(x, -0.3f)))
        .put("upsample", operators.read(operators.upsampleNearest2x(x)))
        .put("permute", operators.read(operators.permute(x, 2, 0, 3, 1)))
        .put("reshape", operators.read(operators.reshape(x, batch * channels, height * width)))
        .put("concat", operators.read(operators.concat(List.of(x, perImage(operators), x), 1)))
        .put("slice", operators.read(operators.slice(x, 2, height / 2, height)))
        .put(
            "broadcast",
            operators.read(operators.broadcast(perChannel, batch, channels, height, width)))
        .put("convolution", operators.read(operators.convolution(x, convolution(operators))))
        .put("patches", operators.read(operators.patchEmbedding(x, patches(operators))));
    embeddings(operators, results);
    return results;
  }

  private <V> V perImage(Operators<V> operators) {
    return operators.constant(Operand.NORMAL.tensor(43, batch, 2, height, width));
  }

  /** 3 x 3, stride 1 and 2, padded on one side only along the second axis. */
  private <V> Convolution convolution(Operators<V> operators) {
    return operators.prepare(
        new ConvolutionParameters(
            "convolution",
            MemoryTensor.of("weight", Operand.NORMAL.tensor(44, 4, channels, 3, 3)),
            Optional.of(Operand.NORMAL.tensor(45, 4)),
            new int[] {1, 2},
            new int[] {1, 0},
            new int[] {1, 2}));
  }

  /** 2 x 3 patches, which do not divide most of the pictures. */
  private <V> Convolution patches(Operators<V> operators) {
    return operators.prepare(
        new ConvolutionParameters(
            "patches",
            MemoryTensor.of("weight", Operand.NORMAL.tensor(46, 5, channels, 2, 3)),
            Optional.of(Operand.NORMAL.tensor(47, 5)),
            new int[] {2, 3},
            new int[] {0, 0},
            new int[] {0, 0}));
  }

  private <V> void embeddings(Operators<V> operators, Results results) {
    V timesteps = operators.constant(Tensor.of(new float[] {0, 1, 500.5f, 999}, 4));
    V rows = operators.constant(operand.tensor(48, batch, height, 3, 8));
    V cos = operators.constant(Operand.NORMAL.tensor(49, height, 8));
    V sin = operators.constant(Operand.NORMAL.tensor(50, height, 8));
    V table = operators.constant(operand.tensor(51, 6, 5));
    results
        .put("timesteps", operators.read(operators.timestepEmbedding(timesteps, 31, true, 0)))
        .put("shifted", operators.read(operators.timestepEmbedding(timesteps, 32, false, 1)))
        .put("rotary", operators.read(operators.rotary(rows, cos, sin)))
        .put("embedding", operators.read(operators.embedding(table, new int[] {5, 0, 0, 3})));
  }
}
