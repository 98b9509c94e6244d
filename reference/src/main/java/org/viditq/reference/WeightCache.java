package org.viditq.reference;

import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import org.ejml.data.DMatrixRMaj;

/**
 * Converted weights, up to a number of bytes; the least recently used leave first. A weight that
 * does not fit is converted anew for every use, so that a model of any size runs in a small heap.
 */
final class WeightCache {
  private final long maxBytes;
  private final Map<TransposedWeight, DMatrixRMaj> entries = new LinkedHashMap<>(16, 0.75f, true);
  private long bytes;

  WeightCache(long maxBytes) {
    this.maxBytes = maxBytes;
  }

  synchronized DMatrixRMaj get(TransposedWeight weight) {
    DMatrixRMaj cached = entries.get(weight);
    if (cached != null) {
      return cached;
    }
    DMatrixRMaj converted = weight.convert();
    long size = sizeInBytes(converted);
    if (size <= maxBytes) {
      evictDownTo(maxBytes - size);
      entries.put(weight, converted);
      bytes += size;
    }
    return converted;
  }

  /** Bytes held now. */
  synchronized long bytes() {
    return bytes;
  }

  synchronized void clear() {
    entries.clear();
    bytes = 0;
  }

  private void evictDownTo(long limit) {
    Iterator<DMatrixRMaj> oldestFirst = entries.values().iterator();
    while (bytes > limit) {
      bytes -= sizeInBytes(oldestFirst.next());
      oldestFirst.remove();
    }
  }

  private static long sizeInBytes(DMatrixRMaj matrix) {
    return (long) Double.BYTES * matrix.getNumElements();
  }
}
