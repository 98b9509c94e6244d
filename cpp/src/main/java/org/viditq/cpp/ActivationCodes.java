package org.viditq.cpp;

import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.IntPointer;
import org.viditq.core.quant.IntegerFormat;
import org.viditq.core.tensor.Shape;

/**
 * The input of a quantized layer as codes, in the arena: [rows, columns] codes, and per row Δ, z
 * and the sum of the codes.
 */
final class ActivationCodes implements AutoCloseable {
  /** Values between the parts start at whole cache lines. */
  private static final long LINE = 64 / Float.BYTES;

  private final IntegerFormat format;
  private final int rows;
  private final int columns;
  private final NativeTensor store;
  private final long perRow;

  /** Codes yet to be written. */
  ActivationCodes(NativeMemory memory, IntegerFormat format, int rows, int columns) {
    this.format = format;
    this.rows = rows;
    this.columns = columns;
    this.perRow = wholeLines(rows);
    long codes = wholeLines(((long) rows * columns + Float.BYTES - 1) / Float.BYTES);
    this.store = memory.allocate(Shape.of(Math.toIntExact(3 * perRow + codes)));
  }

  private static long wholeLines(long values) {
    return (values + LINE - 1) / LINE * LINE;
  }

  IntegerFormat format() {
    return format;
  }

  int rows() {
    return rows;
  }

  int columns() {
    return columns;
  }

  FloatPointer scale() {
    return store.data();
  }

  IntPointer zeroPoint() {
    return new IntPointer(store.dataAt(perRow));
  }

  IntPointer rowSum() {
    return new IntPointer(store.dataAt(2 * perRow));
  }

  BytePointer codes() {
    return store.bytesAt(3 * perRow);
  }

  /** Returns the memory to the arena; idempotent. */
  @Override
  public void close() {
    store.close();
  }
}
