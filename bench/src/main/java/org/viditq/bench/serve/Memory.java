package org.viditq.bench.serve;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.function.Supplier;

/**
 * Memory of this process.
 *
 * @param nativeBytes outside of the Java heap: weights and values
 * @param heapBytes in the Java heap
 */
record Memory(long nativeBytes, long heapBytes) {
  static Memory of(Scrape scrape) {
    return new Memory(scrape.nativeBytes(), scrape.heapBytes());
  }

  /** When garbage is gone. */
  static Memory atRest(Supplier<Scrape> scrape) {
    System.gc();
    return of(scrape.get());
  }

  /** The larger of each. */
  Memory orMore(Memory other) {
    return new Memory(
        Math.max(nativeBytes, other.nativeBytes), Math.max(heapBytes, other.heapBytes));
  }

  void putInto(ObjectNode node) {
    node.put("nativeBytes", nativeBytes).put("heapBytes", heapBytes);
  }
}
