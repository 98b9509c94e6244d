package org.viditq.tensorrt.standin;

import java.util.HashMap;
import java.util.Map;

/** What has happened before something, by stream: how much of its work. A vector clock. */
final class Clock {
  private final Map<StandInStream, Long> seen = new HashMap<>();

  long of(StandInStream stream) {
    return seen.getOrDefault(stream, 0L);
  }

  void set(StandInStream stream, long count) {
    seen.put(stream, count);
  }

  void join(Clock other) {
    other.seen.forEach((stream, count) -> seen.merge(stream, count, Math::max));
  }

  Clock copy() {
    Clock copy = new Clock();
    copy.join(this);
    return copy;
  }
}
