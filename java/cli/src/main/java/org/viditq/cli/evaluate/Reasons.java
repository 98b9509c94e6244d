package org.viditq.cli.evaluate;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;
import org.viditq.cli.picture.Spread;
import org.viditq.quantize.plan.ActivationMode;
import org.viditq.quantize.plan.QuantizationPlan;

/**
 * Says why figures that surprise are as they are: a few words beside a figure, and a sentence below
 * the table. Only what is measured in this run, or follows from how a plan stores its codes, is
 * said.
 *
 * @param plans full precision first; those with step caching are left out, as their figures have
 *     other reasons
 * @param outliers of the calibrated model, where there are statistics
 * @param backend that computed
 */
record Reasons(List<EvaluatedPlan> plans, Optional<OutlierChannels> outliers, String backend) {
  Reasons {
    plans = plans.stream().filter(plan -> !plan.caching().isOn()).toList();
  }

  /** A difference in PSNR that asks for a reason, dB. */
  private static final double CLEAR = 3;

  /** Below this, pictures are often others, not damaged ones, dB. */
  private static final double ANOTHER_PICTURE = 18;

  /** A channel that stands out of all others. */
  private static final double OUTLIER = 10;

  /** A share of the file that weighs on the ratio. */
  private static final double HEAVY = 0.25;

  /** Times of full precision's; less may be other work of the machine. */
  private static final double SLOWER = 1.15;

  private static final int BITS_OF_A_BYTE = 8;

  /** Beside the bytes. */
  String ofSize(EvaluatedPlan plan) {
    if (plan.plan().isEmpty()) {
      return "";
    }
    int bits = plan.plan().get().weight().bits();
    if (plan.weightSets() > 1) {
      return plan.weightSets() + " sets of codes, one per timestep range";
    }
    if (bits < BITS_OF_A_BYTE && bits != 4) {
      return bits + "-bit codes take a byte each";
    }
    return restShare(plan) > HEAVY
        ? percent(restShare(plan)) + " of it are layers that are not quantized"
        : "";
  }

  /** Beside the PSNR. */
  String ofPsnr(EvaluatedPlan plan) {
    if (plan.plan().isEmpty() || plan.caching().isOn()) {
      return "";
    }
    Spread psnr = plan.psnr();
    if (psnr.infinite() > 0) {
      return psnr.infinite() == plan.scores().orElseThrow().pictures().size()
          ? "every picture is equal to the last bit"
          : psnr.infinite() + " equal to the last bit, not in the mean";
    }
    if (isStatic(plan) && better(plan).isPresent()) {
      return outliers.filter(o -> o.ratio() >= OUTLIER).isPresent()
          ? "static grids span outlier channels"
          : "static grids, made before the run";
    }
    return psnr.mean() < ANOTHER_PICTURE
        ? "far from full precision: another picture, or a damaged one?"
        : "";
  }

  /** Beside the seconds. */
  String ofTime(EvaluatedPlan plan) {
    return isSlower(plan)
        ? backend.equals("reference")
            ? "plain Java gains nothing from narrow integers"
            : "layers too small to gain"
        : "";
  }

  /** Sentences below the table. */
  List<String> sentences() {
    List<String> sentences = new ArrayList<>();
    for (EvaluatedPlan plan : plans) {
      if (plan.plan().isPresent()) {
        aboutStaticGrids(plan).ifPresent(sentences::add);
        aboutBits(plan).ifPresent(sentences::add);
        aboutEquals(plan).ifPresent(sentences::add);
      }
    }
    plans.stream()
        .filter(plan -> plan.weightSets() > 1)
        .findFirst()
        .ifPresent(
            plan ->
                sentences.add(
                    plan.name()
                        + " balances each of its "
                        + plan.weightSets()
                        + " timestep ranges by itself, so a layer holds a set of codes for each, of"
                        + " which one is in use at a time: the file saves less than the bits"
                        + " promise, the work does not."));
    if (plans.stream().anyMatch(plan -> plan.plan().isPresent() && restShare(plan) > HEAVY)) {
      sentences.add(
          "Weights are the bytes of the whole transformer as stored: codes, scales, zero points,"
              + " balancing vectors, and the layers that a plan leaves as they are. These weigh the"
              + " more the smaller a model is; so the quantized layers are compared by themselves"
              + " as well.");
    }
    if (plans.stream().anyMatch(this::isSlower)) {
      sentences.add(
          backend.equals("reference")
              ? "Seconds are those of the reference backend, plain Java that judges the others; it"
                  + " gains nothing from narrow integers."
              : "Where a plan is slower than full precision, finding grids and codes of the"
                  + " activations at run time costs more than the narrow products save; that turns"
                  + " round with the width of the layers.");
    }
    if (plans.stream()
        .anyMatch(plan -> plan.plan().isPresent() && plan.psnr().mean() < ANOTHER_PICTURE)) {
      sentences.add(
          "PSNR compares with the full-precision picture of the same seed. A plan may lead the"
              + " sampling to another picture of the same prompt, which is far in PSNR and may yet"
              + " be good: look at the pictures.");
    }
    sentences.add(
        "Peak memory is the most that this process had resident while a plan's pictures were made:"
            + " the denoiser, the autoencoder, the full-precision pictures and the Java virtual"
            + " machine together. It is not told for plans of which an earlier run made pictures.");
    return sentences;
  }

