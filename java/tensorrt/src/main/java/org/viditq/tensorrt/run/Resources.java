package org.viditq.tensorrt.run;

import java.util.ArrayDeque;
import java.util.Deque;

/** Things that are closed together, the last one first; each even if another fails. */
final class Resources implements AutoCloseable {
  private final Deque<Closing> open = new ArrayDeque<>();

  /** What closes without checked exceptions. */
  @FunctionalInterface
  interface Closing {
    void close();
  }

  <T> T add(T thing, java.util.function.Consumer<? super T> close) {
    open.push(() -> close.accept(thing));
    return thing;
  }

  @Override
  public void close() {
    RuntimeException first = null;
    while (!open.isEmpty()) {
      try {
        open.pop().close();
      } catch (RuntimeException failed) {
        if (first == null) {
          first = failed;
        } else {
          first.addSuppressed(failed);
        }
      }
    }
    if (first != null) {
      throw first;
    }
  }

  /** Closes after a failure, which stays the one that is told. */
  void closeAfter(Throwable failure) {
    try {
      close();
    } catch (RuntimeException further) {
      failure.addSuppressed(further);
    }
  }
}
