package org.viditq.core.pipeline;

import org.viditq.core.operators.Backend;
import org.viditq.core.operators.BackendSettings;

/**
 * A backend that records networks and runs each as a whole. {@link Backend#open} gives operators of
 * its {@link Backend#alternative()}, for what is no network of a pipeline (calibration) and for
 * parts that {@link Networks} leaves to them.
 */
public interface RecordingBackend extends Backend {
  @Override
  default boolean computesAtOnce() {
    return false;
  }

  /**
   * Opens what runs networks; a pipeline opens one per part and closes it with the part.
   *
   * @throws org.viditq.core.error.BackendException if the backend is unavailable or does not
   *     support the settings here
   */
  Networks networks(BackendSettings settings);
}
