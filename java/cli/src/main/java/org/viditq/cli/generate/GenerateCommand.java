package org.viditq.cli.generate;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.viditq.cli.console.Console;
import org.viditq.cli.console.Quantities;
import org.viditq.cli.console.StageProgress;
import org.viditq.cli.memory.MemoryCheck;
import org.viditq.cli.option.CacheOptions;
import org.viditq.cli.option.CommonOptions;
import org.viditq.cli.option.ModelOptions;
import org.viditq.cli.option.Outputs;
import org.viditq.cli.option.PrecisionOptions;
import org.viditq.cli.option.PromptOptions;
import org.viditq.cli.option.SamplingOptions;
import org.viditq.cli.option.Seed;
import org.viditq.cli.option.SeedOptions;
import org.viditq.cli.quantize.QuantizationOptions;
import org.viditq.cli.report.PeakMemory;
import org.viditq.core.diffusers.PipelineFolder;
import org.viditq.core.error.UsageException;
import org.viditq.core.pipeline.Clip;
import org.viditq.core.pipeline.Denoiser;
import org.viditq.core.pipeline.DiffusionPipeline;
import org.viditq.core.pipeline.EncodedPrompts;
import org.viditq.core.pipeline.EncodedPromptsFile;
import org.viditq.core.pipeline.GenerationRequest;
import org.viditq.core.pipeline.MemoryEstimate;
import org.viditq.core.pipeline.SamplingListener;
import org.viditq.core.pipeline.cache.EvaluationCount;
import org.viditq.core.tensor.Tensor;
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
      "  viditq generate --model samples/pixart-mini --prompts samples/pixart-mini/eval_prompts.txt"
          + " \\",
      "      --seed 1,2 --plan w8a8 --out pictures",
      "  viditq generate --model DIR --prompt 'a fox' --save-embeddings fox.safetensors",
      "  viditq generate --model DIR --embeddings fox.safetensors --out fox.png",
      "  viditq generate --model DIR --lora style.safetensors:0.8 --prompt 'a fox' --out fox.png",
      "  viditq generate --model DIR --prompt 'a fox' --cache threshold:0.1 --out fox.png",
      "  viditq generate --model DIR --image dog.jpg --strength 0.6 --prompt 'a fox' --out fox.png"
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
  @Mixin private ImageOptions image;

  @Option(
      names = "--cache",
      paramLabel = "C",
      defaultValue = "none",
      description =
          "Let steps take from earlier ones what changes little: none, auto, or interval:N,"
              + " threshold:X and others (see docs/caching.md). Default: ${DEFAULT-VALUE}.")
  private String cache;

  @Mixin private CacheOptions caching;

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
    peak.begin();
    Console console = new Console(spec, common);
    List<Seed> noises = seeds.distinct();
    PipelineFolder folder = quantization.configure(model.open());
    backend.find();
    DiffusionPipeline pipeline =
        backend.prepare(
            prompts.prepare(sampling.open(folder, () -> profile.timed(backend.open()))));
    // Everything that can be wrong with the request is known before any work.
    GenerationRequest request =
        sampling
            .request(pipeline, noises.stream().map(Seed::bits).toList(), image.read())
            .caching(caching.read(cache, pipeline));
    pipeline.requireFit(request);
    image.requireFit(pipeline, request);
    SamplingOptions.sizeNote(request).ifPresent(console::note);
    if (negativePrompt != null && !request.isGuided()) {
      console.note(
          "--negative-prompt changes nothing without guidance: --guidance is not above 1.");
    }
    List<String> texts = embeddings == null ? prompts.read() : List.of();

    if (!output.given()) {
      save(encode(pipeline, texts, console), console);
      profile.print(console);
      return 0;
    }
    EncodedPrompts encoded = embeddings == null ? null : EncodedPromptsFile.load(embeddings);
    List<PictureJob> jobs = PictureJob.product(encoded == null ? texts : encoded.prompts(), noises);
    int together = Math.min(batch, jobs.size());
    estimate =
        new MemoryCheck(backend.find(), console)
            .pictures(
                pipeline,
                request,
                quantization.weightForm(backend.precision()),
                encoded == null,
                together,
                together);
    try (PictureOutput place = output.open(request, jobs.size(), console);
        ChosenParameters chosen =
            quantization.choose(folder, () -> profile.timed(backend.open()), console)) {
      GenerationRequest started = image.start(pipeline, request);
      if (encoded == null) {
        encoded = encode(pipeline, texts, console);
      }
      if (saveEmbeddings != null) {
        save(encoded, console);
      }
      PictureFacts facts = new PictureFacts(started, chosen.plan(), model.describe(), otherFacts());
      generate(pipeline, facts, chosen, encoded, jobs, place, console);
      report(facts, jobs, place.commit(), console);
    }
    return 0;
  }

  private void checkCombination() {
    if (!output.given() && saveEmbeddings == null) {
      throw new UsageException("There is nowhere to put the pictures; give --out FILE or DIR.");
    }
    if (embeddings != null && (prompts.given() || negativePrompt != null || prompts.cleaned())) {
      throw new UsageException(
          "--embeddings holds encoded prompts already; leave out --prompt, --prompts,"
              + " --negative-prompt and --clean-caption.");
    }
    image.check();
    if (embeddings != null && saveEmbeddings != null) {
      throw new UsageException("--embeddings is already saved; leave out --save-embeddings.");
    }
    if (batch < 1) {
      throw new UsageException("--batch is " + batch + ", but must be at least 1.");
    }
    Outputs outputs = new Outputs(spec, output.force());
    output.file().ifPresent(outputs::requireFile);
    if (saveEmbeddings != null) {
      outputs.requireFile(saveEmbeddings);
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

  private final PeakMemory peak = new PeakMemory();
  private MemoryEstimate estimate;
  private double denoiseSeconds;
  private EvaluationCount evaluations = EvaluationCount.NONE;
  private double decodeSeconds;

  private void generate(
      DiffusionPipeline pipeline,
      PictureFacts facts,
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
      List<Tensor> latents = sample(pipeline, facts.request(), chosen, encoded, parts, progress);
      for (int i = 0; i < parts.size(); i++) {
        List<PictureJob> part = parts.get(i);
        long start = System.nanoTime();
        List<Clip> clips = pipeline.decode(latents.get(i), facts.request(), progress);
        decodeSeconds += (System.nanoTime() - start) * 1e-9;
        for (int j = 0; j < part.size(); j++) {
          place.write(part.get(j), clips.get(j), facts.provenance(part.get(j)));
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
                request.withSeeds(part.stream().map(job -> job.seed().bits()).toList()),
                encoded.select(part.stream().map(PictureJob::prompt).toList()),
                denoiser,
                SamplingListener.NONE,
                progress));
      }
      denoiseSeconds += (System.nanoTime() - start) * 1e-9;
      evaluations = denoiser.evaluations();
    }
    return latents;
  }

  /** Settings that pictures tell only where they were given. */
  private Map<String, String> otherFacts() {
    Map<String, String> texts = new HashMap<>(image.facts());
    if (negativePrompt != null) {
      texts.put("negative_prompt", negativePrompt);
    }
    if (prompts.cleaned()) {
      texts.put("clean_caption", "true");
    }
    sampling.scheduler().ifPresent(scheduler -> texts.put("scheduler", scheduler));
    if (!cache.equals("none")) {
      texts.put("cache", cache);
    }
    return texts;
  }

  private void report(
      PictureFacts facts, List<PictureJob> jobs, List<Path> files, Console console) {
    files.forEach(file -> console.result(file.toString()));
    console.note(
        Quantities.of(jobs.size(), facts.request().frames() > 1 ? "clip" : "picture")
            + " in "
            + Quantities.seconds(denoiseSeconds + decodeSeconds));
    if (evaluations.asked() > 0) {
      console.note(
          evaluations.skipped()
              + " of "
              + Quantities.of(evaluations.asked(), "evaluation")
              + " taken from earlier steps");
    }
    profile.print(console);
    ObjectNode root = Console.object();
    root.put("model", model.describe());
    root.put("plan", facts.plan());
    root.put("backend", backend.find().name());
    root.put("precision", backend.precision().toString());
    root.put("threads", backend.threads());
    facts.putInto(root);
    root.put("denoiseSeconds", denoiseSeconds);
    root.put("decodeSeconds", decodeSeconds);
    if (facts.request().caching().isOn()) {
      root.put("cache", facts.request().caching().toString());
      root.put("evaluations", evaluations.asked());
      root.put("evaluationsSkipped", evaluations.skipped());
    }
    root.put("estimatedMemoryBytes", estimate.total());
    peak.bytes().ifPresent(bytes -> root.put("peakMemoryBytes", bytes));
    ArrayNode pictures = root.putArray("pictures");
    for (int i = 0; i < jobs.size(); i++) {
      pictures
          .addObject()
          .put("prompt", jobs.get(i).text())
          .put("seed", jobs.get(i).seed().value())
          .put("file", files.get(i).toString());
    }
    console.result(root);
  }
}
