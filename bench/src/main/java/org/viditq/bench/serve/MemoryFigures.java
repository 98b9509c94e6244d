package org.viditq.bench.serve;

import com.fasterxml.jackson.databind.node.ObjectNode;
import org.viditq.cli.console.Quantities;

/**
 * Memory of this process, with both servers loaded.
 *
 * @param before the load, at rest
 * @param peak under load; the heap's with garbage
 * @param after the load, at rest
 */
record MemoryFigures(Memory before, Memory peak, Memory after) {
  void putInto(ObjectNode node) {
    before.putInto(node.putObject("before"));
    peak.putInto(node.putObject("peak"));
    after.putInto(node.putObject("after"));
  }

  /** In one line. */
  String describe() {
    return "Outside of the heap "
        + Quantities.bytes(before.nativeBytes())
        + " before, "
        + Quantities.bytes(peak.nativeBytes())
        + " at the peak, "
        + Quantities.bytes(after.nativeBytes())
        + " after; heap without garbage "
        + Quantities.bytes(before.heapBytes())
        + " before, "
        + Quantities.bytes(after.heapBytes())
        + " after.";
  }
}
