package org.viditq.cpp;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.bytedeco.javacpp.FloatPointer;

/**
 * Off-heap memory that parts are cut from, and once they are given back cut from again, whatever
 * their sizes. What is asked for takes the smallest gap that is large enough.
 *
 * <p>The memory comes in chunks. When no gap is large enough, chunks that lie idle are let go
 * before a new one is made, so that all of them together grow by no more than what is missing: of
 * many small chunks that once were enough, a few large ones remain.
 */
final class Arena implements AutoCloseable {
  /** Parts are a multiple of this. */
  private static final long GRANULE = 4096;

  private final long leastChunk;

  /** A few dozen: the values that live at a time are as few. */
  private final List<Part> gaps = new ArrayList<>();

  private long bytes;

  /** Of a chunk, in use or a gap. */
  static final class Part {
    private final CountedMemory chunk;
    private final long first;
    private long bytes;
    private Part before;
    private Part behind;
    private boolean gap;

    private Part(CountedMemory chunk, long first, long bytes) {
      this.chunk = chunk;
      this.first = first;
      this.bytes = bytes;
    }

    /** What it is part of. */
    FloatPointer memory() {
      return chunk.floats();
    }

    /** Where in {@link #memory()} it starts, in values. */
    long start() {
      return first / Float.BYTES;
    }

    private boolean fillsChunk() {
      return before == null && behind == null;
    }
  }

  /**
   * @param leastChunk bytes that are allocated at a time, at least
   */
  Arena(long leastChunk) {
    this.leastChunk = leastChunk;
  }

  /**
   * A part of undefined values.
   *
   * @throws org.viditq.core.error.BackendException if there is no memory
   */
  Part take(long wanted) {
    long size = (Math.max(1, wanted) + GRANULE - 1) / GRANULE * GRANULE;
    Part part = smallestGap(size);
    if (part == null) {
      part = newChunk(Math.max(size, leastChunk));
    } else {
      gaps.remove(part);
      part.gap = false;
    }
    if (part.bytes > size) {
      addGap(cut(part, size));
    }
    return part;
  }

  /** Of those that are large enough; null for none. */
  private Part smallestGap(long size) {
    Part smallest = null;
    for (Part gap : gaps) {
      if (gap.bytes >= size && (smallest == null || gap.bytes < smallest.bytes)) {
        smallest = gap;
      }
    }
    return smallest;
  }

  /** Takes a part back; called once for each. */
  void give(Part part) {
    Part joined = part;
    if (part.behind != null && part.behind.gap) {
      gaps.remove(part.behind);
      join(part, part.behind);
    }
    if (part.before != null && part.before.gap) {
      joined = part.before;
      gaps.remove(joined);
      join(joined, part);
    }
    addGap(joined);
  }

  /** Bytes of all chunks. */
  long bytes() {
    return bytes;
  }

  private void addGap(Part part) {
    part.gap = true;
    gaps.add(part);
  }

  /** Shortens a part to {@code size} bytes; the rest of it. */
  private static Part cut(Part part, long size) {
    Part rest = new Part(part.chunk, part.first + size, part.bytes - size);
    rest.before = part;
    rest.behind = part.behind;
    if (rest.behind != null) {
      rest.behind.before = rest;
    }
    part.behind = rest;
    part.bytes = size;
    return rest;
  }

  private static void join(Part part, Part behind) {
    part.bytes += behind.bytes;
    part.behind = behind.behind;
    if (part.behind != null) {
      part.behind.before = part;
    }
  }

  private Part newChunk(long size) {
    long released = 0;
    for (Part idle : idleChunks()) {
      if (released >= size) {
        break;
      }
      released += idle.bytes;
      release(idle);
    }
    Part chunk = new Part(CountedMemory.ofBytes(size), 0, size);
    bytes += size;
    return chunk;
  }

  /** Gaps that are whole chunks, largest first. */
  private List<Part> idleChunks() {
    return gaps.stream()
        .filter(Part::fillsChunk)
        .sorted(Comparator.comparingLong((Part gap) -> gap.bytes).reversed())
        .toList();
  }

  private void release(Part idle) {
    gaps.remove(idle);
    bytes -= idle.bytes;
    idle.chunk.close();
  }

  /** Releases what lies idle; chunks of which parts are in use stay. Idempotent. */
  @Override
  public void close() {
    idleChunks().forEach(this::release);
  }
}
