package org.viditq.tests.onnx;

import java.util.Optional;
import org.viditq.core.operators.Backend;
import org.viditq.core.operators.BackendSettings;
import org.viditq.core.operators.Operators;
import org.viditq.onnx.OnnxOptions;

/**
 * Emission as a backend, for tests only: whatever holds backends to cases holds emitted graphs to
 * them.
 */
public final class OnnxRuntimeBackend implements Backend {
  private final OnnxOptions options;

  public OnnxRuntimeBackend(OnnxOptions options) {
    this.options = options;
  }

  @Override
  public String name() {
    return "onnxruntime " + options;
  }

  @Override
  public int priority() {
    return 0;
  }

  @Override
  public Optional<String> unavailable() {
    return Optional.empty();
  }

  @Override
  public Operators<?> open(BackendSettings settings) {
    return new OnnxRuntimeOperators(options, settings.threads());
  }
}
