package org.viditq.bench.roofline;

/**
 * What a call computes, and moves at least. It follows from the shapes of its operands alone, not
 * from how a kernel computes it.
 *
 * <p>Operations are those of the formulas in {@link org.viditq.core.operators.Operators}, element
 * by element: additions and multiplications count one each, and so does every other elementary
 * function (comparison, division, rounding, exponential, hyperbolic tangent), though it takes
 * several instructions. Products of matrices count for the numbers that they multiply, all else for
 * float32. A product of [M, K] and [K, N] is 2 M K N operations.
 *
 * <p>Bytes are those of each operand, weights included, read once, and of the result, written once;
 * what lies between the steps of a call that a kernel makes at once is not counted. Values are
 * float32, weights as they are held: 4 bytes in float32, 2 in bfloat16, 1 of codes, half of 4-bit
 * codes.
 *
 * @param int8 operations of products of integers
 * @param bf16 operations of products of bfloat16
 * @param fp32 operations of float32
 * @param bytes read and written
 */
public record Work(long int8, long bf16, long fp32, long bytes) {
  /** Nothing. */
  public static final Work NONE = new Work(0, 0, 0, 0);

  /** Operations of products. */
  static Work products(Numbers numbers, long operations) {
    return switch (numbers) {
      case INT8 -> new Work(operations, 0, 0, 0);
      case BF16 -> new Work(0, operations, 0, 0);
      case FP32 -> new Work(0, 0, operations, 0);
    };
  }

  /** Operations of float32, element by element. */
  static Work pointwise(long operations) {
    return new Work(0, 0, operations, 0);
  }

  /** Float32 values that are read or written. */
  static Work values(long count) {
    return new Work(0, 0, 0, Float.BYTES * count);
  }

  /** Bytes that are read or written. */
  static Work moved(long bytes) {
    return new Work(0, 0, 0, bytes);
  }

  /** Both. */
  public Work plus(Work other) {
    return new Work(int8 + other.int8, bf16 + other.bf16, fp32 + other.fp32, bytes + other.bytes);
  }

  /** An equal part of it, rounded down. */
  Work dividedBy(long parts) {
    return new Work(int8 / parts, bf16 / parts, fp32 / parts, bytes / parts);
  }
}
