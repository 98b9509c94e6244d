package org.viditq.cli.quantize;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.viditq.cli.console.Console;
import org.viditq.cli.console.Quantities;
import org.viditq.cli.option.BackendOptions;
import org.viditq.cli.option.CommonOptions;
import org.viditq.cli.option.ForceOption;
import org.viditq.cli.option.ModelOptions;
import org.viditq.cli.option.Outputs;
import org.viditq.core.checkpoint.Checkpoint;
import org.viditq.core.diffusers.Component;
import org.viditq.core.diffusers.PipelineFolder;
import org.viditq.core.diffusers.WeightsView;
import org.viditq.core.error.Printable;
import org.viditq.core.error.UsageException;
import org.viditq.core.io.AtomicOutput;
import org.viditq.core.model.AttentionPrecisions;
import org.viditq.core.pipeline.DiffusionPipeline;
import org.viditq.quantize.apply.PlanApplication;
import org.viditq.quantize.apply.StoredSize;
import org.viditq.quantize.calibrate.CalibrationStatistics;
import org.viditq.quantize.checkpoint.ExchangedInt8;
import org.viditq.quantize.checkpoint.Origin;
import org.viditq.quantize.checkpoint.QuantizedCheckpointWriter;
import org.viditq.quantize.plan.QuantizationPlan;
import org.viditq.quantize.weight.QuantizedLayers;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code viditq quantize}: writes a quantized transformer. */
@Command(
    name = "quantize",
    header = "Quantize a pipeline's transformer by a plan and write it.",
    description = {
      "",
      "Writes a folder that can stand where the pipeline's transformer folder stood, or be given to"
          + " 'viditq generate --quantized'. Built-in plans: w8a8-naive, w8a8, w8a8-balanced, w6a6,"
          + " w4a8 and others; the plan files of the published ViDiT-Q code load as they are.",
      ""
    },
    footer = {
      "",
      "Examples:",
      "  viditq quantize --model samples/pixart-mini --plan w8a8 --out pixart-mini-w8a8",
      "  viditq quantize --model DIR --plan plan.yaml --stats stats.safetensors --out DIR",
      "  viditq quantize --model DIR --plan convrot --format int8-tensorwise --out X.safetensors"
    })
public final class QuantizeCommand implements Callable<Integer> {
  private static final Logger LOG = LoggerFactory.getLogger(QuantizeCommand.class);

  @Mixin private ModelOptions model;

  @Option(
      names = "--plan",
      paramLabel = "P",
      required = true,
      description = "A built-in name or a YAML file.")
  private String plan;

  @Mixin private PlanOptions planOptions;

  @Mixin private StatisticsOption statistics;

  @Mixin private BackendOptions backend;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      required = true,
      description = "Folder of the quantized transformer.")
  private Path out;

  @Option(
      names = "--format",
      paramLabel = "F",
      defaultValue = "viditq",
      description =
          "viditq, a folder; or int8-tensorwise, the file that ComfyUI and others exchange, for"
              + " plans such as convrot. Default: ${DEFAULT-VALUE}.")
  private String format;

  @Mixin private ForceOption force;
  @Mixin private CommonOptions common;
  @Spec private CommandSpec spec;

  @Override
  public Integer call() {
    Console console = new Console(spec, common);
    PipelineFolder folder = model.open();
    boolean exchanged = isExchanged();
    Outputs outputs = new Outputs(spec, force.given());
    if (exchanged) {
      outputs.requireFile(out);
    } else {
      outputs.requireFolder(out, QuantizedCheckpointWriter.files());
      outputs.requireNoOtherWeights(out, QuantizedCheckpointWriter.files());
    }
    QuantizationPlan found = planOptions.read(plan);
    if (exchanged && !found.attention().equals(AttentionPrecisions.FLOAT)) {
      LOG.warn(
          "A file of int8-tensorwise says nothing of attention: the plan's key attention is left"
              + " out, and whoever reads the file computes attention in floating point.");
    }
    // Opened and given up again: a place that cannot be written is known before the work.
    (exchanged ? AtomicOutput.file(out) : AtomicOutput.folder(out)).close();
    Optional<CalibrationStatistics> seen = statistics.read();
    try (Checkpoint weights = folder.checkpoint(Component.TRANSFORMER);
        QuantizationProgress progress = new QuantizationProgress(console)) {
      QuantizedLayers layers =
          new PlanApplication(folder, backend::open, progress).apply(found, weights, seen);
      if (exchanged) {
        ExchangedInt8.write(out, weights, layers);
      } else {
        QuantizedCheckpointWriter.write(
            out,
            folder.config(Component.TRANSFORMER).node(),
            DiffusionPipeline.readModel(folder),
            weights,
            found,
            layers,
            origin(folder, found));
      }
      report(found, layers, StoredSize.of(weights, layers), console);
    }
    return 0;
  }

  private boolean isExchanged() {
    return switch (format) {
      case "viditq" -> false;
      case "int8-tensorwise" -> true;
      default ->
          throw new UsageException(
              "--format is " + Printable.name(format) + ", but must be viditq or int8-tensorwise.");
    };
  }

  /** Adapters aside, so that the result goes with the pipeline that it was made from. */
  private Origin origin(PipelineFolder folder, QuantizationPlan found) {
    try (Checkpoint stored =
        folder.withTransformerSeenAs(WeightsView.AS_STORED).checkpoint(Component.TRANSFORMER)) {
      return Origin.of(stored, found, statistics.fingerprint());
    }
  }

  private void report(
      QuantizationPlan found, QuantizedLayers layers, StoredSize size, Console console) {
    console.result(out.toString());
    console.note(
        Quantities.of(layers.layers().size(), "layer")
            + " quantized: "
            + Quantities.bytes(size.original())
            + " became "
            + Quantities.bytes(size.quantized())
            + " ("
            + Quantities.times(size.ratio())
            + " smaller; the quantized layers alone "
            + Quantities.times(size.layerRatio())
            + ")");
    ObjectNode root = Console.object();
    root.put("model", model.describe());
    root.put("plan", found.name());
    root.put("out", out.toString());
    root.put("layers", layers.layers().size());
    root.put("originalBytes", size.original());
    StoredSizeJson.put(size, root);
    console.result(root);
  }
}
