package org.viditq.cli.build;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import org.viditq.cli.console.Console;
import org.viditq.cli.console.Quantities;
import org.viditq.cli.export.ExportedParts;
import org.viditq.cli.export.Part;
import org.viditq.cli.option.BackendOptions;
import org.viditq.cli.option.CommonOptions;
import org.viditq.cli.option.ForceOption;
import org.viditq.cli.option.ModelOptions;
import org.viditq.cli.option.Outputs;
import org.viditq.cli.quantize.QuantizationOptions;
import org.viditq.core.diffusers.Component;
import org.viditq.core.diffusers.PipelineFolder;
import org.viditq.core.error.OutputException;
import org.viditq.core.error.UsageException;
import org.viditq.core.io.AtomicOutput;
import org.viditq.core.io.IoReason;
import org.viditq.core.pipeline.DiffusionPipeline;
import org.viditq.onnx.FloatFormat;
import org.viditq.onnx.GraphCheck;
import org.viditq.onnx.GraphFile;
import org.viditq.onnx.OnnxGraph;
import org.viditq.onnx.OnnxOptions;
import org.viditq.onnx.OnnxOptions.AttentionForm;
import org.viditq.quantize.apply.PipelineCalibration;
import org.viditq.tensorrt.build.BuildOptions;
import org.viditq.tensorrt.build.CachedEngines;
import org.viditq.tensorrt.build.EngineBuilder;
import org.viditq.tensorrt.build.ProfileExtents;
import org.viditq.tensorrt.build.TensorRtBuilder;
import org.viditq.tensorrt.engine.EngineCache;
import org.viditq.tensorrt.engine.EngineDescription;
import org.viditq.tensorrt.engine.EngineException;
import org.viditq.tensorrt.engine.Profile;
import picocli.CommandLine.Command;
import picocli.CommandLine.IModelTransformer;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code viditq build}: a TensorRT engine for the GPU of this machine. */
@Command(
    name = "build",
    header = "Build a TensorRT engine of a network for the GPU of this machine.",
    modelTransformer = BuildCommand.ModelOrGraph.class,
    description = {
      "",
      "Exports a network of a pipeline in the plugin dialect, or takes an ONNX graph, and lets"
          + " TensorRT build an engine of it, for the extents that are given. Beside the engine"
          + " lies a .json file that says what it was built from and for. Needs NVIDIA's driver,"
          + " CUDA's runtime and TensorRT 11.",
      ""
    },
    footer = {
      "",
      "Examples:",
      "  viditq build --model DIR --plan w8a8 --precision fp16 --out transformer.engine",
      "  viditq build --model DIR --quantized DIR --opt size=512x512 --max size=1024x1024 --cache",
      "  viditq build --onnx model.onnx --opt batch=1,height=64,width=64 --out model.engine"
    })
public final class BuildCommand implements Callable<Integer> {
  /** What a network of a graph without a pipeline is called. */
  private static final String UNKNOWN = "graph";

  private final Builders builders;

  @Mixin private ModelOptions model;
  @Mixin private QuantizationOptions quantization;

  @Option(
      names = "--onnx",
      paramLabel = "FILE",
      description = "Build this graph instead of a pipeline's; all open extents are to be given.")
  private Path onnx;

  @Option(
      names = "--part",
      paramLabel = "P",
      defaultValue = "transformer",
      description =
          "transformer, text_encoder, text_encoder_2 or vae (its decoder). Default:"
              + " ${DEFAULT-VALUE}.")
  private String part;

  @Option(
      names = "--precision",
      paramLabel = "P",
      defaultValue = "fp16",
      description =
          "What is computed with where it is not integers: fp32, fp16 or bf16. T5 stays fp32 with"
              + " fp16, where it would overflow. Default: ${DEFAULT-VALUE}.")
  private FloatFormat precision;

  @Mixin private ExtentOptions extents;
  @Mixin private TensorRtOptions tensorRt;

