package org.viditq.tensorrt.standin;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.viditq.tensorrt.runtime.DeviceBuffer;
import org.viditq.tensorrt.runtime.DeviceEvent;
import org.viditq.tensorrt.runtime.DeviceGraph;
import org.viditq.tensorrt.runtime.DeviceStream;
import org.viditq.tensorrt.runtime.PinnedBuffer;
import org.viditq.tensorrt.standin.Work.Part;

/** A stream whose work is done as early or as late as the runtime's {@link StandInRuntime.Pace}. */
final class StandInStream implements DeviceStream {
  private record Queued(long count, Work work) {}

  private final StandInRuntime runtime;
  private final Deque<Queued> queue = new ArrayDeque<>();
  private final Clock clock = new Clock();
  private long entered;
  private List<Work> captured;

  StandInStream(StandInRuntime runtime) {
    this.runtime = runtime;
  }

  /** Whether all its work is known to have ended. */
  boolean isIdle() {
    return runtime.host.of(this) >= entered;
  }

  boolean capturing() {
    return captured != null;
  }

  private void put(Work work) {
    if (captured != null) {
      work.current().run();
      captured.add(work);
    } else {
      enter(work);
      keepPace();
    }
  }

  private void enter(Work work) {
    entered++;
    clock.join(runtime.host);
    work.enter(this, entered, clock);
    clock.set(this, entered);
    queue.add(new Queued(entered, work));
  }

  private void keepPace() {
    if (runtime.pace == StandInRuntime.Pace.EAGER) {
      work(entered);
    }
  }

  /** Does the work up to a count. */
  void work(long until) {
    while (!queue.isEmpty() && queue.peek().count() <= until) {
      queue.poll().work().execute();
    }
  }

  private static Memory memory(DeviceBuffer buffer) {
    return ((StandInBuffer) buffer).memory;
  }

  private static Memory memory(PinnedBuffer buffer) {
    return ((StandInPinned) buffer).memory;
  }

  @Override
  public void copyToDevice(
      DeviceBuffer to, long toOffset, PinnedBuffer from, int fromOffset, int bytes) {
    copy("a copy to the device", memory(to), toOffset, memory(from), fromOffset, bytes);
  }

  @Override
  public void copyToHost(
      PinnedBuffer to, int toOffset, DeviceBuffer from, long fromOffset, int bytes) {
    copy("a copy to the host", memory(to), toOffset, memory(from), fromOffset, bytes);
  }

  @Override
  public void copyOnDevice(
      DeviceBuffer to, long toOffset, DeviceBuffer from, long fromOffset, long bytes) {
    if (to == from && toOffset < fromOffset + bytes && fromOffset < toOffset + bytes) {
      throw new IllegalArgumentException("a copy's source and target overlap");
    }
    copy("a copy on the device", memory(to), toOffset, memory(from), fromOffset, bytes);
  }

  private void copy(
      String what, Memory to, long toOffset, Memory from, long fromOffset, long bytes) {
    to.require(toOffset, bytes);
    from.require(fromOffset, bytes);
    put(
        new Work(
            what,
            List.of(new Part(from, fromOffset, bytes)),
            List.of(new Part(to, toOffset, bytes)),
            () -> {},
            () -> to.part(toOffset, bytes).put(from.part(fromOffset, bytes))));
  }

  @Override
  public void clear(DeviceBuffer buffer) {
    Memory memory = memory(buffer);
    put(
        new Work(
            "clearing",
            List.of(),
            List.of(new Part(memory, 0, memory.size)),
            () -> {},
            () -> {
              ByteBuffer all = memory.part(0, memory.size);
              while (all.hasRemaining()) {
                all.put((byte) 0);
              }
            }));
  }

  void execute(Work work) {
    put(work);
  }

  @Override
  public void record(DeviceEvent event) {
    requireNoCapture("recording an event for others");
    ((StandInEvent) event).record(this, entered, clock);
  }

  @Override
  public void await(DeviceEvent event) {
    requireNoCapture("waiting for another stream's event");
    clock.join(((StandInEvent) event).clock());
  }

  @Override
  public void beginCapture() {
    requireNoCapture("a second capture");
    captured = new ArrayList<>();
  }

  @Override
  public DeviceGraph endCapture() {
    if (captured == null) {
      throw new IllegalStateException("a capture is ended that has not begun");
    }
    List<Work> work = captured;
    captured = null;
    return runtime.opened(new StandInGraph(runtime, work));
  }

  @Override
  public void abandonCapture() {
    if (captured == null) {
      throw new IllegalStateException("a capture is abandoned that has not begun");
    }
    captured = null;
  }

  @Override
  public void launch(DeviceGraph graph) {
    requireNoCapture("launching a graph");
    StandInGraph recorded = (StandInGraph) graph;
    runtime.requireOpen(recorded);
    recorded.work.forEach(this::enter);
    recorded.launched(this, entered);
    runtime.launches++;
    keepPace();
  }

  @Override
  public void synchronize() {
    requireNoCapture("waiting for a stream");
    work(entered);
    runtime.host.join(clock);
  }

  private void requireNoCapture(String what) {
    if (captured != null) {
      throw new IllegalStateException(what + " during a capture");
    }
  }

  @Override
  public void close() {
    if (captured != null) {
      throw new IllegalStateException("a stream is closed during a capture");
    }
    if (!isIdle()) {
      throw new IllegalStateException("a stream is closed before its work is known to have ended");
    }
    runtime.closed(this, 0);
  }
}
