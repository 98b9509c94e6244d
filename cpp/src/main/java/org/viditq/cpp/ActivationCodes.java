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
  private final int first;

  /** Codes yet to be written. */
  ActivationCodes(NativeMemory memory, IntegerFormat format, int rows, int columns) {
    this.format = format;
    this.rows = rows;
    this.columns = columns;
    this.perRow = wholeLines(rows);
    long codes = wholeLines(((long) rows * columns + Float.BYTES - 1) / Float.BYTES);
    this.store = memory.allocate(Shape.of(Math.toIntExact(3 * perRow + codes)));
    this.first = 0;
  }

  private ActivationCodes(ActivationCodes whole, int first, int rows) {
    this.format = whole.format;
    this.rows = rows;
    this.columns = whole.columns;
    this.store = whole.store;
    this.perRow = whole.perRow;
    this.first = whole.first + first;
  }

  /** {@code count} rows from {@code first} on, in the same memory, which these codes own. */
  ActivationCodes rows(int first, int count) {
    return new ActivationCodes(this, first, count);
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
    return store.dataAt(first);
  }

  IntPointer zeroPoint() {
    return new IntPointer(store.dataAt(perRow + first));
  }

  IntPointer rowSum() {
    return new IntPointer(store.dataAt(2 * perRow + first));
  }

  BytePointer codes() {
    BytePointer codes = store.bytesAt(3 * perRow);
    return codes.position(codes.position() + (long) first * columns);
  }

  /** Returns the memory to the arena; idempotent. */
  @Override
  public void close() {
    store.close();
  }
}
