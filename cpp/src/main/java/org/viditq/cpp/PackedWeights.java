package org.viditq.cpp;

import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.IntPointer;
import org.bytedeco.javacpp.PointerPointer;
import org.viditq.core.error.ShapeException;
import org.viditq.core.quant.CodeLayout;
import org.viditq.core.quant.IntegerFormat;
import org.viditq.core.quant.QuantizedWeight;
import org.viditq.core.quant.StoredCodes;
import org.viditq.core.quant.WeightCodes;
import org.viditq.cpp.bridge.Bridge;
import org.viditq.cpp.bridge.viditq_weight_codes;
import org.viditq.cpp.bridge.viditq_weights;

/** A quantized weight matrix in native memory, laid out for one instruction set. */
public final class PackedWeights implements AutoCloseable {
  private final int channels;
  private final int inner;
  private viditq_weights handle;

  private PackedWeights(int channels, int inner, viditq_weights handle) {
    this.channels = channels;
    this.inner = inner;
    this.handle = handle;
  }

  /**
   * Packs [channels, inner] codes from where they are stored, a mapped file perhaps; a nibble per
   * code where they are stored as nibbles, else a byte. The grids are copied.
   *
   * @throws ShapeException if {@code inner} exceeds 2^15, the bound up to which sums of 8-bit codes
   *     cannot overflow int32
   * @throws org.viditq.core.error.BackendException if the machine does not run {@code isa}, or has
   *     no memory left
   */
  public static PackedWeights of(QuantizedWeight weight, InstructionSet isa) {
    NativeLibrary.require();
    WeightCodes codes = weight.codes();
    String shape = "[" + codes.rows() + ", " + codes.columns() + "]";
    if (codes.columns() > Bridge.VIDITQ_MAX_INNER) {
      throw new ShapeException(
          "Weight "
              + shape
              + " could overflow int32 sums: at most "
              + Bridge.VIDITQ_MAX_INNER
              + " input channels are allowed.");
    }
    StoredCodes stored = codes.stored().orElseGet(() -> store(codes, weight.grid().format()));
    try (BytePointer pointer = NativeBytes.of(stored.bytes());
        FloatPointer scale = new FloatPointer(weight.grid().scale());
        IntPointer zeroPoint = new IntPointer(weight.grid().zeroPoint());
        viditq_weight_codes operands = new viditq_weight_codes();
        PointerPointer<viditq_weights> result = new PointerPointer<>(1)) {
      int status =
          Bridge.viditq_pack_weights(
              operands
                  .stored(pointer)
                  .layout(
                      stored.layout() == CodeLayout.NIBBLES
                          ? Bridge.VIDITQ_NIBBLES
                          : Bridge.VIDITQ_SIGNED_BYTES)
                  .offset(stored.offset())
                  .channels(codes.rows())
                  .inner(codes.columns())
                  .scale(scale)
                  .zero_point(zeroPoint),
              isa.code(),
              result);
      NativeLibrary.check(status, "packing of weight " + shape + " for " + isa);
      return new PackedWeights(codes.rows(), codes.columns(), result.get(viditq_weights.class, 0));
    } finally {
      MappedPages.release(stored.bytes());
      Reference.reachabilityFence(stored);
    }
  }

  /** A copy of codes that lie in no layout of a checkpoint. */
  private static StoredCodes store(WeightCodes codes, IntegerFormat format) {
    int columns = codes.columns();
    ByteBuffer bytes = ByteBuffer.allocateDirect(Math.multiplyExact(codes.rows(), columns));
    byte[] row = new byte[columns];
    int offset = format.symmetric() ? 0 : 128;
    for (int r = 0; r < codes.rows(); r++) {
      codes.copyRow(r, row, 0);
      for (int c = 0; c < columns; c++) {
        row[c] -= (byte) offset;
      }
      bytes.put(r * columns, row);
    }
    return new StoredCodes(CodeLayout.BYTES, offset, bytes);
  }

  /** Output channels. */
  public int channels() {
    return channels;
  }

  /** Input channels. */
  public int inner() {
    return inner;
  }

  /** Native memory that it holds; 0 once closed. */
  public long sizeInBytes() {
    return handle == null ? 0 : Bridge.viditq_weights_bytes(handle);
  }

  viditq_weights handle() {
    if (handle == null) {
      throw new IllegalStateException("These packed weights are closed.");
    }
    return handle;
  }

  /** Releases the native memory; idempotent. */
  @Override
  public void close() {
    if (handle != null) {
      Bridge.viditq_free_weights(handle);
      handle = null;
    }
  }
}
