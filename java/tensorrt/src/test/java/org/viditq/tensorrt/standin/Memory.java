package org.viditq.tensorrt.standin;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;

/**
 * A piece of memory that knows who touched which part of it when, so that it can tell when two
 * touch the same part and nothing says who comes first.
 */
final class Memory {
  private static final int UNIT = 4;

  final String name;
  final int size;
  private final ByteBuffer bytes;
  private final BitSet written;
  private final List<Touch> touches = new ArrayList<>();
  private boolean freed;

  private record Touch(
      int offset, int length, boolean writes, StandInStream stream, long count, String what) {
    boolean overlaps(int from, int length) {
      return from < offset + this.length && offset < from + length;
    }
  }

  /**
   * @param zeroed whether it is set to zero; otherwise it must be written before it is read, and
   *     holds what makes every result wrong
   */
  Memory(String name, long size, boolean zeroed) {
    this.name = name;
    this.size = Math.toIntExact(size);
    this.bytes = ByteBuffer.allocateDirect(this.size).order(ByteOrder.LITTLE_ENDIAN);
    this.written = new BitSet(units(this.size));
    if (zeroed) {
      written.set(0, units(this.size));
    } else {
      for (int i = 0; i < this.size; i++) {
        bytes.put(i, (byte) 0xff);
      }
    }
  }

  private static int units(int bytes) {
    return (bytes + UNIT - 1) / UNIT;
  }

  void require(long offset, long length) {
    if (freed) {
      throw new IllegalStateException(name + " is used after it was freed");
    }
    if (offset < 0 || length < 0 || offset + length > size) {
      throw new IllegalArgumentException(
          name + " has " + size + " bytes, and " + length + " from " + offset + " are asked for");
    }
  }

  /** The bytes, whoever owns them. */
  ByteBuffer part(long offset, long length) {
    require(offset, length);
    return bytes.slice((int) offset, (int) length).order(ByteOrder.LITTLE_ENDIAN);
  }

  /** Work of a stream will touch a part of it. */
  void touch(
      StandInStream stream,
      long count,
      Clock clock,
      long offset,
      long length,
      boolean writes,
      String what) {
    requireOrder(clock, (int) offset, (int) length, writes, what);
    touches.add(new Touch((int) offset, (int) length, writes, stream, count, what));
  }

  /** The host touches a part of it, now. */
  void touchByHost(Clock host, int offset, int length) {
    requireOrder(host, offset, length, true, "the host");
    written.set(offset / UNIT, units(offset + length));
  }

  private void requireOrder(Clock clock, int offset, int length, boolean writes, String what) {
    for (Touch touch : touches) {
      if (touch.overlaps(offset, length)
          && (writes || touch.writes())
          && clock.of(touch.stream()) < touch.count()) {
        throw new IllegalStateException(
            what
                + " touches "
                + name
                + " while "
                + touch.what()
                + " may be under way, which it has not waited for");
      }
    }
    if (writes) {
      touches.removeIf(
          touch ->
              clock.of(touch.stream()) >= touch.count()
                  && touch.offset() >= offset
                  && touch.offset() + touch.length() <= offset + length);
    }
  }

  /** When work is done that writes. */
  void markWritten(long offset, long length) {
    written.set((int) offset / UNIT, units((int) (offset + length)));
  }

  /** When work is done that reads. */
  void requireWritten(long offset, long length, String what) {
    int from = (int) offset / UNIT;
    int missing = written.nextClearBit(from);
    if (missing < units((int) (offset + length))) {
      throw new IllegalStateException(
          what + " reads " + name + " from byte " + missing * UNIT + ", which nobody has written");
    }
  }

  /** All work must be known to have ended. */
  void free(Clock host) {
    requireOrder(host, 0, size, true, "whoever frees it");
    if (freed) {
      throw new IllegalStateException(name + " is freed twice");
    }
    freed = true;
  }
}
