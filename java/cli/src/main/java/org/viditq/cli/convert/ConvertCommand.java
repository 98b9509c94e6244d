package org.viditq.cli.convert;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.viditq.cli.console.Console;
import org.viditq.cli.option.CommonOptions;
import org.viditq.cli.option.ForceOption;
import org.viditq.cli.option.LoraOptions;
import org.viditq.cli.option.Outputs;
import org.viditq.cli.option.WeightsOptions;
import org.viditq.core.checkpoint.Checkpoint;
import org.viditq.core.checkpoint.CheckpointConverter;
import org.viditq.core.checkpoint.Checkpoints;
import org.viditq.core.diffusers.ComponentConfig;
import org.viditq.core.diffusers.JsonConfig;
import org.viditq.core.error.InvalidModelException;
import org.viditq.core.error.UsageException;
import org.viditq.core.model.DenoiserFamilies;
import org.viditq.core.model.DenoiserFamily;
import org.viditq.core.model.DiffusersForm;
import org.viditq.core.tensor.DType;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code viditq convert}: rewrites a denoiser's checkpoint as diffusers' safetensors. */
@Command(
    name = "convert",
    header = "Rewrite a denoiser's checkpoint as diffusers-style safetensors.",
    description = {
      "",
      "Reads any checkpoint of a known family: safetensors, PyTorch's .pth, .pt, .bin, shards, the"
          + " authors' layouts; nothing that a pickle asks for is ever run. Writes a folder with"
          + " config.json that can be given to --transformer or stand in a pipeline.",
      ""
    },
    footer = {
      "",
      "Examples:",
      "  viditq convert PixArt-XL-2-512x512.pth --out transformer --dtype fp16",
      "  viditq convert OpenSora-v1-HQ-16x512x512.pth --out stdit"
    })
public final class ConvertCommand implements Callable<Integer> {
  private static final String CONFIG = "config.json";

  @Parameters(paramLabel = "PATH", description = "A file of weights, or a folder that holds some.")
  private Path path;

  @Mixin private WeightsOptions weights;
  @Mixin private LoraOptions adapters;

  @Option(
      names = "--dtype",
      paramLabel = "TYPE",
      description = "fp32, fp16 or bf16. Default: as stored.")
  private String dtype;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      required = true,
      description = "Folder of the converted denoiser; it may hold no weights yet.")
  private Path out;

  @Mixin private ForceOption force;
  @Mixin private CommonOptions common;
  @Spec private CommandSpec spec;

  @Override
  public Integer call() {
    Console console = new Console(spec, common);
    Optional<DType> type = type();
    new Outputs(spec, force.given()).requireFolder(out, CONFIG);
    JsonConfig config = ComponentConfig.beside(path);
    try (Checkpoint source = open(config)) {
      DenoiserFamily family =
          DenoiserFamilies.find(config, source)
              .orElseThrow(
                  () ->
                      new InvalidModelException(
                          path
                              + " holds no denoiser of a family that is known here ("
                              + DenoiserFamilies.names()
                              + ")."));
      family.model(config, source); // whatever contradicts the weights is found before the work
      DiffusersForm form = family.diffusersForm(config, source);
      CheckpointConverter.Options defaults = CheckpointConverter.Options.DEFAULT;
      Map<String, byte[]> beside =
          form.config().isEmpty()
              ? Map.of()
              : Map.of(CONFIG, (Console.toJson(form.config()) + "\n").getBytes(UTF_8));
      List<Path> files =
          CheckpointConverter.write(
              source,
              out,
              form.names(),
              new CheckpointConverter.Options(
                  type, defaults.shardBytes(), defaults.stem(), defaults.variant()),
              beside);
      files.forEach(file -> console.result(file.toString()));
      console.note(family.name() + " in " + out);
      ObjectNode root = Console.object();
      root.put("path", path.toString());
      root.put("family", family.name());
      files.forEach(file -> root.withArray("files").add(file.toString()));
      console.result(root);
    }
    return 0;
  }

  /** With the adapters merged, each tensor in the type that it is stored in. */
  private Checkpoint open(JsonConfig config) {
    Checkpoint stored = Checkpoints.open(path, weights.choice());
    try {
      return adapters.read().merge(config, stored, true);
    } catch (RuntimeException | Error unfit) {
      stored.close();
      throw unfit;
    }
  }

  private Optional<DType> type() {
    if (dtype == null) {
      return Optional.empty();
    }
    return Optional.of(
        switch (dtype.toLowerCase(Locale.ROOT)) {
          case "fp32", "float32" -> DType.F32;
          case "fp16", "float16" -> DType.F16;
          case "bf16", "bfloat16" -> DType.BF16;
          default ->
              throw new UsageException("--dtype is " + dtype + ", but must be fp32, fp16 or bf16.");
        });
  }
}
