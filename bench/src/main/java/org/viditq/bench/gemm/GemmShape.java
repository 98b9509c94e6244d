package org.viditq.bench.gemm;

import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * A product of x [rows, inner] and a weight [channels, inner].
 *
 * @param rows M, tokens
 * @param inner K, input channels
 * @param channels N, output channels
 */
record GemmShape(int rows, int inner, int channels) {
  /** Products and sums, each counted. */
  long operations() {
    return 2L * rows * inner * channels;
  }

  /** MxKxN. */
  @Override
  public String toString() {
    return rows + "x" + inner + "x" + channels;
  }

  static final class Converter implements ITypeConverter<GemmShape> {
    @Override
    public GemmShape convert(String value) {
      if (!value.matches("[1-9]\\d{0,6}x[1-9]\\d{0,6}x[1-9]\\d{0,6}")) {
        throw new TypeConversionException(
            "'" + value + "' is no shape; write rows, input and output channels as 256x1152x1152");
      }
      String[] extents = value.split("x");
      return new GemmShape(
          Integer.parseInt(extents[0]), Integer.parseInt(extents[1]), Integer.parseInt(extents[2]));
    }
  }
}
