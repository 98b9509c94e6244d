package org.viditq.cli.export;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.concurrent.Callable;
import org.viditq.cli.console.Console;
import org.viditq.cli.console.Quantities;
import org.viditq.cli.option.BackendOptions;
import org.viditq.cli.option.CommonOptions;
import org.viditq.cli.option.ForceOption;
import org.viditq.cli.option.ModelOptions;
import org.viditq.cli.option.Outputs;
import org.viditq.cli.option.SamplerOptions;
import org.viditq.cli.quantize.QuantizationOptions;
import org.viditq.core.diffusers.Component;
import org.viditq.core.diffusers.PipelineFolder;
import org.viditq.core.error.OutputException;
import org.viditq.core.error.UsageException;
import org.viditq.core.io.AtomicOutput;
import org.viditq.core.io.IoReason;
import org.viditq.onnx.FloatFormat;
import org.viditq.onnx.GraphCheck;
import org.viditq.onnx.OnnxGraph;
import org.viditq.onnx.OnnxOptions;
import org.viditq.onnx.OnnxOptions.AttentionForm;
import org.viditq.onnx.OnnxOptions.Dialect;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code viditq export}: writes a pipeline's networks as ONNX graphs. */
@Command(
    name = "export",
    header = "Export a pipeline's networks as ONNX graphs.",
    description = {
      "",
      "Batch, picture size, frames and prompt length of a graph are open. In the plugin dialect"
          + " quantized layers are nodes of viditq's plugin library for TensorRT, with the weights"
          + " of all timestep ranges; in the portable dialect every engine runs them, for checking"
          + " rather than speed. Large weights lie in a file beside the graph. What is written was"
          + " checked before: by ONNX Runtime, or in the plugin dialect by the plugins' rules.",
      ""
    },
    footer = {
      "",
      "Examples:",
      "  viditq export --model samples/pixart-mini --plan w8a8 --dialect plugin --precision fp16"
          + " \\",
      "      --out pixart-mini.onnx",
      "  viditq export --model DIR --quantized DIR --dialect plugin --part all --out graphs",
      "  viditq export --model DIR --plan w8a8 --dialect plugin --part all --triton --steps 20 \\",
      "      --out repository"
    })
public final class ExportCommand implements Callable<Integer> {
  private static final String SUFFIX = ".onnx";

  /** Behind the name of a graph: the file of its large weights. */
  private static final String DATA = ".data";

  @Mixin private ModelOptions model;
  @Mixin private QuantizationOptions quantization;

  @Option(
      names = "--dialect",
      paramLabel = "D",
      defaultValue = "portable",
      description = "portable or plugin. Default: ${DEFAULT-VALUE}.")
  private Dialect dialect;

  @Option(
      names = "--part",
      paramLabel = "P",
      defaultValue = "transformer",
      description =
          "transformer, text_encoder (both where there are two), vae (its decoder), sampler (the"
              + " transformer in a loop over a scheduler's steps) or all of them, of transformer"
              + " and sampler the latter with --triton, else the former. Default:"
              + " ${DEFAULT-VALUE}.")
  private Part part;

  @Option(
      names = "--precision",
      paramLabel = "P",
      defaultValue = "fp32",
      description =
          "What is computed with where it is not integers: fp32, in the plugin dialect also fp16 or"
              + " bf16. T5 stays fp32 with fp16, where it would overflow. Default:"
              + " ${DEFAULT-VALUE}.")
  private FloatFormat precision;

  @Option(
      names = "--attention",
      paramLabel = "F",
      description =
          "node (ONNX's own operator, which TensorRT fuses) or decomposed (products and softmax)."
              + " Default: node in the plugin dialect, decomposed in the portable one.")
  private Form attention;

  @Option(
      names = "--timestep",
      paramLabel = "T",
      description =
          "In the portable dialect, the timestep whose range of a quantized model is exported.")
  private Double timestep;

