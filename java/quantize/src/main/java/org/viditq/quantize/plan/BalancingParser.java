package org.viditq.quantize.plan;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.OptionalInt;
import org.viditq.core.quant.TimestepRange;

/** The keys alpha, momentum and the timestep ranges, which both forms of a plan share. */
final class BalancingParser {
  private static final String SEARCH = "search";
  private static final double UNUSED_ALPHA = 0.5;

  private BalancingParser() {}

  /**
   * @param rangesKey what this form calls the timestep ranges
   */
  static Balancing parse(PlanNode node, String rangesKey, List<String> layers) {
    OptionalInt found = TimestepRanges.found(node, rangesKey);
    List<TimestepRange> ranges =
        found.isPresent()
            ? TimestepRanges.equal(found.getAsInt())
            : TimestepRanges.read(node, rangesKey);
    boolean searched = isSearched(node);
    List<Double> alphas = searched ? List.of(UNUSED_ALPHA) : node.numbers("alpha", 0, 1);
    if (alphas.isEmpty()) {
      throw node.failure(
          node.name("alpha") + " is missing; balancing needs one value, or one per timestep range");
    }
    if (alphas.size() == 1) {
      alphas = Collections.nCopies(ranges.size(), alphas.get(0));
    }
    if (alphas.size() != ranges.size()) {
      throw node.contradiction(
          "alpha",
          node.name(rangesKey)
              + " has "
              + ranges.size()
              + (ranges.size() == 1 ? " range" : " ranges")
              + ": give one value, or one per range");
    }
    List<Balancing.Range> balanced = new ArrayList<>();
    for (int i = 0; i < ranges.size(); i++) {
      balanced.add(new Balancing.Range(ranges.get(i), alphas.get(i)));
    }
    return new Balancing(
        balanced,
        node.number("momentum", 0, 0.9999).orElse(ActivationSettings.DEFAULT_MOMENTUM),
        node.number("zero_stat_eps", 1e-12, 1).orElse(Balancing.DEFAULT_ZERO_STAT_EPS),
        layers,
        searched,
        sharesWeights(node, ranges, alphas),
        found.isPresent());
  }

  private static boolean sharesWeights(
      PlanNode node, List<TimestepRange> ranges, List<Double> alphas) {
    boolean shared =
        node.choice("range_weights", "own", "shared").filter("shared"::equals).isPresent();
    if (shared && ranges.size() == 1) {
      throw node.contradiction("range_weights", "there is only one range to share weights");
    }
    if (shared && alphas.stream().distinct().count() > 1) {
      throw node.contradiction(
          "range_weights", node.name("alpha") + " differs between ranges; give one value");
    }
    return shared;
  }

  /** Whether alpha is the word "search". */
  private static boolean isSearched(PlanNode node) {
    return node.raw("alpha").isTextual() && node.raw("alpha").textValue().equalsIgnoreCase(SEARCH);
  }
}
