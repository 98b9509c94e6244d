package org.viditq.cpp;

import java.util.Optional;
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
  private final Optional<CountedMemory> bias;
  private viditq_dense handle;

  DenseLayer(DenseLinearParameters parameters, Precision precision) {
    this.parameters = parameters;
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
      handle = result.get(viditq_dense.class, 0);
    }
    this.bias = parameters.bias().map(b -> CountedMemory.of(b.data()));
  }

  @Override
  public DenseLinearParameters parameters() {
    return parameters;
  }

  viditq_dense handle() {
    if (handle == null) {
      throw new IllegalStateException("Layer " + parameters.name() + " was released.");
    }
    return handle;
  }

  /** Null for none. */
  FloatPointer bias() {
    return bias.map(CountedMemory::floats).orElse(null);
  }

  /** Idempotent. */
  @Override
  public void close() {
    if (handle != null) {
      Bridge.viditq_free_dense(handle);
      handle = null;
      bias.ifPresent(CountedMemory::close);
    }
  }
}