  @Option(
      names = "--refit",
      paramLabel = "FILE",
      description =
          "Fill this engine, built with --weights stripped, instead of building one; with --out.")
  private Path refit;

  @Option(names = "--out", paramLabel = "FILE", description = "The engine.")
  private Path out;

  @Option(
      names = "--cache",
      description =
          "Keep the engine where 'generate --backend tensorrt' looks for it; builds none if there"
              + " is one.")
  private boolean toCache;

  @Mixin private BackendOptions backend;
  @Mixin private ForceOption force;
  @Mixin private CommonOptions common;
  @Spec private CommandSpec spec;

  /** Makes builders. */
  @FunctionalInterface
  interface Builders {
    EngineBuilder open(Optional<Path> tensorRt, Optional<Path> plugins, EngineCache cache);
  }

  /** {@code --model} is required by all commands but this one, which takes a graph as well. */
  static final class ModelOrGraph implements IModelTransformer {
    @Override
    public CommandSpec transform(CommandSpec command) {
      OptionSpec required = command.findOption("--model");
      command.remove(required);
      return command.addOption(OptionSpec.builder(required).required(false).build());
    }
  }

  public BuildCommand() {
    this(TensorRtBuilder::open);
  }

  BuildCommand(Builders builders) {
    this.builders = builders;
  }

  @Override
  public Integer call() {
    check();
    BuildOptions options = tensorRt.build();
    Console console = new Console(spec, common);
    EngineCache cache = tensorRt.cache();
    // Opened before anything is exported: most failures are those of a machine without a GPU.
    try (BuildProgress progress = new BuildProgress(console);
        CachedEngines engines =
            new CachedEngines(
                cache,
                () -> builders.open(tensorRt.tensorRt(), tensorRt.plugins(), cache),
                options,
                console::note)) {
      EngineBuilder builder = engines.builder();
      console.note(
          "For a " + builder.target().gpu() + ", by TensorRT " + builder.target().tensorRt());
      if (onnx != null) {
        GraphFile graph = GraphFile.open(onnx);
        Profile profile = extents.extents(Map.of(), OptionalInt.empty()).of(graph);
        finish(console, engines, graph, UNKNOWN, Map.of(), profile, options, progress);
      } else {
        export(console, engines, options, progress);
      }
    }
    return 0;
  }

  private void check() {
    if (model.isGiven() == (onnx != null)) {
      throw new UsageException("Give --model or --onnx, one of them.");
    }
    if (toCache == (out != null)) {
      throw new UsageException("Give --out or --cache, one of them.");
    }
    if (refit != null && toCache) {
      throw new UsageException("--refit writes an engine of its own; give --out.");
    }
    if (onnx != null && quantization.isGiven()) {
      throw new UsageException("--plan and --quantized go with --model; a graph is as it is.");
    }
    if (out != null) {
      Outputs outputs = new Outputs(spec, force.given());
      outputs.requireFile(out);
      outputs.requireFile(EngineDescription.besides(out));
    }
    if (onnx == null) {
      quantization.check(model);
    }
  }

  private void export(
      Console console, CachedEngines engines, BuildOptions options, BuildProgress progress) {
    PipelineFolder folder = quantization.configure(model.open());
    ExportedParts parts =
        new ExportedParts(
            folder,
            OnnxOptions.plugin(precision, AttentionForm.NODE),
            OptionalDouble.empty(),
            () -> quantization.choose(folder, backend::open, console));
    String name = component(parts);
    OptionalInt pixels =
        name.startsWith(Component.TEXT_ENCODER.folder()) || !folder.has(Component.VAE)
            ? OptionalInt.empty()
            : OptionalInt.of(DiffusionPipeline.readAutoencoder(folder).downsampling());
    ProfileExtents chosen = extents.extents(DefaultExtents.of(folder, name), pixels);
    Map<String, String> origin = origin(folder, name);
    if (toCache) {
      parts.write(
          name,
          graph ->
              report(
                  console, engines.engine(graph, name, origin, chosen.of(graph.axes()), progress)));
      return;
    }
    console.note("Exporting the " + name.replace('_', ' '));
    // Never committed, so that nothing of it stays.
    Path beside = out.toAbsolutePath();
    try (AtomicOutput scratch =
        AtomicOutput.folder(beside.resolveSibling(beside.getFileName() + ".graph"))) {
      Path place = scratch.path().resolve("graph");
      parts.write(name, graph -> graph.write(place));
      Path file = place.resolve(OnnxGraph.MODEL_FILE);
      GraphCheck.require(file);
      GraphFile graph = GraphFile.open(file);
      finish(console, engines, graph, name, origin, chosen.of(graph), options, progress);
    }
  }