  private Optional<String> aboutStaticGrids(EvaluatedPlan plan) {
    if (!isStatic(plan) || better(plan).isEmpty()) {
      return Optional.empty();
    }
    EvaluatedPlan better = better(plan).get();
    String sentence =
        String.format(
            Locale.ROOT,
            "%s is %.1f dB below %s with weights of as many bits: its grids for activations are"
                + " made in calibration and shared by all tokens and channels, those of %s are"
                + " found for every token when it comes",
            plan.name(),
            better.psnr().mean() - plan.psnr().mean(),
            better.name(),
            better.name());
    return Optional.of(
        sentence
            + (isBalanced(better) ? ", behind channels that are balanced" : "")
            + outliers
                .filter(found -> found.ratio() >= OUTLIER)
                .map(
                    found ->
                        String.format(
                            Locale.ROOT,
                            "; in this model they have to span outlier channels (the largest input"
                                + " channel of %s reaches %.0f times the median one).",
                            found.layer(),
                            found.ratio()))
                .orElse("."));
  }

  /** More bits and yet a lower PSNR. */
  private Optional<String> aboutBits(EvaluatedPlan plan) {
    return quantized()
        .filter(
            other ->
                bits(other) < bits(plan)
                    && isBalanced(other)
                    && !isBalanced(plan)
                    && other.psnr().mean() > plan.psnr().mean() + CLEAR)
        .findFirst()
        .map(
            other ->
                other.name()
                    + " is better than "
                    + plan.name()
                    + " with fewer bits, because it balances channels: what stands out of the"
                    + " activations is moved to the weights, whose grids are finer.");
  }

  private static Optional<String> aboutEquals(EvaluatedPlan plan) {
    int equal = plan.psnr().infinite();
    return equal == 0
        ? Optional.empty()
        : Optional.of(
            plan.name()
                + " gives "
                + equal
                + " of "
                + plan.scores().orElseThrow().pictures().size()
                + " pictures equal to full precision to the last bit, whose PSNR is infinite; its"
                + " mean is that of the others.");
  }

  /** A plan with as many bits of weights that finds its grids at run time and is clearly better. */
  private Optional<EvaluatedPlan> better(EvaluatedPlan plan) {
    return quantized()
        .filter(
            other ->
                bits(other) == bits(plan)
                    && !isStatic(other)
                    && other.psnr().mean() > plan.psnr().mean() + CLEAR)
        .findFirst();
  }

  private Stream<EvaluatedPlan> quantized() {
    return plans.stream().filter(plan -> plan.plan().isPresent());
  }

  private boolean isSlower(EvaluatedPlan plan) {
    return plan.plan().isPresent()
        && plan.secondsPerPicture() > SLOWER * plans.get(0).secondsPerPicture();
  }

  private static int bits(EvaluatedPlan plan) {
    return plan.plan().orElseThrow().weight().bits();
  }

  private static boolean isStatic(EvaluatedPlan plan) {
    ActivationMode mode = plan.plan().orElseThrow().activation().mode();
    return mode.isStatic();
  }

  private static boolean isBalanced(EvaluatedPlan plan) {
    return plan.plan().flatMap(QuantizationPlan::balancing).isPresent();
  }

  /** Share of the stored transformer that is not quantized. */
  private static double restShare(EvaluatedPlan plan) {
    return 1 - plan.size().layersQuantized() / (double) plan.size().quantized();
  }

  private static String percent(double share) {
    return Math.round(100 * share) + " %";
  }
}
