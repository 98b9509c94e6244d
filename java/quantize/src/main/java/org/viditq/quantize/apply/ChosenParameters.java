package org.viditq.quantize.apply;

import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.viditq.core.checkpoint.Checkpoint;
import org.viditq.core.checkpoint.Checkpoints;
import org.viditq.core.model.Parameters;
import org.viditq.quantize.checkpoint.QuantizedCheckpoint;
import org.viditq.quantize.weight.QuantizedLayers;

/** The transformer's parameters that a command uses, and the file that they lie in, if any. */
public final class ChosenParameters implements AutoCloseable {
  private final String plan;
  private final UnaryOperator<Parameters> parameters;
  private final Optional<Checkpoint> file;

  private ChosenParameters(
      String plan, UnaryOperator<Parameters> parameters, Optional<Checkpoint> file) {
    this.plan = plan;
    this.parameters = parameters;
    this.file = file;
  }

  public static ChosenParameters fullPrecision() {
    return new ChosenParameters("full-precision", UnaryOperator.identity(), Optional.empty());
  }

  /**
   * Layers that are quantized on the fly.
   *
   * @param weights in full precision, which codes are made from when they are asked for; closed
   *     with this object
   */
  public static ChosenParameters quantized(
      String plan, Checkpoint weights, Function<Checkpoint, QuantizedLayers> quantizer) {
    try {
      return new ChosenParameters(plan, quantizer.apply(weights)::over, Optional.of(weights));
    } catch (RuntimeException unfit) {
      weights.close();
      throw unfit;
    }
  }

  /** All parameters of a quantized checkpoint; codes stay in the mapped file. */
  public static ChosenParameters stored(Path path) {
    Checkpoint checkpoint = Checkpoints.open(path);
    try {
      QuantizedCheckpoint quantized = QuantizedCheckpoint.read(checkpoint);
      return new ChosenParameters(
          quantized.plan(), original -> quantized.parameters(), Optional.of(checkpoint));
    } catch (RuntimeException unreadable) {
      checkpoint.close();
      throw unreadable;
    }
  }

  /** Name of the plan; {@code full-precision} for none. */
  public String plan() {
    return plan;
  }

  /** From the stored parameters to those to use. */
  public UnaryOperator<Parameters> parameters() {
    return parameters;
  }

  @Override
  public void close() {
    file.ifPresent(Checkpoint::close);
  }
}
