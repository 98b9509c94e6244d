package org.viditq.quantize.weight;

import java.nio.ByteBuffer;
import org.viditq.core.quant.CodeLayout;
import org.viditq.core.quant.WeightCodes;

/** Weight codes that can be written to a checkpoint. */
public sealed interface CheckpointCodes extends WeightCodes
    permits StoredWeightCodes, CodesOnDemand {
  /** How {@link #bytes} lie; known without making them. */
  CodeLayout layout();

  /**
   * Rows one after the other, each {@link CodeLayout#rowBytes} long, from position 0 to the limit;
   * read-only and private to the caller.
   */
  ByteBuffer bytes();
}
