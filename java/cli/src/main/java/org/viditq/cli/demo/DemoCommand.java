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
          + " writes an HTML report with the pictures side by side. Takes half a minute on two"
          + " cores, a few minutes in plain Java.",
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
    if (video) {
      return compareClips(samples.resolve(DemoSettings.VIDEO), console, start);
    }
    Path sample = samples.resolve(DemoSettings.PLAIN);
    DemoSettings settings =
        settings(plain ? DemoSettings.PLAIN : DemoSettings.OUTLIER, Demo.calibrationPrompts());
    PipelineFolder folder = PipelineFolder.open(sample);
    if (!plain) {
      folder = folder.withTransformer(samples.resolve(DemoSettings.OUTLIER));
    }
    List<EvaluationPrompt> prompts =
        EvaluationPrompt.singleObjects(sample.resolve("eval_prompts.txt"), pictures);

    try (AtomicOutput output = AtomicOutput.folder(out)) {
      console.note(
          "Comparing "
              + DemoPlan.ALL.size()
              + " plans on "
              + settings.variant()
              + ", backend "
              + settings.backend());
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

  private DemoSettings settings(String variant, int calibrationPrompts) {
    return new DemoSettings(
        variant,
        steps,
        GUIDANCE,
        calibrationPrompts,
        backend.find().name(),
        backend.precision().toString(),
        backend.threads(),
        Version.number(),
        caches);
  }

  private int compareClips(Path sample, Console console, long start) {
    if (plain) {
      throw new UsageException("Give --plain or --video, not both.");
    }
    DemoSettings settings = settings(DemoSettings.VIDEO, VideoDemo.calibrationPrompts());
    try (AtomicOutput output = AtomicOutput.folder(out)) {
      VideoDemoReport report =
          new VideoDemo(open(PipelineFolder.open(sample)), backend::open, settings, console)
              .run(
                  sample.resolve("eval_prompts.txt"),
                  pictures,
                  sample.resolve("calib_prompts.txt"));
      writeClips(report, output.path());
      output.commit();
      console.result(report.json());
      console.result("");
      report.table().forEach(console::result);
      console.result("");
      report.findings().forEach(console::result);
      console.result("");
      console.result("Report: " + out.resolve(REPORT));
      console.note("Done in " + Quantities.seconds((System.nanoTime() - start) * 1e-9) + ".");
    }
    return 0;
  }

  private static void writeClips(VideoDemoReport report, Path folder) {
    try {
      Files.writeString(folder.resolve(REPORT), report.page().toHtml());
      Files.writeString(folder.resolve(METRICS), Console.toJson(report.json()) + "\n");
      for (VideoOutcome outcome : report.outcomes()) {
        Path clips = Files.createDirectory(folder.resolve(PictureNames.folder(outcome.plan())));
        for (int i = 0; i < outcome.clips().size(); i++) {
          Files.write(
              clips.resolve(String.format(Locale.ROOT, "%02d.gif", i + 1)), outcome.clips().get(i));
        }
      }
    } catch (IOException e) {
      throw new OutputException("Cannot write " + folder + ": " + IoReason.of(e) + ".", e);
    }
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

  private static void write(DemoReport report, Path folder) {
    try {
      Files.writeString(folder.resolve(REPORT), report.page().toHtml());
      Files.writeString(folder.resolve(METRICS), Console.toJson(report.json()) + "\n");
      Files.write(
          folder.resolve(COMPARISON),
          ContactSheet.of(
              report.outcomes().stream().map(Outcome::title).toList(),
              titles(report.prompts()),
              report.outcomes().stream().map(Outcome::pictures).toList()));
      for (Outcome outcome : report.outcomes()) {
        Path pictures = Files.createDirectory(folder.resolve(PictureNames.folder(outcome.plan())));
        for (int i = 0; i < outcome.pictures().size(); i++) {
          EvaluationPrompt prompt = report.prompts().get(i);
          Files.write(
              pictures.resolve(
                  PictureNames.of(i + 1, prompt.prompt(), Long.toString(prompt.seed())) + ".png"),
              outcome.pictures().get(i));
        }
      }
    } catch (IOException e) {
      throw new OutputException("Cannot write " + folder + ": " + IoReason.of(e) + ".", e);
    }
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
    console.result(report.aboutVariant());
    report.findings().forEach(console::result);
    console.result("");
    console.result("Report: " + out.resolve(REPORT));
    console.note("Done in " + Quantities.seconds(seconds) + ".");
  }
}
