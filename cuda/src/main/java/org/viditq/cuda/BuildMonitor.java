package org.viditq.cuda;

import java.util.ArrayList;
import java.util.List;
import org.viditq.core.error.BackendException;

/**
 * Tells how far TensorRT is with a build, and ends it: TensorRT's {@code IProgressMonitor}, which
 * cannot be subclassed from Java, written in C++ ({@code cuda/tensorrt/build_monitor.h}). TensorRT
 * notes in it what it does; {@link #phases} reads the notes from any thread.
 */
public final class BuildMonitor implements AutoCloseable {
  private long address;
  private boolean cancelled;

  /**
   * A piece of the work that has begun and not ended.
   *
   * @param parent the phase that it lies in; empty if in none
   * @param steps that it consists of
   * @param done those that are done
   */
  public record Phase(String name, String parent, int steps, int done) {}

  /**
   * Whether the natives on the class path have the library; they were built without a JDK if not.
   */
  public static boolean isAvailable() {
    return TensorRtJava.isAvailable();
  }

  /**
   * @throws BackendException if the library is not available, or there is no memory
   */
  public BuildMonitor() {
    if (!isAvailable()) {
      throw TensorRtJava.missing();
    }
    address = create();
    if (address == 0) {
      throw new BackendException("There is no memory to watch TensorRT's build with.");
    }
  }

  /** Where TensorRT finds its {@code IProgressMonitor}, until this is closed. */
  public synchronized long address() {
    return require();
  }

  /** Ends the build at its next step; there is no way back. Does nothing once closed. */
  public synchronized void cancel() {
    if (address != 0) {
      cancelled = true;
      cancel(address);
    }
  }

  /** Whether {@link #cancel} was called in time. */
  public synchronized boolean isCancelled() {
    return cancelled;
  }

  /** The phases that are open now, in the order in which they began; none once closed. */
  public synchronized List<Phase> phases() {
    String lines = address == 0 ? null : open(address);
    List<Phase> phases = new ArrayList<>();
    if (lines != null) {
      for (String line : lines.split("\n")) {
        String[] fields = line.split("\t", -1);
        if (fields.length == 4) {
          phases.add(
              new Phase(
                  fields[2], fields[3], Integer.parseInt(fields[0]), Integer.parseInt(fields[1])));
        }
      }
    }
    return phases;
  }

  private long require() {
    if (address == 0) {
      throw new IllegalStateException("The monitor is closed.");
    }
    return address;
  }

  /** After TensorRT has let go of it. Idempotent. */
  @Override
  public synchronized void close() {
    if (address != 0) {
      destroy(address);
      address = 0;
    }
  }

  private static native long create();

  private static native void destroy(long monitor);

  private static native void cancel(long monitor);

  private static native String open(long monitor);
}
