package org.viditq.core.model.embedding;

import java.util.function.Supplier;
import org.viditq.core.error.InvalidCheckpointException;
import org.viditq.core.model.Parameters;
import org.viditq.core.tensor.Tensor;

/**
 * Position tables that the authors' checkpoints of DiT and Latte carry along although they are
 * fixed: models compute them, for any size, and look at a stored one only to notice that it is
 * another.
 */
public final class StoredTable {
  /** Above what rounding to bfloat16 changes, far below what another table differs by. */
  private static final float TOLERANCE = 0.01f;

  private StoredTable() {}

  /**
   * @param name of the stored table, which may be absent
   * @param table what it must be, [rows, C]; stored as [1, rows, C]
   * @throws InvalidCheckpointException if it is another
   */
  public static void requireEqual(Parameters parameters, String name, Supplier<Tensor> table) {
    if (!parameters.contains(name)) {
      return;
    }
    Tensor computed = table.get();
    float[] stored = parameters.tensor(name, 1, computed.dim(0), computed.dim(1)).data();
    for (int i = 0; i < stored.length; i++) {
      if (Math.abs(stored[i] - computed.data()[i]) > TOLERANCE) {
        throw new InvalidCheckpointException(
            "The position table "
                + name
                + " holds "
                + stored[i]
                + " at row "
                + i / computed.dim(1)
                + ", channel "
                + i % computed.dim(1)
                + " where the fixed sine-cosine table has "
                + computed.data()[i]
                + "; learned positions are not supported.");
      }
    }
  }
}
