package org.viditq.core.pipeline;

import java.util.EnumMap;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Supplier;
import org.viditq.core.diffusers.Component;

/**
 * Where conditioners get text encoders from: each is loaded when it is needed, and is gone after
 * its use, so that two are not in memory at a time, or stays until this is closed.
 */
final class TextEncoderSource implements AutoCloseable {
  private final TextEncoders networks;
  private final boolean keeping;
  private final Map<Component, LoadedTextEncoder> kept = new EnumMap<>(Component.class);

  /**
   * @param networks makes them ready; stays open
   * @param keeping whether they stay
   */
  TextEncoderSource(TextEncoders networks, boolean keeping) {
    this.networks = networks;
    this.keeping = keeping;
  }

  TextEncoders networks() {
    return networks;
  }

  /**
   * Does something with an encoder.
   *
   * @param encoder which one
   * @param open loads it
   */
  <R> R use(
      Component encoder, Supplier<LoadedTextEncoder> open, Function<LoadedTextEncoder, R> work) {
    if (!keeping) {
      try (LoadedTextEncoder loaded = open.get()) {
        return work.apply(loaded);
      }
    }
    LoadedTextEncoder loaded = kept.get(encoder);
    if (loaded == null) {
      loaded = open.get();
      kept.put(encoder, loaded);
    }
    return work.apply(loaded);
  }

  @Override
  public void close() {
    kept.values().forEach(LoadedTextEncoder::close);
    kept.clear();
  }
}
