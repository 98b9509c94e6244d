package org.viditq.cli.quantize;

import com.fasterxml.jackson.databind.node.ObjectNode;
import org.viditq.quantize.apply.StoredSize;

/** Stored sizes in machine output. */
public final class StoredSizeJson {
  private StoredSizeJson() {}

  /** Adds bytes and ratios. */
  public static void put(StoredSize size, ObjectNode node) {
    node.put("weightBytes", size.quantized());
    node.put("ratio", size.ratio());
    if (size.layersOriginal() > 0) {
      node.putObject("quantizedLayers")
          .put("originalBytes", size.layersOriginal())
          .put("weightBytes", size.layersQuantized())
          .put("ratio", size.layerRatio());
    }
  }
}
