package org.viditq.cpp;

import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.IntPointer;
import org.viditq.core.quant.IntegerFormat;
import org.viditq.core.tensor.Shape;
import org.viditq.cpp.bridge.viditq_tokens;

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
  private final FloatPointer scale;
  private final IntPointer zeroPoint;
  private final IntPointer rowSum;
  private final BytePointer codes;

  /** Codes yet to be written. */
  ActivationCodes(NativeMemory memory, IntegerFormat format, int rows, int columns) {
    this(format, rows, columns, allocate(memory, rows, columns), wholeLines(rows), 0);
  }

  /** Makes the pointers, which the call that writes codes and those that read them share. */
  private ActivationCodes(
      IntegerFormat format, int rows, int columns, NativeTensor store, long perRow, int first) {
    this.format = format;
    this.rows = rows;
    this.columns = columns;
    this.store = store;
    this.perRow = perRow;
    this.first = first;
    this.scale = store.dataAt(first);
    this.zeroPoint = new IntPointer(store.dataAt(perRow + first));
    this.rowSum = new IntPointer(store.dataAt(2 * perRow + first));
    this.codes = store.bytesAt(3 * perRow);
    codes.position(codes.position() + (long) first * columns);
  }

  private static NativeTensor allocate(NativeMemory memory, int rows, int columns) {
    long codes = wholeLines(((long) rows * columns + Float.BYTES - 1) / Float.BYTES);
    return memory.allocate(Shape.of(Math.toIntExact(3 * wholeLines(rows) + codes)));
  }

  /** {@code count} rows from {@code first} on, in the same memory, which these codes own. */
  ActivationCodes rows(int first, int count) {
    return new ActivationCodes(format, count, columns, store, perRow, this.first + first);
  }

  private static long wholeLines(long values) {
    return (values + LINE - 1) / LINE * LINE;
  }

  int rows() {
    return rows;
  }

  /** These codes as a call takes them: written to {@code tokens}, which is returned. */
  viditq_tokens in(viditq_tokens tokens) {
    store.data(); // refuses released codes
    return tokens
        .codes(codes)
        .scale(scale)
        .zero_point(zeroPoint)
        .row_sum(rowSum)
        .rows(rows)
        .columns(columns)
        .bits(format.bits())
        .symmetric(format.symmetric() ? 1 : 0);
  }

  /** Returns the memory to the arena; idempotent. */
  @Override
  public void close() {
    store.close();
  }
}
