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
import org.viditq.core.pipeline.StepTimes;
import org.viditq.media.EncodingOptions;
import org.viditq.media.GifClip;
import org.viditq.media.Provenance;
import org.viditq.quantize.apply.PipelineCalibration;
import org.viditq.quantize.calibrate.CalibrationStatistics;
import org.viditq.quantize.plan.BuiltInPlans;

/** Calibrates the video sample and makes the same clips in full precision and with each plan. */
final class VideoDemo {
  private static final int CALIBRATION_PROMPTS = 4;
  private static final int CALIBRATE_EVERY = 2;
  private static final long FIRST_SEED = 1000;

  /** From what everybody tries first to what the method is for. */
  private static final List<DemoPlan> PLANS =
      List.of(
          new DemoPlan("w8a8-naive", "W8A8 naive"),
          new DemoPlan("w8a8", "W8A8 dynamic"),
          new DemoPlan("w4a8-naive", "W4A8 naive"),
          new DemoPlan("w4a8", "W4A8 timestep-aware"));

  private final DiffusionPipeline pipeline;
  private final Supplier<Operators<?>> backend;
  private final DemoSettings settings;
  private final Console console;

  VideoDemo(
      DiffusionPipeline pipeline,
      Supplier<Operators<?>> backend,
      DemoSettings settings,
      Console console) {
    this.pipeline = pipeline;
    this.backend = backend;
    this.settings = settings;
    this.console = console;
  }

  static int calibrationPrompts() {
    return CALIBRATION_PROMPTS;
  }

  VideoDemoReport run(Path evaluationPrompts, int count, Path calibrationPrompts) {
    List<String> prompts = EvaluationPrompt.first(evaluationPrompts, count);
    CalibrationStatistics statistics = calibrate(calibrationPrompts);
    EncodedPrompts encoded = encode(prompts, "evaluation");
    PlanComparison comparison =
        new PlanComparison(
            pipeline.folder(), pipeline, backend, request(FIRST_SEED, count), encoded, console);
    List<VideoOutcome> outcomes = new ArrayList<>();
    outcomes.add(
        new VideoOutcome(
            "full-precision",
            "full precision",
            "The original: weights stored as float16, computed in float32.",
            comparison.originalSize(),
            gifs(comparison.reference(), prompts, "full-precision"),
            Optional.empty(),
            motion(comparison, comparison.reference()),
            comparison.reference().secondsPerPicture()));
    for (DemoPlan demoPlan : PLANS) {
      comparison.score(
          BuiltInPlans.get(demoPlan.name()),
          Optional.of(statistics),
          DemoPlan.cachings(settings, pipeline),
          score ->
              outcomes.add(
                  new VideoOutcome(
                      score.name(),
                      demoPlan.title(score),
                      demoPlan.description(score),
                      score.size(),
                      gifs(score.run(), prompts, score.name()),
                      Optional.of(score.scores()),
                      motion(comparison, score.run()),
                      score.run().secondsPerPicture())));
    }
    return new VideoDemoReport(settings, prompts, FIRST_SEED, outcomes);
  }

  private CalibrationStatistics calibrate(Path file) {
    EncodedPrompts encoded =
        encode(EvaluationPrompt.first(file, CALIBRATION_PROMPTS), "calibration");
    try (StageProgress progress = new StageProgress(console, "calibration")) {
      return new PipelineCalibration(pipeline, backend)
          .run(request(0, CALIBRATION_PROMPTS), encoded, CALIBRATE_EVERY, progress);
    }
  }

  private EncodedPrompts encode(List<String> texts, String what) {
    try (StageProgress progress = new StageProgress(console, what)) {
      return pipeline.encode(texts, "", progress);
    }
  }

  private GenerationRequest request(long firstSeed, int count) {
    return new GenerationRequest(
        LongStream.range(firstSeed, firstSeed + count).boxed().toList(),
        settings.steps(),
        settings.guidance(),
        pipeline.defaultFrames(),
        pipeline.defaultHeight(),
        pipeline.defaultWidth(),
        pipeline.model().samplingDefaults().framesPerSecond(),
        StepTimes.OF_SCHEDULER);
  }

  private static Motion motion(PlanComparison comparison, TimedPictures run) {
    return Motion.of(comparison.reference().clips(), run.clips());
  }

  private List<byte[]> gifs(TimedPictures run, List<String> prompts, String plan) {
    List<byte[]> files = new ArrayList<>();
    for (int i = 0; i < run.clips().size(); i++) {
      Clip clip = run.clips().get(i);
      Map<String, String> texts = new LinkedHashMap<>();
      texts.put("prompt", prompts.get(i));
      texts.put("seed", Long.toString(FIRST_SEED + i));
      texts.put("steps", Integer.toString(settings.steps()));
      texts.put("guidance_scale", Double.toString(settings.guidance()));
      texts.put("plan", plan);
      texts.put("model", settings.variant());
      texts.put("Software", "viditq " + settings.version());
      files.add(GifClip.encode(clip, new Provenance(texts), EncodingOptions.DEFAULT));
    }
    return files;
  }
}
