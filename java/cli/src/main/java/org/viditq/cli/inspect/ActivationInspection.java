package org.viditq.cli.inspect;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.viditq.cli.console.Console;
import org.viditq.cli.console.Quantities;
import org.viditq.cli.console.StageProgress;
import org.viditq.cli.console.Version;
import org.viditq.cli.memory.MemoryCheck;
import org.viditq.cli.option.Outputs;
import org.viditq.cli.option.SamplingOptions;
import org.viditq.cli.report.ComparisonReport.Fact;
import org.viditq.cli.report.Machine;
import org.viditq.core.diffusers.PipelineFolder;
import org.viditq.core.operators.Precision;
import org.viditq.core.pipeline.DiffusionPipeline;
import org.viditq.core.pipeline.EncodedPrompts;
import org.viditq.core.pipeline.GenerationRequest;
import org.viditq.core.pipeline.WeightForm;
import org.viditq.quantize.activation.ActivationSurvey;
import org.viditq.quantize.activation.LayerActivations;
import picocli.CommandLine.Model.CommandSpec;

/** {@code viditq inspect --activations}: samples, measures, reports. */
final class ActivationInspection {
  private final Path path;
  private final ActivationOptions options;
  private final CommandSpec spec;
  private final Console console;

  ActivationInspection(Path path, ActivationOptions options, CommandSpec spec, Console console) {
    this.path = path;
    this.options = options;
    this.spec = spec;
    this.console = console;
  }

  int run() {
    options.check();
    PipelineFolder folder = options.open(path);
    List<String> texts = options.limit.of(options.prompts.read());
    options.backend.find();
    DiffusionPipeline pipeline =
        options.prompts.prepare(options.sampling.open(folder, options.backend::open));
    GenerationRequest request =
        options.sampling.request(pipeline, options.seeds.onePerPrompt(texts.size()));
    SamplingOptions.sizeNote(request).ifPresent(console::note);
    Outputs outputs = new Outputs(spec, options.force.given());
    options.out().ifPresent(out -> outputs.requireFolder(out, ActivationFolder.FILES));
    new MemoryCheck(options.backend.find(), console)
        .sampling(pipeline, request, WeightForm.of(Precision.FP32));
    Optional<ActivationFolder> place = options.out().map(ActivationFolder::new);
    try {
      ActivationReport report = report(pipeline, texts, request);
      place.ifPresent(folderOut -> folderOut.finish(report, options.layers()));
      report.table().forEach(console::result);
      console.result("");
      report.findings().forEach(console::result);
      options
          .out()
          .ifPresent(
              out -> {
                console.result("");
                console.result("Report: " + out.resolve(ActivationFolder.REPORT));
              });
      console.result(report.json());
    } finally {
      place.ifPresent(ActivationFolder::close);
    }
    return 0;
  }

  private ActivationReport report(
      DiffusionPipeline pipeline, List<String> texts, GenerationRequest request) {
    try (StageProgress progress = new StageProgress(console, "")) {
      EncodedPrompts encoded = pipeline.encode(texts, "", progress);
      List<LayerActivations> layers =
          new ActivationSurvey(pipeline, options.backend::open)
              .run(request, encoded, options.every(), options.format(), progress);
      return new ActivationReport(
          options.describe(path), options.format().bits(), layers, facts(texts, request));
    }
  }

  private List<Fact> facts(List<String> texts, GenerationRequest request) {
    return List.of(
        new Fact("Model", options.describe(path)),
        new Fact(
            "Sampling",
            Quantities.of(texts.size(), "prompt")
                + ", "
                + Quantities.of(request.steps(), "step")
                + ", of which every "
                + options.every()
                + ". counts, guidance "
                + request.guidanceScale()
                + ", "
                + (request.frames() > 1 ? request.frames() + " frames of " : "")
                + request.width()
                + "×"
                + request.height()
                + " pixels"),
        new Fact("Codes", options.format().bits() + " bits, asymmetric"),
        new Fact("Backend", options.backend.find().name()),
        new Fact("Processor", Machine.processor()),
        new Fact("Version", "viditq " + Version.number()));
  }
}
