package org.viditq.cli.demo;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.LongStream;
import org.viditq.cli.console.Console;
import org.viditq.cli.console.StageProgress;
import org.viditq.cli.evaluate.PlanComparison;
import org.viditq.cli.evaluate.TimedPictures;
import org.viditq.cli.picture.Motion;
import org.viditq.core.operators.Operators;
import org.viditq.core.pipeline.Clip;
import org.viditq.core.pipeline.DiffusionPipeline;
import org.viditq.core.pipeline.EncodedPrompts;
import org.viditq.core.pipeline.GenerationRequest;
import org.viditq.media.EncodingOptions;
import org.viditq.media.GifClip;
import org.viditq.media.PngPicture;
import org.viditq.media.Provenance;
import org.viditq.quantize.apply.PipelineCalibration;
import org.viditq.quantize.calibrate.CalibrationStatistics;
import org.viditq.quantize.plan.BuiltInPlans;

/**
 * Calibrates a sample, quantizes it with every plan, and makes the same pictures or clips in full
 * precision and with each.
 */
final class Demo {
  private static final int CALIBRATE_EVERY = 2;

  private final DiffusionPipeline pipeline;
  private final Supplier<Operators<?>> backend;
  private final DemoSettings settings;
  private final Console console;

  Demo(
      DiffusionPipeline pipeline,
      Supplier<Operators<?>> backend,
      DemoSettings settings,
      Console console) {
    this.pipeline = pipeline;
    this.backend = backend;
    this.settings = settings;
    this.console = console;
  }

  /**
   * @param calibrationPrompts the sample's file of them, whose first lines are taken
   */
  DemoReport run(List<EvaluationPrompt> prompts, Path calibrationPrompts) {
    CalibrationStatistics statistics = calibrate(calibrationPrompts);
    EncodedPrompts encoded =
        encode(prompts.stream().map(EvaluationPrompt::prompt).toList(), "evaluation");
    PublishedFigures published = PublishedFigures.of(settings.variant(), settings.steps());

    List<Long> seeds = prompts.stream().map(EvaluationPrompt::seed).toList();
    PlanComparison comparison =
        new PlanComparison(pipeline.folder(), pipeline, backend, request(seeds), encoded, console);
    List<Outcome> outcomes = new ArrayList<>();
    outcomes.add(
        new Outcome(
            "full-precision",
            "full precision",
            "The original: weights stored as float16, computed in float32.",
            comparison.originalSize(),
            files(comparison.reference(), prompts, "full-precision"),
            Optional.empty(),
            motion(comparison, comparison.reference()),
            comparison.reference().secondsPerPicture(),
            Optional.empty()));
    for (DemoPlan demoPlan : settings.plans()) {
      comparison.score(
          BuiltInPlans.get(demoPlan.name()),
          Optional.of(statistics),
          DemoPlan.cachings(settings, pipeline),
          score ->
              outcomes.add(
                  new Outcome(
                      score.name(),
                      demoPlan.title(score),
                      demoPlan.description(score),
                      score.size(),
                      files(score.run(), prompts, score.name()),
                      Optional.of(score.scores()),
                      motion(comparison, score.run()),
                      score.run().secondsPerPicture(),
                      score.caching().isOn() ? Optional.empty() : published.of(demoPlan.name()))));
    }
    return new DemoReport(settings, prompts, outcomes);
  }

  private CalibrationStatistics calibrate(Path file) {
    int count = settings.calibrationPrompts();
    EncodedPrompts encoded = encode(EvaluationPrompt.lines(file).subList(0, count), "calibration");
    GenerationRequest request = request(LongStream.range(0, count).boxed().toList());
    try (StageProgress progress = new StageProgress(console, "calibration")) {
      return new PipelineCalibration(pipeline, backend)
          .run(request, encoded, CALIBRATE_EVERY, progress);
    }
  }

  private EncodedPrompts encode(List<String> texts, String what) {
    try (StageProgress progress = new StageProgress(console, what)) {
      return pipeline.encode(texts, "", progress);
    }
  }

  private GenerationRequest request(List<Long> seeds) {
    return new GenerationRequest(
        seeds,
        settings.steps(),
        settings.guidance(),
        pipeline.defaultFrames(),
        pipeline.defaultHeight(),
        pipeline.defaultWidth(),
        pipeline.model().samplingDefaults().framesPerSecond());
  }

  private Optional<Motion> motion(PlanComparison comparison, TimedPictures run) {
    return settings.video()
        ? Optional.of(Motion.of(comparison.reference().clips(), run.clips()))
        : Optional.empty();
  }

  private List<byte[]> files(TimedPictures run, List<EvaluationPrompt> prompts, String plan) {
    List<byte[]> files = new ArrayList<>();
    for (int i = 0; i < prompts.size(); i++) {
      Map<String, String> texts = new LinkedHashMap<>();
      texts.put("prompt", prompts.get(i).prompt());
      texts.put("seed", Long.toString(prompts.get(i).seed()));
      texts.put("steps", Integer.toString(settings.steps()));
      texts.put("guidance_scale", Double.toString(settings.guidance()));
      texts.put("plan", plan);
      texts.put("model", settings.variant());
      texts.put("Software", "viditq " + settings.version());
      Clip clip = run.clips().get(i);
      Provenance provenance = new Provenance(texts);
      files.add(
          settings.video()
              ? GifClip.encode(clip, provenance, EncodingOptions.DEFAULT)
              : PngPicture.encode(clip.frame(0), provenance));
    }
    return files;
  }
}
