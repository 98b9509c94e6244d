package org.viditq.quantize.sensitivity;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.viditq.core.model.LinearLayer;

/** Which layers are quantized together when their sensitivity is measured. */
public enum UnitGrouping {
  /** Each layer alone. */
  LAYER {
    @Override
    String unit(LinearLayer layer) {
      return layer.name();
    }
  },
  /** The layers of one type of one block, as the published code does. */
  BLOCK {
    @Override
    String unit(LinearLayer layer) {
      Matcher block = FIRST_NUMBER.matcher(layer.name());
      return (block.find() ? block.group(1) : "outside of blocks") + " " + layer.type().label();
    }
  },
  /** All layers of one type. */
  TYPE {
    @Override
    String unit(LinearLayer layer) {
      return layer.type().label();
    }
  };

  private static final Pattern FIRST_NUMBER = Pattern.compile("^(.*?\\.\\d+)\\.");

  /** Name of the unit that a layer belongs to. */
  abstract String unit(LinearLayer layer);

  /** The layers of each unit, in the model's order. */
  Map<String, List<LinearLayer>> group(List<LinearLayer> layers) {
    Map<String, List<LinearLayer>> units = new LinkedHashMap<>();
    layers.forEach(layer -> units.computeIfAbsent(unit(layer), u -> new ArrayList<>()).add(layer));
    return units;
  }
}
