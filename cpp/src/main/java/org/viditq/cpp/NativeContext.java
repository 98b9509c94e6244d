package org.viditq.cpp;

import org.bytedeco.javacpp.PointerPointer;
import org.viditq.core.error.BackendException;
import org.viditq.cpp.bridge.Bridge;
import org.viditq.cpp.bridge.viditq_context;

/** The threads and the instruction set that kernels compute with. */
final class NativeContext implements AutoCloseable {
  private final InstructionSet isa;
  private final int threads;
  private viditq_context handle;

  /**
   * @param threads at least 1; results do not depend on it
   * @throws BackendException if the threads cannot be started
   */
  NativeContext(int threads, InstructionSet isa) {
    NativeLibrary.require();
    this.isa = isa;
    this.threads = threads;
    try (PointerPointer<viditq_context> result = new PointerPointer<>(1)) {
      int status = Bridge.viditq_open(threads, isa.code(), result);
      NativeLibrary.check(status, "start with " + threads + " threads on " + isa);
      handle = result.get(viditq_context.class, 0);
    }
  }

  InstructionSet isa() {
    return isa;
  }

  int threads() {
    return threads;
  }

  /**
   * @throws BackendException if closed
   */
  viditq_context handle() {
    if (handle == null) {
      throw new BackendException("Backend native was closed; open it again to compute.");
    }
    return handle;
  }

  /** Ends the threads; idempotent. */
  @Override
  public void close() {
    if (handle != null) {
      Bridge.viditq_close(handle);
      handle = null;
    }
  }
}
