package org.viditq.cli.demo;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** Says in sentences what the figures mean, and how they compare with the published layers. */
final class Findings {
  private Findings() {}

  static List<String> of(List<Outcome> outcomes, String backend) {
    List<String> sentences = new ArrayList<>();
    List<Outcome> measured = outcomes.stream().filter(o -> o.published().isPresent()).toList();
    if (measured.isEmpty()) {
      sentences.add(
          "The published layers were measured with 20 sampling steps only, so there is nothing to"
              + " compare these figures with.");
    } else {
      sentences.add(order(measured));
      sentences.add(distance(measured));
    }
    sentences.add(
        "Weights are the bytes of the whole transformer as stored: codes, scales, zero points and"
            + " balancing vectors, and what stays in half precision. That rest weighs heavy in so"
            + " small a model and next to nothing in a large one; so the quantized layers are"
            + " compared by themselves as well.");
    sentences.add(
        "A plan with two timestep ranges holds two sets of codes, of which one is in use at a time,"
            + " and so saves half of what its bits promise; 6-bit codes are stored a byte each.");
    if (backend.equals("reference")) {
      sentences.add(
          "Seconds are those of the reference backend, plain Java that judges the others; it gains"
              + " nothing from narrow integers.");
    }
    return sentences;
  }

  private static String order(List<Outcome> measured) {
    List<String> ours = titles(measured, Comparator.comparingDouble(Outcome::meanPsnr));
    List<String> published =
        titles(measured, Comparator.comparingDouble(o -> o.published().orElseThrow().psnr()));
    return ours.equals(published)
        ? "By PSNR the plans rank as with the published PyTorch layers: "
            + String.join(" < ", ours)
            + "."
        : "By PSNR the plans rank "
            + String.join(" < ", ours)
            + ", with the published PyTorch layers "
            + String.join(" < ", published)
            + ".";
  }

  private static List<String> titles(List<Outcome> outcomes, Comparator<Outcome> order) {
    return outcomes.stream().sorted(order).map(Outcome::title).collect(Collectors.toList());
  }

  private static String distance(List<Outcome> measured) {
    Outcome farthest =
        measured.stream().max(Comparator.comparingDouble(Findings::distance)).orElseThrow();
    return String.format(
        Locale.ROOT,
        "The means differ from the published ones by at most %.1f dB (%s). Those average 24 prompts,"
            + " these the %d shown, and the published dynamic grids are shared over a batch where"
            + " these are per row, which is finer (docs/quality.md has all 24 with both).",
        distance(farthest),
        farthest.title(),
        farthest.pictures().size());
  }

  private static double distance(Outcome outcome) {
    return Math.abs(outcome.meanPsnr() - outcome.published().orElseThrow().psnr());
  }
}
