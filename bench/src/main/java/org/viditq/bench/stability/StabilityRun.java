package org.viditq.bench.stability;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Arrays;
import java.util.List;
import org.viditq.cli.console.TextTable;

/**
 * One kind of work, done many times.
 *
 * @param samples in order, at least 4
 */
record StabilityRun(String name, int rounds, List<ProcessState> samples) {
  StabilityRun {
    samples = List.copyOf(samples);
  }

  /** Whether nothing has grown. */
  boolean isFlat() {
    return Arrays.stream(Quantity.values()).allMatch(quantity -> quantity.isFlat(samples));
  }

  void addTo(TextTable table) {
    for (Quantity quantity : Quantity.values()) {
      long growth = Math.round(quantity.growth(samples));
      table.row(
          name,
          quantity.title(),
          quantity.text(Math.round(quantity.level(samples))),
          (growth < 0 ? "-" : "+") + quantity.text(Math.abs(growth)),
          quantity.isFlat(samples) ? "flat" : "grows");
    }
  }

  void putInto(ObjectNode node) {
    node.put("work", name);
    node.put("rounds", rounds);
    node.put("flat", isFlat());
    ObjectNode growth = node.putObject("growth");
    for (Quantity quantity : Quantity.values()) {
      growth.put(quantity.key(), quantity.growth(samples));
    }
    ArrayNode array = node.putArray("samples");
    samples.forEach(sample -> sample.putInto(array.addObject()));
  }
}
