package org.viditq.cli.demo;

import static java.nio.file.LinkOption.NOFOLLOW_LINKS;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.viditq.cli.console.Console;
import org.viditq.cli.console.Quantities;
import org.viditq.cli.console.Version;
import org.viditq.cli.option.CommonOptions;
import org.viditq.cli.option.ForceOption;
import org.viditq.cli.option.Outputs;
import org.viditq.cli.option.PrecisionOptions;
import org.viditq.cli.picture.ContactSheet;
import org.viditq.cli.picture.PictureNames;
import org.viditq.core.diffusers.PipelineFolder;
import org.viditq.core.error.InvalidModelException;
import org.viditq.core.error.OutputException;
import org.viditq.core.error.UsageException;
import org.viditq.core.io.AtomicOutput;
import org.viditq.core.io.IoReason;
import org.viditq.core.pipeline.DiffusionPipeline;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code viditq demo}: needs no argument, no GPU and no network. */
@Command(
    name = "demo",
    header = "Quantize the bundled sample model five ways and compare the pictures.",
    description = {
      "",
      "Calibrates the bundled pixart-mini, quantizes its transformer with five plans, makes the"
          + " same pictures with each and in full precision, prints what each costs and saves, and"
          + " writes an HTML report with the pictures side by side. Takes seconds, in plain"
          + " Java minutes.",
      ""
    },
    footer = {
      "",
      "Examples:",
      "  viditq demo",
      "  viditq demo --plain --pictures 2 --out demo-plain",
      "  viditq demo --video --out demo-video"
    })
public final class DemoCommand implements Callable<Integer> {
  private static final double GUIDANCE = 4.5;

  /** Every second step is seen in calibration, and each half of the timesteps needs one. */
  private static final int LEAST_STEPS = 3;

  /** The first prompts of the sample's calibration file, as the published figures had them. */
  private static final int CALIBRATION_PICTURES = 8;

  private static final int CALIBRATION_CLIPS = 4;

  private static final String REPORT = "report.html";
  private static final String METRICS = "metrics.json";
  private static final String COMPARISON = "comparison.png";

  @Option(
      names = "--plain",
      description =
          "Take the sample as it was trained instead of its variant with outlier channels, which"
              + " behaves as large models do.")
  private boolean plain;

  @Option(
      names = "--video",
      description =
          "Take the bundled video model instead and compare clips: full precision, naive, dynamic"
              + " and timestep-aware plans side by side, with their flicker.")
  private boolean video;

  @Option(
      names = "--pictures",
      paramLabel = "N",
      defaultValue = "4",
      description = "Prompts to compare, 1 to 10. Default: ${DEFAULT-VALUE}.")
  private int pictures;

  @Option(
      names = "--steps",
      paramLabel = "N",
      defaultValue = "20",
      description = "Sampling steps. Default: ${DEFAULT-VALUE}.")
  private int steps;

  @Option(
      names = "--cache",
      paramLabel = "C",
      description =
          "Make the pictures of every plan with this step caching as well: auto, interval:2 and"
              + " others (see docs/caching.md); repeat it for several.")
  private List<String> caches = List.of();

