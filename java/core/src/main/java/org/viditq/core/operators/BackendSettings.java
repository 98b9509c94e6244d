package org.viditq.core.operators;

import java.nio.file.Path;
import java.util.Optional;
import org.viditq.core.error.BackendException;

/**
 * How a backend is to compute.
 *
 * @param threads of the processor, at least 1
 * @param precision of full-precision linear layers
 * @param device index of the accelerator, from 0; without meaning for backends that have none
 * @param cache folder for what a backend keeps between runs (engines); empty for its default
 * @param libraries folder of the accelerator's libraries; empty for where the system keeps them
 */
public record BackendSettings(
    int threads, Precision precision, int device, Optional<Path> cache, Optional<Path> libraries) {
  public BackendSettings {
    if (threads < 1) {
      throw new BackendException(
          "A backend cannot compute with " + threads + " threads; give at least 1.");
    }
    if (device < 0) {
      throw new BackendException("There is no device " + device + "; count devices from 0.");
    }
  }

  /** float32 on {@code threads} threads. */
  public static BackendSettings threads(int threads) {
    return new BackendSettings(threads, Precision.FP32, 0, Optional.empty(), Optional.empty());
  }

  /** The same with full-precision linear layers in {@code other}. */
  public BackendSettings withPrecision(Precision other) {
    return new BackendSettings(threads, other, device, cache, libraries);
  }

  /** The same with the accelerator's libraries from a folder. */
  public BackendSettings withLibraries(Path folder) {
    return new BackendSettings(threads, precision, device, cache, Optional.of(folder));
  }

  /** The same with another folder for what is kept between runs. */
  public BackendSettings withCache(Path folder) {
    return new BackendSettings(threads, precision, device, Optional.of(folder), libraries);
  }
}
