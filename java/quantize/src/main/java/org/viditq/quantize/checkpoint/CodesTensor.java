package org.viditq.quantize.checkpoint;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.viditq.core.checkpoint.MemoryTensor;
import org.viditq.core.checkpoint.StoredTensor;
import org.viditq.core.tensor.DType;
import org.viditq.core.tensor.Shape;
import org.viditq.quantize.weight.CheckpointCodes;

/**
 * Codes as the tensor that they are stored as. They are asked for with the tensor's contents, so
 * that a writer, which goes from tensor to tensor, holds those of one weight at a time.
 */
record CodesTensor(String name, DType dtype, Shape shape, CheckpointCodes codes)
    implements StoredTensor {
  @Override
  public ByteBuffer bytes() {
    return codes.bytes().order(ByteOrder.LITTLE_ENDIAN);
  }

  @Override
  public void copyTo(int start, float[] destination, int offset, int count) {
    MemoryTensor.ofBuffer(name, dtype, shape, bytes()).copyTo(start, destination, offset, count);
  }
}
