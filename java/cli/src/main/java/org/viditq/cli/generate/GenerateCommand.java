package org.viditq.cli.generate;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.viditq.cli.console.Console;
import org.viditq.cli.console.Quantities;
import org.viditq.cli.console.StageProgress;
import org.viditq.cli.console.Version;
import org.viditq.cli.option.CommonOptions;
import org.viditq.cli.option.ModelOptions;
import org.viditq.cli.option.PrecisionOptions;
import org.viditq.cli.option.PromptOptions;
import org.viditq.cli.option.SamplingOptions;
import org.viditq.cli.option.SeedOptions;
import org.viditq.cli.quantize.QuantizationOptions;
import org.viditq.core.diffusers.PipelineFolder;
import org.viditq.core.error.UsageException;
import org.viditq.core.pipeline.Clip;
import org.viditq.core.pipeline.Denoiser;
import org.viditq.core.pipeline.DiffusionPipeline;
import org.viditq.core.pipeline.EncodedPrompts;
import org.viditq.core.pipeline.EncodedPromptsFile;
import org.viditq.core.pipeline.GenerationRequest;
import org.viditq.core.pipeline.SamplingListener;
import org.viditq.core.pipeline.StepTimes;
import org.viditq.core.tensor.Tensor;
import org.viditq.media.Provenance;
import org.viditq.quantize.apply.ChosenParameters;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code viditq generate}: pictures from prompts, in full precision or quantized. */
@Command(
    name = "generate",
    header = "Make pictures and clips from prompts, in full precision or quantized.",
    description = {
      "",
      "Makes one file per prompt and seed, PNG, JPEG, WebP, GIF or MP4; each carries its prompt,"
          + " seed and settings as text. The same seed gives the same picture as in Python with a"
          + " torch CPU generator. Files that exist are not replaced without --force.",
      ""
    },
    footer = {
      "",
      "Examples:",
      "  viditq generate --model samples/pixart-mini --prompt 'a red ring on a gray background' \\",
      "      --seed 42 --out ring.png",
      "  viditq generate --model samples/pixart-mini --prompts samples/pixart-mini/eval_prompts.txt \\",
      "      --seed 1,2 --plan w8a8 --out pictures",
      "  viditq generate --model DIR --prompt 'a fox' --save-embeddings fox.safetensors",
      "  viditq generate --model DIR --embeddings fox.safetensors --out fox.png"
    })
public final class GenerateCommand implements Callable<Integer> {
  @Mixin private ModelOptions model;
  @Mixin private PromptOptions prompts;

  @Option(
      names = "--negative-prompt",
      paramLabel = "TEXT",
      description = "What guidance leads away from. Default: the empty text.")
  private String negativePrompt;

  @Option(
      names = "--embeddings",
      paramLabel = "FILE",
      description = "Encoded prompts instead of --prompt: no text encoder is needed.")
  private Path embeddings;

  @Option(
      names = "--save-embeddings",
      paramLabel = "FILE",
      description = "Save the encoded prompts; without --out nothing else is made.")
  private Path saveEmbeddings;

  @Mixin private SeedOptions seeds;
  @Mixin private SamplingOptions sampling;

  @Option(
      names = "--batch",
      paramLabel = "N",
      defaultValue = "4",
      description =
          "Pictures to sample at once; more need more memory, the pictures stay the same. Default:"
              + " ${DEFAULT-VALUE}.")
  private int batch;

  @Mixin private QuantizationOptions quantization;
  @Mixin private PrecisionOptions backend;
  @Mixin private ProfileOption profile;

  @Mixin private OutputOptions output;

  @Mixin private CommonOptions common;
  @Spec private CommandSpec spec;

  @Override
  public Integer call() {
    checkCombination();
    Console console = new Console(spec, common);
    PipelineFolder folder = quantization.configure(model.open());
    backend.find();
    DiffusionPipeline pipeline = sampling.open(folder, () -> profile.timed(backend.open()));
    // Everything that can be wrong with the request is known before any work.
    GenerationRequest request = sampling.request(pipeline, seeds.seeds());
    List<String> texts = embeddings == null ? prompts.read() : List.of();

    if (!output.given()) {
      save(encode(pipeline, texts, console), console);
      profile.print(console);
      return 0;
    }
    EncodedPrompts encoded = embeddings == null ? null : EncodedPromptsFile.load(embeddings);
    List<PictureJob> jobs =
        PictureJob.product(encoded == null ? texts : encoded.prompts(), seeds.seeds());
    try (PictureOutput place = output.open(request, jobs.size(), console);
        ChosenParameters chosen =
            quantization.choose(folder, () -> profile.timed(backend.open()), console)) {
      if (encoded == null) {
        encoded = encode(pipeline, texts, console);
      }
      if (saveEmbeddings != null) {
        save(encoded, console);
      }
      generate(pipeline, request, chosen, encoded, jobs, place, console);
      report(request, chosen.plan(), jobs, place.commit(), console);
    }
    return 0;
  }

