package org.viditq.cpp;

import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.PointerPointer;
import org.viditq.core.error.ShapeException;
import org.viditq.core.quant.QuantizedWeight;
import org.viditq.core.quant.WeightCodes;
import org.viditq.cpp.bridge.Bridge;
import org.viditq.cpp.bridge.viditq_weights;

/** The codes of a weight matrix in native memory, laid out for one instruction set. */
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
   * Packs [channels, inner] codes; a byte per code.
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
    long size = (long) codes.rows() * codes.columns();
    if (codes.columns() > Bridge.VIDITQ_MAX_INNER) {
      throw new ShapeException(
          "Weight "
              + shape
              + " could overflow int32 sums: at most "
              + Bridge.VIDITQ_MAX_INNER
              + " input channels are allowed.");
    }
    try (GrowingBuffer<BytePointer> staging = new GrowingBuffer<>(BytePointer::new);
        PointerPointer<viditq_weights> result = new PointerPointer<>(1)) {
      BytePointer staged = staging.atLeast(size);
      byte[] row = new byte[codes.columns()];
      for (int r = 0; r < codes.rows(); r++) {
        codes.copyRow(r, row, 0);
        staged.position((long) r * row.length).put(row, 0, row.length);
      }
      int status =
          Bridge.viditq_pack_weights(
              staged.position(0),
              weight.grid().format().symmetric() ? 1 : 0,
              codes.rows(),
              codes.columns(),
              isa.code(),
              result);
      NativeLibrary.check(status, "packing of weight " + shape + " for " + isa);
      return new PackedWeights(codes.rows(), codes.columns(), result.get(viditq_weights.class, 0));
    }
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
