package org.viditq.onnxruntime;

import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.viditq.core.error.BackendException;
import org.viditq.core.operators.BackendSettings;
import org.viditq.core.operators.Backends;
import org.viditq.core.operators.Operators;
import org.viditq.core.pipeline.Networks;
import org.viditq.core.pipeline.RecordingBackend;

/**
 * ONNX Runtime as a backend: a denoiser becomes the graph that {@code viditq export} writes in the
 * plugin dialect, for all extents and timesteps, and ONNX Runtime evaluates it with {@link
 * OperatorLibrary#NATIVE}. Text encoders and autoencoders run on the backend native.
 */
public final class OnnxRuntimeBackend implements RecordingBackend {
  private static final Logger LOG = LoggerFactory.getLogger(OnnxRuntimeBackend.class);
  private static final String ALTERNATIVE = "native";

  private final AtomicBoolean told = new AtomicBoolean();

  @Override
  public String name() {
    return "onnxruntime";
  }

  /** Behind those that run everything: it is there for who asks for it. */
  @Override
  public int priority() {
    return -10;
  }

  @Override
  public Optional<String> unavailable() {
    try {
      OperatorLibrary.NATIVE.path();
    } catch (BackendException missing) {
      return Optional.of(missing.getMessage());
    }
    return Environment.unavailable();
  }

  @Override
  public Optional<String> alternative() {
    return Optional.of(ALTERNATIVE);
  }

  /**
   * Opens operators of the alternative, which is said once.
   *
   * @throws BackendException if it cannot run here or does not support the settings
   */
  @Override
  public Operators<?> open(BackendSettings settings) {
    if (told.compareAndSet(false, true)) {
      LOG.warn("What is not run as a graph of a denoiser is computed by backend {}.", ALTERNATIVE);
    }
    return Backends.find(ALTERNATIVE).open(settings);
  }

  @Override
  public Networks networks(BackendSettings settings) {
    requireSupport(settings.precision());
    unavailable()
        .ifPresent(
            why -> {
              throw new BackendException("Backend " + name() + " cannot run here: " + why);
            });
    return new OnnxRuntimeNetworks(settings);
  }
}
