package org.viditq.cli.evaluate;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.viditq.cli.console.Console;
import org.viditq.cli.report.PeakMemory;
import org.viditq.core.model.DenoiserModel;
import org.viditq.core.model.Parameters;
import org.viditq.core.pipeline.Clip;
import org.viditq.core.pipeline.Denoiser;
import org.viditq.core.pipeline.DiffusionPipeline;
import org.viditq.core.pipeline.EncodedPrompts;
import org.viditq.core.pipeline.GenerationRequest;
import org.viditq.core.pipeline.ProgressListener;
import org.viditq.core.pipeline.SamplingListener;
import org.viditq.core.pipeline.cache.EvaluationCount;
import org.viditq.core.pipeline.cache.StepCaching;
import org.viditq.core.resume.Part;
import org.viditq.core.resume.PartKey;
import org.viditq.core.resume.PartialResults;
import org.viditq.core.tensor.Shape;
import org.viditq.core.tensor.Tensor;

/**
 * Makes the same pictures again and again, with other weights. Prompts are denoised one after the
 * other, so that many of them need no more memory than one, and what is denoised is kept: a later
 * run only decodes it. Where activation grids are shared over a batch, all prompts are that batch.
 */
final class PictureMaker {
  private static final String LATENTS = "latents";
  private static final String SECONDS = "seconds";
  private static final String ASKED = "evaluations";
  private static final String SKIPPED = "evaluationsSkipped";

  private final DiffusionPipeline pipeline;
  private final GenerationRequest request;
  private final EncodedPrompts prompts;
  private final PartialResults kept;
  private final PartKey key;
  private final Console console;

  /**
   * @param key of the run without its prompts and seeds, see {@link org.viditq.cli.resume.RunKey}
   */
  PictureMaker(
      DiffusionPipeline pipeline,
      GenerationRequest request,
      EncodedPrompts prompts,
      PartialResults kept,
      PartKey key,
      Console console) {
    this.pipeline = pipeline;
    this.request = request;
    this.prompts = prompts;
    this.kept = kept;
    this.key = key;
    this.console = console;
  }

  /** What denoises. */
  DenoiserModel model() {
    return pipeline.model();
  }

  /** What an evaluation of a denoiser gave for some prompts of one batch. */
  private record Denoised(Tensor latents, double seconds, EvaluationCount evaluations) {}

  /**
   * @param parameters turns the stored parameters to those to use
   * @param title what the pictures are made with, for people
   * @param weights what decides about the parameters, for the key
   * @param oneBatch whether a picture depends on the others of its batch
   * @param caching what steps take from earlier ones
   */
  TimedPictures make(
      UnaryOperator<Parameters> parameters,
      String title,
      String weights,
      boolean oneBatch,
      StepCaching caching) {
    int count = prompts.count();
    List<List<Integer>> batches = batches(oneBatch);
    PeakMemory memory = new PeakMemory();
    memory.begin();
    double[] seconds = new double[count];
    List<Tensor> latents = new ArrayList<>();
    EvaluationCount evaluations = EvaluationCount.NONE;
    boolean allNew = true;
    try (PictureProgress progress = new PictureProgress(console, title, batches.size(), count)) {
      try (LazyDenoiser denoiser = new LazyDenoiser(parameters)) {
        for (List<Integer> batch : batches) {
          PartKey part = key(batch, weights, caching);
          Optional<Denoised> known = kept.find(part).flatMap(PictureMaker::denoised);
          allNew &= known.isEmpty();
          Denoised result =
              known.orElseGet(() -> denoise(batch, denoiser.get(), caching, part, progress));
          if (known.isPresent()) {
            progress.skip(request.steps());
          }
          latents.add(result.latents());
          evaluations = evaluations.plus(result.evaluations());
          batch.forEach(i -> seconds[i] = result.seconds() / batch.size());
        }
      }
      long start = System.nanoTime();
      List<Clip> clips = pipeline.decode(joined(latents), request, progress);
      double decoding = (System.nanoTime() - start) * 1e-9 / count;
      Arrays.setAll(seconds, i -> seconds[i] + decoding);
      return new TimedPictures(
          clips, seconds, allNew ? memory.bytes() : OptionalLong.empty(), evaluations);
    }
  }

