package org.viditq.bench.fuzz;

import org.viditq.core.checkpoint.Checkpoint;
import org.viditq.core.checkpoint.Checkpoints;
import org.viditq.core.operators.QuantizedLinearParameters;
import org.viditq.core.operators.QuantizedLinearParameters.WeightSet;
import org.viditq.core.quant.WeightCodes;
import org.viditq.quantize.checkpoint.QuantizedCheckpoint;

/** Quantized checkpoints, down to the codes of every weight set. */
public final class QuantizedCheckpointFuzzer {
  private QuantizedCheckpointFuzzer() {}

  public static void fuzzerTestOneInput(byte[] input) throws Exception {
    Refusal.allowed(
        () -> {
          try (Checkpoint checkpoint =
              Checkpoints.open(Scratch.write("quantized.safetensors", input))) {
            QuantizedCheckpoint quantized = QuantizedCheckpoint.read(checkpoint);
            quantized.layers().layers().values().forEach(QuantizedCheckpointFuzzer::readCodes);
          }
        });
  }

  private static void readCodes(QuantizedLinearParameters layer) {
    for (WeightSet set : layer.sets()) {
      WeightCodes codes = set.weight().codes();
      byte[] codesOfRow = new byte[codes.columns()];
      for (int row = 0; row < codes.rows(); row++) {
        codes.copyRow(row, codesOfRow, 0);
      }
    }
  }
}
