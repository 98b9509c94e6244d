package org.viditq.bench.pipeline;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.viditq.bench.model.FullSizeModel;
import org.viditq.bench.model.RandomPipeline;
import org.viditq.core.diffusers.PipelineFolder;
import org.viditq.core.error.Printable;
import org.viditq.core.error.UsageException;
import org.viditq.core.model.DenoiserModel;
import org.viditq.core.pipeline.DiffusionPipeline;

/** The denoiser that is measured: that of a pipeline folder, or a named one with random weights. */
final class Subject {
  /** Sides in pixels, and text tokens, of folders. */
  private static final List<Integer> SIZES = List.of(256, 512);

  private static final int TEXT_TOKENS = 120;

  private static final int PIXELS_PER_PATCH = 16;
  private static final int LARGEST = 4096;

  private final String name;
  private final DenoiserModel model;
  private final Optional<FullSizeModel> random;
  private final int publishedBlocks;
  private final List<Integer> sizes;
  private final int textTokens;

  private Subject(
      String name,
      DenoiserModel model,
      Optional<FullSizeModel> random,
      int publishedBlocks,
      List<Integer> sizes,
      int textTokens) {
    this.name = name;
    this.model = model;
    this.random = random;
    this.publishedBlocks = publishedBlocks;
    this.sizes = sizes;
    this.textTokens = textTokens;
  }

  /**
   * @param nameOrFolder one of {@link NamedModel#names()}, or a pipeline folder
   * @param blocks that are left of a named model; empty for all
   * @throws UsageException if there is no such model, or it has fewer blocks
   */
  static Subject of(String nameOrFolder, Optional<Integer> blocks) {
    Optional<NamedModel> named = NamedModel.find(nameOrFolder);
    if (named.isPresent()) {
      FullSizeModel published = named.get().model();
      FullSizeModel model = blocks.map(published::withBlocks).orElse(published);
      return new Subject(
          nameOrFolder,
          model.model(),
          Optional.of(model),
          published.blocks(),
          named.get().sizes(),
          named.get().textTokens());
    }
    Path folder = Path.of(nameOrFolder);
    if (!Files.isDirectory(folder)) {
      throw new UsageException(
          "There is no model "
              + Printable.name(nameOrFolder)
              + "; give a pipeline folder, or one of "
              + NamedModel.names()
              + ".");
    }
    if (blocks.isPresent()) {
      throw new UsageException(
          "--blocks cuts models of random weights, but "
              + Printable.name(nameOrFolder)
              + " has weights of its own; leave it out, or choose one of "
              + NamedModel.names()
              + ".");
    }
    DenoiserModel model = DiffusionPipeline.readModel(PipelineFolder.open(folder));
    return new Subject(nameOrFolder, model, Optional.empty(), 0, SIZES, TEXT_TOKENS);
  }

  DenoiserModel model() {
    return model;
  }

  /**
   * The pipeline folder of the denoiser, which is written first where it has random weights.
   *
   * @param scratch where to
   */
  PipelineFolder open(Path scratch) {
    if (random.isEmpty()) {
      return PipelineFolder.open(Path.of(name));
    }
    Path folder = scratch.resolve("random-pipeline");
    RandomPipeline.write(random.get(), folder);
    return PipelineFolder.open(folder);
  }

  /** Whether {@link #open} writes 2 bytes per weight. */
  boolean hasRandomWeights() {
    return random.isPresent();
  }

  /**
   * What it is evaluated on.
   *
   * @param pixels sides; empty for those that the model is used with
   * @param frames of latents; empty for as many as it was trained for
   * @throws UsageException if the model does not take them
   */
  List<EvaluationSize> sizes(Optional<List<Integer>> pixels, Optional<Integer> frames) {
    int checked = frames.map(this::checkedFrames).orElse(model.latents().frames().orElse(1));
    return pixels.orElse(sizes).stream()
        .map(side -> new EvaluationSize(checkedSide(side), checked, textTokens))
        .toList();
  }

  private static int checkedSide(int pixels) {
    if (pixels < PIXELS_PER_PATCH || pixels > LARGEST || pixels % PIXELS_PER_PATCH != 0) {
      throw new UsageException(
          "--sizes holds "
              + pixels
              + ", but sides of pictures are multiples of 16 from 16 to 4096.");
    }
    return pixels;
  }

  private int checkedFrames(int frames) {
    if (!model.latents().isVideo()) {
      throw new UsageException(
          "--frames is " + frames + ", but " + name + " makes pictures; leave it out.");
    }
    int patch = model.latents().patch().frames();
    int fewest = Math.max(patch, model.fewestRecordedFrames());
    int most = model.latents().frames().getAsInt();
    if (frames < fewest || frames > most || frames % patch != 0) {
      throw new UsageException(
          "--frames is "
              + frames
              + ", but "
              + name
              + " takes "
              + fewest
              + " to "
              + most
              + (patch == 1 ? "" : ", a multiple of " + patch)
              + ".");
    }
    return frames;
  }

  void putInto(ObjectNode node) {
    node.put("model", name + (random.isPresent() ? ", random weights" : ""));
    random.ifPresent(
        full -> {
          node.put("blocks", full.blocks());
          node.put("publishedBlocks", publishedBlocks);
        });
  }

  /** For notes: the name, and how much of the model there is. */
  @Override
  public String toString() {
    return name
        + random
            .filter(full -> full.blocks() < publishedBlocks)
            .map(full -> ", " + full.blocks() + " of " + publishedBlocks + " blocks")
            .orElse("");
  }
}
