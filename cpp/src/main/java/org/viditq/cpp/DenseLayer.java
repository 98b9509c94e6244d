package org.viditq.cpp;

import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.PointerPointer;
import org.viditq.core.operators.DenseLinearParameters;
import org.viditq.core.operators.Linear;
import org.viditq.core.operators.Precision;
import org.viditq.cpp.bridge.Bridge;
import org.viditq.cpp.bridge.viditq_dense;

/** A full-precision linear layer in oneDNN's layout. */
final class DenseLayer implements Linear, AutoCloseable {
  private final DenseLinearParameters parameters;
  private final PreparedLayer<viditq_dense> prepared;

  DenseLayer(DenseLinearParameters parameters, Precision precision) {
    this.parameters = parameters;
    this.prepared =
        new PreparedLayer<>(
            parameters.name(),
            parameters.bias(),
            () -> prepare(parameters, precision),
            Bridge::viditq_free_dense);
  }

  private static viditq_dense prepare(DenseLinearParameters parameters, Precision precision) {
    try (StoredWeight weight = StoredWeight.of(parameters.weight());
        PointerPointer<viditq_dense> result = new PointerPointer<>(1)) {
      int status =
          Bridge.viditq_prepare_dense(
              weight.data(),
              weight.type(),
              parameters.outFeatures(),
              parameters.inFeatures(),
              NativeLibrary.code(precision),
              parameters.compact() ? 1 : 0,
              result);
      NativeLibrary.check(status, "preparation of layer " + parameters.name());
      return result.get(viditq_dense.class, 0);
    }
  }

  @Override
  public DenseLinearParameters parameters() {
    return parameters;
  }

  viditq_dense handle() {
    return prepared.handle();
  }

  /** Null for none. */
  FloatPointer bias() {
    return prepared.bias();
  }

  /** Idempotent. */
  @Override
  public void close() {
    prepared.close();
  }
}
