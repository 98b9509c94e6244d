package org.viditq.cpp;

import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.Pointer;
import org.viditq.core.tensor.Tensor;

/**
 * What a full-precision layer holds in native memory: its weight as a kernel prepared it, and its
 * bias.
 *
 * @param <H> the kernel's handle
 */
final class PreparedLayer<H extends Pointer> implements AutoCloseable {
  private final String name;
  private final Optional<CountedMemory> bias;
  private final Consumer<H> free;
  private H handle;

  /**
   * @param prepare makes the handle; if it fails, nothing stays allocated
   * @param free releases the handle
   */
  PreparedLayer(String name, Optional<Tensor> bias, Supplier<H> prepare, Consumer<H> free) {
    this.name = name;
    this.free = free;
    this.bias = bias.map(b -> CountedMemory.of(b.data()));
    try {
      handle = prepare.get();
    } finally {
      if (handle == null) {
        close();
      }
    }
  }

  H handle() {
    if (handle == null) {
      throw new IllegalStateException("Layer " + name + " was released.");
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
    bias.ifPresent(CountedMemory::close);
    if (handle != null) {
      free.accept(handle);
      handle = null;
    }
  }
}