  @Mixin private SamplerOptions sampler;
  @Mixin private BackendOptions backend;

  @Option(
      names = "--out",
      paramLabel = "FILE|DIR",
      required = true,
      description =
          "A name that ends in .onnx, beside which the large weights go; or a folder, in which each"
              + " of several parts has one of its own.")
  private Path out;

  @Option(
      names = "--triton",
      description =
          "Make --out a model repository for Triton: a folder per network with its configurations,"
              + " with --part all an ensemble from prompts to pictures, and a README that says how"
              + " they are served; with --dialect plugin.")
  private boolean triton;

  @Mixin private ForceOption force;
  @Mixin private CommonOptions common;
  @Spec private CommandSpec spec;

  /** How attention is written. */
  enum Form {
    NODE,
    DECOMPOSED
  }

  @Override
  public Integer call() {
    quantization.check(model);
    OnnxOptions options = options();
    boolean file = out.getFileName() != null && out.getFileName().toString().endsWith(SUFFIX);
    if (file && part == Part.ALL) {
      throw new UsageException(
          "--out is the file " + out + ", but --part all writes several; give a folder.");
    }
    if (triton && (file || dialect != Dialect.PLUGIN)) {
      throw new UsageException(
          "--triton makes a folder of graphs in the plugin dialect; give --dialect plugin and a"
              + " folder as --out.");
    }
    requireSampler();
    requireFree(file);
    Console console = new Console(spec, common);
    PipelineFolder folder = quantization.configure(model.open());
    ExportedParts parts =
        new ExportedParts(
            folder,
            options,
            timestep == null ? OptionalDouble.empty() : OptionalDouble.of(timestep),
            () -> quantization.choose(folder, backend::open, console),
            Optional.of(sampler));
    List<String> names = names(parts);
    ObjectNode root = Console.object();
    root.put("model", model.describe());
    root.put("dialect", dialect.name().toLowerCase(Locale.ROOT));
    root.put("precision", precision.name().toLowerCase(Locale.ROOT));
    if (file) {
      writeFile(parts, names, console, root);
    } else {
      writeFolder(parts, names, console, root);
    }
    console.result(root);
    return 0;
  }

  private void requireSampler() {
    if (sampler.given() && part != Part.SAMPLER && !(triton && part == Part.ALL)) {
      throw new UsageException(
          "--steps, --guidance and --scheduler are those of a sampler; give --part sampler, or"
              + " --triton with --part all.");
    }
    if (part == Part.SAMPLER && timestep != null) {
      throw new UsageException(
          "--timestep goes with --part transformer; a sampler takes the timesteps of its steps.");
    }
  }

  /** What is written; an ensemble has the sampler in the place of the transformer. */
  private List<String> names(ExportedParts parts) {
    List<String> names = parts.names(part);
    return triton && part == Part.ALL
        ? names.stream()
            .map(name -> name.equals(Component.TRANSFORMER.folder()) ? ExportedParts.SAMPLER : name)
            .toList()
        : names;
  }

  private void requireFree(boolean file) {
    Outputs outputs = new Outputs(spec, force.given());
    if (file) {
      outputs.requireFile(out);
      outputs.requireFile(out.resolveSibling(out.getFileName() + DATA));
    } else {
      outputs.requireFolder(out);
    }
  }

  private OnnxOptions options() {
    boolean plugin = dialect == Dialect.PLUGIN;
    if (!plugin && precision != FloatFormat.FP32) {
      throw new UsageException(
          "--precision "
              + precision.name().toLowerCase(Locale.ROOT)
              + " goes with --dialect plugin; the portable dialect computes in fp32.");
    }
    if (!plugin && attention == Form.NODE) {
      throw new UsageException(
          "--attention node goes with --dialect plugin; the portable dialect is of an older"
              + " opset.");
    }
    if (plugin && timestep != null) {
      throw new UsageException(
          "--timestep goes with --dialect portable; a graph of the plugin dialect holds the weights"
              + " of all timesteps.");
    }
    if (timestep != null && !Double.isFinite(timestep)) {
      throw new UsageException("--timestep is " + timestep + "; give a number from 0 to 1000.");
    }
    return plugin
        ? OnnxOptions.plugin(
            precision, attention == Form.DECOMPOSED ? AttentionForm.STANDARD : AttentionForm.NODE)
        : OnnxOptions.STANDARD;
  }

