package org.viditq.serve.model;

import java.util.Locale;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.viditq.cli.console.Console;
import org.viditq.cli.console.Quantities;
import org.viditq.core.pipeline.ClipDecoder;
import org.viditq.core.pipeline.LoadedPart;
import org.viditq.core.pipeline.PromptEncoders;
import org.viditq.core.pipeline.ResidentParts;
import org.viditq.quantize.apply.ChosenParameters;
import org.viditq.serve.metrics.ServerMetrics;

/**
 * The parts of models that stay in memory between batches, as {@link ResidentParts} keeps them: a
 * denoiser makes all others leave that are not used for longest, and text encoders and decoders
 * stay where there is room for them beside the denoiser that they work with. For one batch at a
 * time.
 */
public final class ResidentModels implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ResidentModels.class);

  private final ResidentParts<Key> parts;
  private final Console console;
  private final ServerMetrics metrics;

  private enum Part {
    ENCODERS("text encoders"),
    DENOISER("denoiser"),
    DECODER("decoder");

    private final String words;

    Part(String words) {
      this.words = words;
    }
  }

  /**
   * @param plan of a denoiser; empty for parts that all plans share
   */
  private record Key(ServedModel model, String plan, Part part) {}

  /**
   * @param budget bytes
   * @param console shows how far the loading of one is
   * @param metrics counts what is loaded
   */
  public ResidentModels(long budget, Console console, ServerMetrics metrics) {
    this.parts = new ResidentParts<>(budget, ResidentModels::leaves);
    this.console = console;
    this.metrics = metrics;
  }

  private static void leaves(Key gone) {
    LOG.info("The {} of {} leaves memory for another.", gone.part().words, gone.model().name());
  }

  /** The denoiser of a model under a plan. */
  public ResidentParts.Lease<LoadedDenoiser> denoiser(ServedModel model, String plan) {
    long bytes = model.weights(plan).denoiser();
    return parts.lease(
        new Key(model, plan, Part.DENOISER),
        LoadedDenoiser.class,
        bytes,
        () -> loaded(Part.DENOISER, loadDenoiser(model, plan, bytes)));
  }

  private LoadedDenoiser loadDenoiser(ServedModel model, String plan, long bytes) {
    console.note("Loads " + model.name() + ", " + plan + ", " + Quantities.bytes(bytes) + ".");
    ChosenParameters parameters = model.choose(plan, console);
    try {
      return new LoadedDenoiser(
          model.pipeline(plan).openDenoiser(parameters.parameters()), parameters);
    } catch (RuntimeException | Error unprepared) {
      parameters.close();
      throw unprepared;
    }
  }

  /**
   * The text encoders of a model, each loaded by its first prompt.
   *
   * @param plan of the denoiser that they work with
   */
  public ResidentParts.Lease<PromptEncoders> encoders(ServedModel model, String plan) {
    return parts.leaseBeside(
        companions(model, plan),
        new Key(model, "", Part.ENCODERS),
        PromptEncoders.class,
        model.weights(plan).encoders(),
        () -> loaded(Part.ENCODERS, model.pipeline(plan).openEncoders()));
  }

  /** Likewise its decoder. */
  public ResidentParts.Lease<ClipDecoder> decoder(ServedModel model, String plan) {
    return parts.leaseBeside(
        companions(model, plan),
        new Key(model, "", Part.DECODER),
        ClipDecoder.class,
        model.weights(plan).decoder(),
        () -> loaded(Part.DECODER, model.pipeline(plan).openDecoder()));
  }

  private static Set<Key> companions(ServedModel model, String plan) {
    return Set.of(
        new Key(model, "", Part.ENCODERS),
        new Key(model, plan, Part.DENOISER),
        new Key(model, "", Part.DECODER));
  }

  private <T extends LoadedPart> T loaded(Part part, T made) {
    metrics.load(part.name().toLowerCase(Locale.ROOT));
    return made;
  }

  /**
   * Loads a model's denoiser under its default plan, and its decoder.
   *
   * @throws org.viditq.core.error.ViditqException if one of them cannot be loaded
   */
  public void preload(ServedModel model) {
    denoiser(model, model.defaultPlan()).close();
    decoder(model, model.defaultPlan()).close();
  }

  /** Whether {@link #denoiser} would have nothing to load. */
  public boolean holdsDenoiser(ServedModel model, String plan) {
    return parts.keys().contains(new Key(model, plan, Part.DENOISER));
  }

  /** How many denoisers there are; for any thread. */
  public int count() {
    return (int) parts.keys().stream().filter(key -> key.part() == Part.DENOISER).count();
  }

  @Override
  public void close() {
    parts.close();
  }
}