  private String component(ExportedParts parts) {
    List<String> names = parts.names(Part.ALL);
    if (!names.contains(part)) {
      throw new UsageException(
          "--part is " + part + ", but the pipeline has " + String.join(", ", names) + ".");
    }
    return part;
  }

  private Map<String, String> origin(PipelineFolder folder, String name) {
    Map<String, String> origin = new HashMap<>();
    if (name.equals(Component.TRANSFORMER.folder())) {
      origin.put(EngineDescription.MODEL, PipelineCalibration.modelIdentity(folder));
      quantization
          .planIdentity(folder)
          .ifPresent(identity -> origin.put(EngineDescription.PLAN, identity));
    }
    return origin;
  }

  private void finish(
      Console console,
      CachedEngines engines,
      GraphFile graph,
      String name,
      Map<String, String> origin,
      Profile profile,
      BuildOptions options,
      BuildProgress progress) {
    if (toCache) {
      report(console, engines.engine(graph, name, origin, profile, progress));
      return;
    }
    EngineDescription wanted =
        engines.describe(
            name, graph, origin, List.of(profile), refit == null && options.stripped());
    EngineCache.Maker maker =
        refit == null
            ? target -> engines.builder().build(graph, wanted.profiles(), options, target, progress)
            : target -> engines.builder().refit(refit, graph, target);
    EngineDescription made = refit == null ? wanted : refitted(engines, wanted);
    Path target = out.toAbsolutePath().normalize();
    // As a folder that is merged into the one that holds both files.
    try (AtomicOutput output = AtomicOutput.folder(target.getParent())) {
      EngineDescription written =
          EngineCache.write(made, maker, output.path().resolve(target.getFileName()));
      output.commit();
      report(console, out, written);
    } catch (IOException e) {
      throw new OutputException("Cannot write " + out + ": " + IoReason.of(e) + ".", e);
    }
  }

  /** The engine that is filled must be whole, of this structure, and for this machine. */
  private EngineDescription refitted(CachedEngines engines, EngineDescription wanted) {
    EngineDescription base = EngineDescription.read(refit);
    if (!base.stripped()) {
      throw new EngineException(
          EngineException.Reason.OTHER_MODEL,
          refit
              + " has weights already; --refit takes engines that were built with --weights"
              + " stripped.");
    }
    base.requireBytes(refit);
    base.requireTarget(engines.builder().target(), refit);
    base.requirePlugins(engines.builder().plugins(), refit);
    base.requireGraph(wanted.graph(), wanted.origin(), refit);
    return base.refitted(wanted);
  }

  private void report(Console console, EngineCache.Entry entry) {
    report(console, entry.engine(), entry.description());
  }

  private void report(Console console, Path engine, EngineDescription made) {
    ObjectNode root = Console.object();
    root.put("engine", engine.toString());
    root.put("bytes", made.bytes());
    root.put("sha256", made.sha256());
    root.put("gpu", made.target().gpu());
    root.put("tensorrt", made.target().tensorRt());
    root.put("stripped", made.stripped());
    console.result(engine + ", " + Quantities.bytes(made.bytes()));
    console.result(root);
  }
}