  private void checkCombination() {
    if (!output.given() && saveEmbeddings == null) {
      throw new UsageException("There is nowhere to put the pictures; give --out FILE or DIR.");
    }
    if (embeddings != null && (prompts.given() || negativePrompt != null)) {
      throw new UsageException(
          "--embeddings holds encoded prompts already; leave out --prompt, --prompts and"
              + " --negative-prompt.");
    }
    if (embeddings != null && saveEmbeddings != null) {
      throw new UsageException("--embeddings is already saved; leave out --save-embeddings.");
    }
    if (batch < 1) {
      throw new UsageException("--batch is " + batch + ", but must be at least 1.");
    }
    if (saveEmbeddings != null && Files.exists(saveEmbeddings) && !output.force()) {
      throw new UsageException(
          "There is a file "
              + saveEmbeddings
              + " already; replace it with --force, or give another name.");
    }
    quantization.check(model);
  }

  private EncodedPrompts encode(DiffusionPipeline pipeline, List<String> texts, Console console) {
    try (StageProgress progress = new StageProgress(console, "")) {
      return pipeline.encode(texts, negativePrompt == null ? "" : negativePrompt, progress);
    }
  }

  private void save(EncodedPrompts encoded, Console console) {
    EncodedPromptsFile.save(encoded, saveEmbeddings);
    console.note(
        "Saved " + Quantities.of(encoded.count(), "encoded prompt") + " to " + saveEmbeddings);
  }

  private double denoiseSeconds;
  private double decodeSeconds;

  private void generate(
      DiffusionPipeline pipeline,
      GenerationRequest request,
      ChosenParameters chosen,
      EncodedPrompts encoded,
      List<PictureJob> jobs,
      PictureOutput place,
      Console console) {
    List<List<PictureJob>> parts = new ArrayList<>();
    for (int from = 0; from < jobs.size(); from += batch) {
      parts.add(jobs.subList(from, Math.min(from + batch, jobs.size())));
    }
    try (StageProgress progress = new StageProgress(console, "")) {
      // Latents are small: the denoiser is gone before the decoder comes.
      List<Tensor> latents = sample(pipeline, request, chosen, encoded, parts, progress);
      for (int i = 0; i < parts.size(); i++) {
        List<PictureJob> part = parts.get(i);
        long start = System.nanoTime();
        List<Clip> clips = pipeline.decode(latents.get(i), request.framesPerSecond(), progress);
        decodeSeconds += (System.nanoTime() - start) * 1e-9;
        for (int j = 0; j < part.size(); j++) {
          place.write(part.get(j), clips.get(j), provenance(part.get(j), request, chosen.plan()));
        }
      }
    }
  }

  private List<Tensor> sample(
      DiffusionPipeline pipeline,
      GenerationRequest request,
      ChosenParameters chosen,
      EncodedPrompts encoded,
      List<List<PictureJob>> parts,
      StageProgress progress) {
    List<Tensor> latents = new ArrayList<>();
    try (Denoiser denoiser = pipeline.openDenoiser(chosen.parameters())) {
      long start = System.nanoTime();
      for (List<PictureJob> part : parts) {
        latents.add(
            pipeline.sample(
                request.withSeeds(part.stream().map(PictureJob::seed).toList()),
                encoded.select(part.stream().map(PictureJob::prompt).toList()),
                denoiser,
                SamplingListener.NONE,
                progress));
      }
      denoiseSeconds += (System.nanoTime() - start) * 1e-9;
    }
    return latents;
  }

  /** What the file says about itself. */
  private Provenance provenance(PictureJob job, GenerationRequest request, String plan) {
    Map<String, String> texts = new LinkedHashMap<>();
    texts.put("prompt", job.text());
    if (negativePrompt != null) {
      texts.put("negative_prompt", negativePrompt);
    }
    texts.put("seed", Long.toString(job.seed()));
    texts.put("steps", Integer.toString(request.steps()));
    texts.put("guidance_scale", Double.toString(request.guidanceScale()));
    sampling.scheduler().ifPresent(scheduler -> texts.put("scheduler", scheduler));
    if (request.times() != StepTimes.OF_SCHEDULER) {
      texts.put(
          request.times().kind().name().toLowerCase(Locale.ROOT),
          request.times().values().toString());
    }
    texts.put("size", request.width() + "x" + request.height());
    if (request.frames() > 1) {
      texts.put("frames", Integer.toString(request.frames()));
      texts.put("fps", Double.toString(request.framesPerSecond()));
    }
    texts.put("plan", plan);
    texts.put("model", model.describe());
    texts.put("Software", "viditq " + Version.number());
    return new Provenance(texts);
  }

  private void report(
      GenerationRequest request,
      String plan,
      List<PictureJob> jobs,
      List<Path> files,
      Console console) {
    files.forEach(file -> console.result(file.toString()));
    console.note(
        Quantities.of(jobs.size(), "picture")
            + " in "
            + Quantities.seconds(denoiseSeconds + decodeSeconds));
    profile.print(console);
    ObjectNode root = Console.object();
    root.put("model", model.describe());
    root.put("plan", plan);
    root.put("backend", backend.find().name());
    root.put("precision", backend.precision().toString());
    root.put("threads", backend.threads());
    root.put("steps", request.steps());
    root.put("guidance", request.guidanceScale());
    root.put("width", request.width());
    root.put("height", request.height());
    root.put("denoiseSeconds", denoiseSeconds);
    root.put("decodeSeconds", decodeSeconds);
    ArrayNode pictures = root.putArray("pictures");
    for (int i = 0; i < jobs.size(); i++) {
      pictures
          .addObject()
          .put("prompt", jobs.get(i).text())
          .put("seed", jobs.get(i).seed())
          .put("file", files.get(i).toString());
    }
    console.result(root);
  }
}
