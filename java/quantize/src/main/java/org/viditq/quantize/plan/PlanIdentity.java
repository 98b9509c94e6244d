package org.viditq.quantize.plan;

import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.Optional;
import java.util.TreeMap;
import org.viditq.core.io.Sha256;
import org.viditq.core.model.AttentionPrecisions;

/**
 * A fingerprint of what a plan says: SHA-256 over its settings. Two files that differ in comments,
 * order of keys, name, description or form only have the same.
 */
public final class PlanIdentity {
  private PlanIdentity() {}

  /**
   * @return 64 hexadecimal digits
   */
  public static String of(QuantizationPlan plan) {
    String settings =
        String.join(
                "\n",
                plan.weight().toString(),
                activation(plan.activation()),
                balancing(plan.balancing()),
                plan.patterns().toString(),
                plan.quantize().toString(),
                plan.include().toString(),
                plan.keepFullPrecision().toString(),
                plan.overrides().toString(),
                text(plan.weightBits()),
                text(plan.activationBits()))
            + scheme(plan)
            + attention(plan);
    return HexFormat.of()
        .formatHex(Sha256.begin().digest(settings.getBytes(StandardCharsets.UTF_8)));
  }

  /** As before ranges could be searched. */
  private static String activation(ActivationSettings activation) {
    return "ActivationSettings[mode="
        + activation.mode()
        + ", format="
        + activation.format()
        + ", runningStat="
        + activation.runningStat()
        + ", momentum="
        + activation.momentum()
        + "]"
        + (activation.searchesRange() ? " range searched" : "");
  }

  /** As before there was anything but the first four, where the rest says what was the only way. */
  private static String balancing(Optional<Balancing> balancing) {
    return balancing
        .map(
            b ->
                Optional.of(
                            "Balancing[ranges="
                                + b.ranges()
                                + ", momentum="
                                + b.momentum()
                                + ", zeroStatEps="
                                + b.zeroStatEps()
                                + ", layers="
                                + b.layers()
                                + "]")
                        .toString()
                    + (b.searchesAlpha() ? " alpha searched" : "")
                    + (b.sharesWeights() ? " weights shared" : "")
                    + (b.findsRanges() ? " ranges found" : ""))
        .orElse(Optional.empty().toString());
  }

  private static String scheme(QuantizationPlan plan) {
    WeightScheme scheme = plan.scheme();
    // As before there was the last of its settings.
    return scheme.equals(WeightScheme.PLAIN)
        ? ""
        : "\nWeightScheme[grid="
            + scheme.grid()
            + ", damping="
            + scheme.damping()
            + ", rotation="
            + scheme.rotation()
            + ", rank="
            + scheme.rank()
            + "]"
            + (scheme.blockwise() ? " blockwise" : "");
  }

  private static String attention(QuantizationPlan plan) {
    return plan.attention().equals(AttentionPrecisions.FLOAT) ? "" : "\n" + plan.attention();
  }

  /** Without the file's name, and in an order that does not change from run to run. */
  private static String text(Optional<StepBitMap> map) {
    StringBuilder text = new StringBuilder();
    map.ifPresent(
        bits ->
            bits.parts()
                .forEach(
                    part ->
                        text.append(part.timesteps())
                            .append(new TreeMap<>(part.bits()))
                            .append(part.fullPrecision())));
    return text.toString();
  }
}
