package org.viditq.core.operators;

import java.util.Optional;

/**
 * What a linear layer does to its result before writing it: out = residual + gate * act(x W^T + b).
 *
 * @param activation applied after the bias
 * @param gate broadcast over tokens: [B, 1, N] or [1, 1, N]; empty for 1
 * @param residual same shape as the result; empty for 0
 */
public record Epilogue<V>(Activation activation, Optional<V> gate, Optional<V> residual) {
  /** out = x W^T + b. */
  public static <V> Epilogue<V> none() {
    return new Epilogue<>(Activation.NONE, Optional.empty(), Optional.empty());
  }

  /** out = act(x W^T + b). */
  public static <V> Epilogue<V> activation(Activation activation) {
    return new Epilogue<>(activation, Optional.empty(), Optional.empty());
  }

  /** out = residual + x W^T + b. */
  public static <V> Epilogue<V> residual(V residual) {
    return new Epilogue<>(Activation.NONE, Optional.empty(), Optional.of(residual));
  }

  /** out = residual + gate * (x W^T + b). */
  public static <V> Epilogue<V> gatedResidual(V gate, V residual) {
    return new Epilogue<>(Activation.NONE, Optional.of(gate), Optional.of(residual));
  }
}