  @Mixin private PrecisionOptions backend;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      description =
          "Folder for the report, pictures and figures. Default: demo-out, or where that exists"
              + " demo-out-2 and so on.")
  private Path out;

  @Mixin private ForceOption force;

  @Mixin private CommonOptions common;
  @Spec private CommandSpec spec;

  @Override
  public Integer call() {
    long start = System.nanoTime();
    Console console = new Console(spec, common);
    if (steps < LEAST_STEPS) {
      throw new UsageException(
          "--steps is " + steps + ", but the demo needs at least " + LEAST_STEPS + ".");
    }
    if (out == null) {
      out = freeFolder();
    }
    new Outputs(spec, force.given()).requireFolder(out);
    Path samples = samples();
    if (plain && video) {
      throw new UsageException("Give --plain or --video, not both.");
    }
    DemoSettings settings = settings();
    Path sample = samples.resolve(video ? DemoSettings.VIDEO : DemoSettings.PLAIN);
    PipelineFolder folder = PipelineFolder.open(sample);
    if (settings.outlier()) {
      folder = folder.withTransformer(samples.resolve(DemoSettings.OUTLIER));
    }
    Path file = sample.resolve("eval_prompts.txt");
    List<EvaluationPrompt> prompts =
        video
            ? EvaluationPrompt.first(file, pictures)
            : EvaluationPrompt.singleObjects(file, pictures);

    try (AtomicOutput output = AtomicOutput.folder(out)) {
      if (!video) {
        console.note(
            "Comparing "
                + settings.plans().size()
                + " plans on "
                + settings.variant()
                + ", backend "
                + settings.backend());
      }
      DemoReport report =
          new Demo(open(folder), backend::open, settings, console)
              .run(prompts, sample.resolve("calib_prompts.txt"));
      write(report, output.path());
      output.commit();
      print(report, console, (System.nanoTime() - start) * 1e-9);
    }
    return 0;
  }

  private DiffusionPipeline open(PipelineFolder folder) {
    return backend.prepare(DiffusionPipeline.open(folder, backend::open));
  }

  private static Path freeFolder() {
    Path folder = Path.of("demo-out");
    for (int number = 2; Files.exists(folder, NOFOLLOW_LINKS); number++) {
      folder = Path.of("demo-out-" + number);
    }
    return folder;
  }

  private DemoSettings settings() {
    return new DemoSettings(
        video ? DemoSettings.VIDEO : plain ? DemoSettings.PLAIN : DemoSettings.OUTLIER,
        steps,
        GUIDANCE,
        video ? CALIBRATION_CLIPS : CALIBRATION_PICTURES,
        backend.find().name(),
        backend.precision().toString(),
        backend.threads(),
        Version.number(),
        caches);
  }

  /** The launcher says where the project is; without it, the current folder must be it. */
  private static Path samples() {
    Path samples = Path.of(System.getProperty("viditq.home", "")).resolve("samples");
    if (!Files.isDirectory(samples)) {
      throw new InvalidModelException(
          "There is no sample model in "
              + samples.toAbsolutePath()
              + "; start the demo with ./viditq in the project's folder.");
    }
    return samples;
  }

  private void write(DemoReport report, Path folder) {
    try {
      Files.writeString(folder.resolve(REPORT), report.page().toHtml());
      Files.writeString(folder.resolve(METRICS), Console.toJson(report.json()) + "\n");
      if (!video) {
        Files.write(
            folder.resolve(COMPARISON),
            ContactSheet.of(
                report.outcomes().stream().map(Outcome::title).toList(),
                titles(report.prompts()),
                report.outcomes().stream().map(Outcome::pictures).toList()));
      }
      for (Outcome outcome : report.outcomes()) {
        Path pictures = Files.createDirectory(folder.resolve(PictureNames.folder(outcome.plan())));
        for (int i = 0; i < outcome.pictures().size(); i++) {
          Files.write(
              pictures.resolve(fileName(i + 1, report.prompts().get(i))),
              outcome.pictures().get(i));
        }
      }
    } catch (IOException e) {
      throw new OutputException("Cannot write " + folder + ": " + IoReason.of(e) + ".", e);
    }
  }

  private String fileName(int number, EvaluationPrompt prompt) {
    return video
        ? String.format(Locale.ROOT, "%02d.gif", number)
        : PictureNames.of(number, prompt.prompt(), Long.toString(prompt.seed())) + ".png";
  }

  private static List<String> titles(List<EvaluationPrompt> prompts) {
    List<String> titles = new ArrayList<>();
    for (EvaluationPrompt prompt : prompts) {
      titles.add(ContactSheet.title(titles.size() + 1, prompt.prompt(), prompt.seed()));
    }
    return titles;
  }

  private void print(DemoReport report, Console console, double seconds) {
    console.result(report.json());
    console.result("");
    report.table().forEach(console::result);
    console.result("");
    if (!video) {
      console.result(report.aboutVariant());
    }
    report.findings().forEach(console::result);
    console.result("");
    console.result("Report: " + out.resolve(REPORT));
    console.note("Done in " + Quantities.seconds(seconds) + ".");
  }
}
