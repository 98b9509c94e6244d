package org.viditq.tensorrt.standin;

import java.util.List;
import org.viditq.tensorrt.runtime.DeviceGraph;

/** Recorded work. */
final class StandInGraph implements DeviceGraph {
  private final StandInRuntime runtime;
  final List<Work> work;
  private StandInStream last;
  private long count;

  StandInGraph(StandInRuntime runtime, List<Work> work) {
    this.runtime = runtime;
    this.work = List.copyOf(work);
  }

  void launched(StandInStream stream, long at) {
    last = stream;
    count = at;
  }

  @Override
  public void close() {
    if (last != null && runtime.host.of(last) < count) {
      throw new IllegalStateException("a graph is closed while its launch may be under way");
    }
    runtime.closed(this, 0);
  }
}