  /** Into a folder beside it first, where what lies together has the names that it will have. */
  private void writeFile(
      ExportedParts parts, List<String> names, Console console, ObjectNode root) {
    if (names.size() > 1) {
      throw new UsageException(
          "--out is the file "
              + out
              + ", but the pipeline has two text encoders; give a folder for both.");
    }
    Path target = out.toAbsolutePath().normalize();
    String model = target.getFileName().toString();
    if (Files.isDirectory(target)) {
      throw new OutputException("Cannot write " + out + ": it exists and is a folder.");
    }
    try (AtomicOutput scratch = AtomicOutput.folder(target.resolveSibling(model + ".export"))) {
      Path written = scratch.path().resolve("graph");
      write(parts, names.get(0), written, model, console, root);
      for (String name : List.of(model + DATA, model)) {
        Files.move(
            written.resolve(name),
            target.resolveSibling(name),
            StandardCopyOption.ATOMIC_MOVE,
            StandardCopyOption.REPLACE_EXISTING);
      }
      console.result(out.toString());
    } catch (IOException e) {
      throw new OutputException("Cannot write " + out + ": " + IoReason.of(e) + ".", e);
    }
  }

  private void writeFolder(
      ExportedParts parts, List<String> names, Console console, ObjectNode root) {
    boolean several = part == Part.ALL || names.size() > 1 || triton;
    try (AtomicOutput output = AtomicOutput.folder(out)) {
      List<String> files = new ArrayList<>();
      for (String name : names) {
        Path model = several ? Path.of(name, triton ? TritonRepository.VERSION : "") : Path.of("");
        Path place = output.path().resolve(model).normalize();
        write(parts, name, place, OnnxGraph.MODEL_FILE, console, root);
        if (triton) {
          TritonRepository.write(
              output.path().resolve(name), name, place.resolve(OnnxGraph.MODEL_FILE));
        }
        Path shown = out.resolve(model);
        files.add(shown.resolve(OnnxGraph.MODEL_FILE).toString());
      }
      if (triton) {
        if (part == Part.ALL) {
          TritonRepository.writeEnsemble(output.path(), names);
        }
        TritonRepository.writeReadme(output.path(), names);
      }
      output.commit();
      files.forEach(console::result);
    }
  }

  private void write(
      ExportedParts parts,
      String name,
      Path folder,
      String model,
      Console console,
      ObjectNode root) {
    console.note("Exporting the " + name.replace('_', ' '));
    ObjectNode object = root.withArray("parts").addObject();
    object.put("part", name);
    parts.write(
        name,
        graph -> {
          graph.write(folder, model);
          Path file = folder.resolve(model);
          if (dialect == Dialect.PLUGIN) {
            GraphCheck.require(file);
          } else {
            PortableCheck.require(file);
          }
          long bytes = size(file) + size(folder.resolve(model + DATA));
          int nodes = graph.operators().values().stream().mapToInt(Integer::intValue).sum();
          console.note(
              Quantities.of(nodes, "node") + " and " + Quantities.bytes(bytes) + ", checked");
          object.put("nodes", nodes);
          object.put("bytes", bytes);
          graph.inputs().forEach(input -> object.withArray("inputs").add(input.name()));
        });
  }

  private static long size(Path file) {
    try {
      return Files.size(file);
    } catch (IOException e) {
      throw new OutputException("Cannot read " + file + ": " + IoReason.of(e) + ".", e);
    }
  }
}
