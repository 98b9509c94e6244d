package org.viditq.tensorrt.standin;

import java.util.List;

/**
 * One piece of a stream's work.
 *
 * @param what it is, for messages
 * @param reads places that it reads
 * @param writes places that it writes
 * @param current whether the work is still what it was when it was recorded: addresses, shapes
 * @param execution does it
 */
record Work(
    String what, List<Part> reads, List<Part> writes, Runnable current, Runnable execution) {
  /** A part of some memory. */
  record Part(Memory memory, long offset, long length) {}

  /** Puts it into a stream. */
  void enter(StandInStream stream, long count, Clock clock) {
    current.run();
    for (Part part : reads) {
      part.memory().require(part.offset(), part.length());
      part.memory().touch(stream, count, clock, part.offset(), part.length(), false, what);
    }
    for (Part part : writes) {
      part.memory().require(part.offset(), part.length());
      part.memory().touch(stream, count, clock, part.offset(), part.length(), true, what);
    }
  }

  void execute() {
    for (Part part : reads) {
      part.memory().requireWritten(part.offset(), part.length(), what);
    }
    execution.run();
    for (Part part : writes) {
      part.memory().markWritten(part.offset(), part.length());
    }
  }
}