  /** The prompts that are denoised together, by index. */
  List<List<Integer>> batches(boolean oneBatch) {
    IntStream all = IntStream.range(0, prompts.count());
    return oneBatch ? List.of(all.boxed().toList()) : all.mapToObj(List::of).toList();
  }

  /** Denoises a batch and keeps what comes of it, for {@link #make} to find. */
  void keep(List<Integer> batch, Denoiser denoiser, String weights, StepCaching caching) {
    denoise(batch, denoiser, caching, key(batch, weights, caching), (stage, done, total) -> {});
  }

  private Denoised denoise(
      List<Integer> batch,
      Denoiser denoiser,
      StepCaching caching,
      PartKey part,
      ProgressListener progress) {
    EvaluationCount before = denoiser.evaluations();
    // Backends that make networks ready for the extents at hand do it in front of the first step.
    long[] start = {System.nanoTime()};
    ProgressListener timing =
        (stage, done, total) -> {
          if (stage == ProgressListener.Stage.SAMPLING && done == 0) {
            start[0] = System.nanoTime();
          }
          progress.progress(stage, done, total);
        };
    Tensor latents =
        pipeline.sample(
            request.withSeeds(batch.stream().map(request.seeds()::get).toList()).caching(caching),
            prompts.select(batch),
            denoiser,
            SamplingListener.NONE,
            timing);
    double seconds = (System.nanoTime() - start[0]) * 1e-9;
    EvaluationCount made = denoiser.evaluations().minus(before);
    kept.keep(
        part,
        Part.of(
            LATENTS,
            latents,
            Map.of(
                SECONDS,
                Double.toString(seconds),
                ASKED,
                Long.toString(made.asked()),
                SKIPPED,
                Long.toString(made.skipped()))));
    return new Denoised(latents, seconds, made);
  }

  private static Optional<Denoised> denoised(Part part) {
    Tensor latents = part.tensors().get(LATENTS);
    String seconds = part.facts().get(SECONDS);
    return latents == null || seconds == null
        ? Optional.empty()
        : Optional.of(
            new Denoised(
                latents,
                Double.parseDouble(seconds),
                new EvaluationCount(
                    Long.parseLong(part.facts().getOrDefault(ASKED, "0")),
                    Long.parseLong(part.facts().getOrDefault(SKIPPED, "0")))));
  }

  /** What is kept of a batch. */
  PartKey key(List<Integer> batch, String weights, StepCaching caching) {
    // Left out where there is none, so that results of earlier versions are found.
    PartKey sampled = caching.isOn() ? key.with("caching", caching.key()) : key;
    return sampled
        .with("part", LATENTS)
        .with("weights", weights)
        .with("prompts", String.join("\n", batch.stream().map(prompts.prompts()::get).toList()))
        .with("seeds", batch.stream().map(request.seeds()::get).toList());
  }

  /** Along the first axis. */
  private static Tensor joined(List<Tensor> latents) {
    int[] shape = latents.get(0).shape().toArray();
    shape[0] = latents.stream().mapToInt(tensor -> tensor.dim(0)).sum();
    Shape all = Shape.of(shape);
    float[] values = new float[all.size()];
    int at = 0;
    for (Tensor tensor : latents) {
      System.arraycopy(tensor.data(), 0, values, at, tensor.size());
      at += tensor.size();
    }
    return Tensor.of(all, values);
  }

  /** Made ready when the first prompt needs it: of a finished plan, none does. */
  private final class LazyDenoiser implements AutoCloseable {
    private final UnaryOperator<Parameters> parameters;
    private Denoiser denoiser;

    LazyDenoiser(UnaryOperator<Parameters> parameters) {
      this.parameters = parameters;
    }

    Denoiser get() {
      if (denoiser == null) {
        denoiser = pipeline.openDenoiser(parameters);
      }
      return denoiser;
    }

    @Override
    public void close() {
      if (denoiser != null) {
        denoiser.close();
      }
    }
  }
}
