package org.viditq.tensorrt.standin;

import org.viditq.tensorrt.runtime.DeviceEvent;

/** A mark in a stream. */
final class StandInEvent implements DeviceEvent {
  private final StandInRuntime runtime;
  private StandInStream stream;
  private long count;
  private Clock clock;

  StandInEvent(StandInRuntime runtime) {
    this.runtime = runtime;
  }

  void record(StandInStream by, long at, Clock seen) {
    stream = by;
    count = at;
    clock = seen.copy();
  }

  Clock clock() {
    if (clock == null) {
      throw new IllegalStateException("an event is waited for that was never recorded");
    }
    return clock;
  }

  @Override
  public void synchronize() {
    runtime.requireNoCapture("waiting for an event");
    Clock passed = clock();
    stream.work(count);
    runtime.host.join(passed);
  }

  @Override
  public void close() {
    runtime.closed(this, 0);
  }
}
