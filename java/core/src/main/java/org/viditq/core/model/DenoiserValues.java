package org.viditq.core.model;

import java.util.Optional;

/**
 * The inputs of an evaluation as a backend's values. A value is made when it is asked for, in the
 * scope that is open then, so that a model decides how long a large input stays in memory; ask once
 * and keep it.
 */
public interface DenoiserValues<V> {
  /** The input, or empty if the caller leaves it out. */
  Optional<V> find(String name);

  /**
   * @throws org.viditq.core.error.UsageException if it is not there, naming it
   */
  default V get(String name) {
    return find(name)
        .orElseThrow(
            () ->
                new org.viditq.core.error.UsageException(
                    "The denoiser needs the input " + name + ", which is not given."));
  }
}
