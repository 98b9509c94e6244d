package org.viditq.tensorrt.standin;

import java.io.IOException;
import java.nio.file.Files;
import java.util.Collections;
import java.util.HexFormat;
import java.util.IdentityHashMap;
import java.util.Set;
import org.viditq.core.error.BackendException;
import org.viditq.core.error.MemoryException;
import org.viditq.core.io.Sha256;
import org.viditq.tensorrt.engine.EngineFile;
import org.viditq.tensorrt.runtime.DeviceBuffer;
import org.viditq.tensorrt.runtime.DeviceEvent;
import org.viditq.tensorrt.runtime.DeviceRuntime;
import org.viditq.tensorrt.runtime.DeviceStream;
import org.viditq.tensorrt.runtime.Engine;
import org.viditq.tensorrt.runtime.PinnedBuffer;

/**
 * A device of plain memory. What it is wrongly asked for is an error, at once or when it is done.
 */
public final class StandInRuntime implements DeviceRuntime {
  /** When streams do their work. */
  public enum Pace {
    /** When it is put into them. */
    EAGER,
    /** When somebody waits for it. */
    LATE
  }

  final Pace pace;
  final Clock host = new Clock();
  int launches;
  private final long capacity;
  private final Set<Object> open = Collections.newSetFromMap(new IdentityHashMap<>());
  private long used;
  private int allocations;
  private boolean isClosed;

  /**
   * @param capacity bytes of the device
   */
  public StandInRuntime(Pace pace, long capacity) {
    this.pace = pace;
    this.capacity = capacity;
  }

  /** How often memory was allocated. */
  public int allocations() {
    return allocations;
  }

  /** How often a graph was launched. */
  public int launches() {
    return launches;
  }

  /** Bytes of the device in use. */
  public long used() {
    return used;
  }

  /** What is open and not this: streams, buffers, engines. */
  public int openThings() {
    return open.size();
  }

  /** Whether it was closed. */
  public boolean isClosed() {
    return isClosed;
  }

  <T> T opened(T thing) {
    if (isClosed) {
      throw new IllegalStateException("the runtime is used after it was closed");
    }
    open.add(thing);
    return thing;
  }

  void requireOpen(Object thing) {
    if (!open.contains(thing)) {
      throw new IllegalStateException(thing.getClass().getSimpleName() + " is used after its end");
    }
  }

  void closed(Object thing, long bytes) {
    if (!open.remove(thing)) {
      throw new IllegalStateException(thing.getClass().getSimpleName() + " is closed twice");
    }
    used -= bytes;
  }

  void requireNoCapture(String what) {
    if (open.stream()
        .anyMatch(thing -> thing instanceof StandInStream stream && stream.capturing())) {
      throw new IllegalStateException(what + " during a capture");
    }
  }

  void take(long bytes, String what) {
    if (bytes < 1) {
      throw new IllegalArgumentException(bytes + " bytes are asked for");
    }
    if (bytes > capacity - used) {
      throw new MemoryException(
          "The device has "
              + (capacity - used)
              + " of "
              + capacity
              + " bytes left, but "
              + what
              + " takes "
              + bytes
              + "; ask for less (--batch, --width, --height, --frames).");
    }
    used += bytes;
  }

  @Override
  public Engine load(EngineFile file) {
    requireNoCapture("loading an engine");
    try {
      byte[] bytes = Files.readAllBytes(file.path());
      if (!HexFormat.of().formatHex(Sha256.begin().digest(bytes)).equals(file.sha256())) {
        throw new BackendException("The engine " + file.path() + " is not the one it was.");
      }
      StandInEngine engine = new StandInEngine(this, StandInPlan.read(bytes));
      take(engine.weightBytes(), "an engine");
      return opened(engine);
    } catch (IOException e) {
      throw new BackendException("Cannot read the engine " + file.path() + ".", e);
    }
  }

  @Override
  public DeviceBuffer allocate(long bytes) {
    requireNoCapture("allocating");
    take(bytes, "a buffer");
    allocations++;
    return opened(
        new StandInBuffer(this, new Memory("device memory " + allocations, bytes, false)));
  }

  @Override
  public PinnedBuffer allocatePinned(int bytes) {
    requireNoCapture("allocating");
    if (bytes < 1) {
      throw new IllegalArgumentException(bytes + " bytes are asked for");
    }
    allocations++;
    return opened(new StandInPinned(this, new Memory("pinned memory " + allocations, bytes, true)));
  }

  @Override
  public DeviceStream openStream() {
    return opened(new StandInStream(this));
  }

  @Override
  public DeviceEvent openEvent() {
    return opened(new StandInEvent(this));
  }

  @Override
  public void close() {
    if (!open.isEmpty()) {
      throw new IllegalStateException(
          "the runtime is closed before "
              + open.stream().map(thing -> thing.getClass().getSimpleName()).sorted().toList());
    }
    if (isClosed) {
      throw new IllegalStateException("the runtime is closed twice");
    }
    isClosed = true;
  }
}
