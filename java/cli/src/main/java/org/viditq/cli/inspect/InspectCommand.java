package org.viditq.cli.inspect;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.viditq.cli.console.Console;
import org.viditq.cli.console.Quantities;
import org.viditq.cli.console.TextTable;
import org.viditq.cli.option.CommonOptions;
import org.viditq.core.error.Printable;
import org.viditq.core.error.UsageException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code viditq inspect}: what a checkpoint holds, without loading it. */
@Command(
    name = "inspect",
    header = "Show what a checkpoint holds: layers, shapes, bits, bytes.",
    description = {
      "",
      "Of weights it reads headers only, so it is quick for checkpoints of any size; with --original"
          + " it also compares all quantized weights with those that they were made from. Of a plan"
          + " it shows the settings. With --activations it samples prompts and shows what the layers"
          + " get.",
      ""
    },
    footer = {
      "",
      "Examples:",
      "  viditq inspect samples/pixart-mini --summary",
      "  viditq inspect samples/pixart-mini/transformer",
      "  viditq inspect model.safetensors --json",
      "  viditq inspect pixart-mini-w4a8 --original samples/pixart-mini",
      "  viditq inspect plan.yaml",
      "  viditq inspect samples/pixart-mini --activations \\",
      "      --prompts samples/pixart-mini/calib_prompts.txt --limit 4 --out activations"
    })
public final class InspectCommand implements Callable<Integer> {
  @Parameters(
      paramLabel = "PATH",
      description =
          "A file of weights (safetensors, .pth, .pt, .bin), the index of shards, a component folder,"
              + " a pipeline folder, a quantized folder, calibration statistics, or a plan or map (.yaml).")
  private Path path;

  @Option(
      names = "--original",
      paramLabel = "DIR|FILE",
      description =
          "The pipeline, transformer folder or file that a quantized one was made from: the relative"
              + " error of each layer's weights is shown.")
  private Path original;

  @Option(names = "--summary", description = "Only the sums, not every layer.")
  private boolean summary;

  @Mixin private ActivationOptions activations;
  @Mixin private CommonOptions common;
  @Spec private CommandSpec spec;

  @Override
  public Integer call() {
    Console console = new Console(spec, common);
    if (activations.wanted) {
      requireNone(List.of("--original", "--summary"), "goes without --activations");
      return new ActivationInspection(path, activations, spec, console).run();
    }
    requireNone(activationOptions(), "goes with --activations, which samples prompts");
    if (PlanSurvey.accepts(path)) {
      PlanSurvey.of(path).print(console);
      return 0;
    }
    List<Inventory> components = CheckpointSurvey.of(path, Optional.ofNullable(original));
    console.result(toJson(components));
    for (Inventory component : components) {
      print(component, console);
    }
    if (components.size() > 1) {
      printSum(components, console);
    }
    return 0;
  }

  /** All options but those of this class and of every command. */
  private List<String> activationOptions() {
    return spec.mixins().get("activations").optionsMap().keySet().stream().sorted().toList();
  }

  private void requireNone(List<String> options, String why) {
    for (String option : options) {
      if (spec.commandLine().getParseResult().hasMatchedOption(option)) {
        throw new UsageException(option + " " + why + "; leave it out.");
      }
    }
  }

  private void print(Inventory component, Console console) {
    String title = (component.name() + " " + component.type()).strip();
    console.result((title.isEmpty() ? "" : title + "  ") + component.source());
    if (!summary) {
      layers(component).lines().forEach(console::result);
    }
    component.family().ifPresent(found -> console.result("  " + found.describe()));
    if (component.adapted() > 0) {
      console.result("  adapters (LoRA) of " + Quantities.of(component.adapted(), "layer"));
    }
    component
        .metadata()
        .forEach((key, value) -> console.result("  " + key + ": " + shortened(value)));
    console.result(
        "  "
            + component.layers().size()
            + " layers, "
            + component.tensors()
            + " tensors, "
            + (component.isQuantized()
                ? Quantities.count(component.originalParameters())
                    + " parameters of the original, "
                    + Quantities.count(component.parameters())
                    + " stored numbers, "
                : Quantities.count(component.parameters()) + " parameters, ")
            + Quantities.bytes(component.bytes())
            + " ("
            + component.bytesByType().entrySet().stream()
                .map(entry -> entry.getKey() + " " + Quantities.bytes(entry.getValue()))
                .collect(Collectors.joining(", "))
            + ")");
  }

  private TextTable layers(Inventory component) {
    boolean compared = original != null && component.isQuantized();
    TextTable table =
        compared
            ? new TextTable("  layer", "shape", "type", ">bits", ">bytes", ">error", "with")
            : new TextTable("  layer", "shape", "type", ">bits", ">bytes", "with");
    for (LayerEntry layer : component.layers()) {
      List<String> cells = new ArrayList<>();
      cells.add("  " + Printable.name(layer.name()));
      cells.add(layer.shapeText());
      cells.add(layer.type());
      cells.add(Integer.toString(layer.bits()));
      cells.add(Long.toString(layer.bytes()));
      if (compared) {
        cells.add(layer.quantization().map(InspectCommand::error).orElse(""));
      }
      cells.add(layer.quantization().map(LayerQuantization::describe).orElseGet(layer::companions));
      table.row(cells.toArray(new String[0]));
    }
    return table;
  }

  private static String error(LayerQuantization layer) {
    return layer.error().isPresent()
        ? String.format(Locale.ROOT, "%.2g", layer.error().getAsDouble())
        : "";
  }

  private static void printSum(List<Inventory> components, Console console) {
    console.result(
        "total: "
            + Quantities.count(components.stream().mapToLong(Inventory::parameters).sum())
            + " parameters, "
            + Quantities.bytes(components.stream().mapToLong(Inventory::bytes).sum()));
  }

  private static String shortened(String value) {
    String line = value.replaceAll("\\s+", " ");
    return line.length() <= 100 ? line : line.substring(0, 97) + "...";
  }

  private ObjectNode toJson(List<Inventory> components) {
    ObjectNode root = Console.object();
    root.put("path", path.toString());
    ArrayNode list = root.putArray("components");
    for (Inventory component : components) {
      ObjectNode node = list.addObject();
      node.put("name", component.name());
      node.put("type", component.type());
      node.put("source", component.source());
      component.family().ifPresent(found -> node.set("family", toJson(found)));
      node.put("tensors", component.tensors());
      node.put("parameters", component.parameters());
      node.put("originalParameters", component.originalParameters());
      node.put("bytes", component.bytes());
      ObjectNode types = node.putObject("bytesByType");
      component.bytesByType().forEach((type, bytes) -> types.put(type, bytes));
      ObjectNode metadata = node.putObject("metadata");
      component.metadata().forEach(metadata::put);
      if (!summary) {
        ArrayNode layers = node.putArray("layers");
        component.layers().forEach(layer -> layers.add(toJson(layer)));
      }
    }
    root.put("parameters", components.stream().mapToLong(Inventory::parameters).sum());
    root.put("bytes", components.stream().mapToLong(Inventory::bytes).sum());
    return root;
  }

  private static ObjectNode toJson(FamilyFinding found) {
    ObjectNode node = Console.object();
    node.put("name", found.family());
    node.put("linearLayers", found.layers());
    node.put("quantizedByDefault", found.byDefault());
    ArrayNode missing = node.putArray("missing");
    found.missing().forEach(missing::add);
    found.problem().ifPresent(why -> node.put("problem", why));
    return node;
  }

  private static ObjectNode toJson(LayerEntry layer) {
    ObjectNode node = Console.object();
    node.put("name", layer.name());
    node.put("shape", layer.shapeText());
    node.put("type", layer.type());
    node.put("bits", layer.bits());
    node.put("quantized", layer.quantization().isPresent());
    node.put("weightSets", layer.quantization().map(q -> q.ranges().size()).orElse(0));
    layer.quantization().ifPresent(quantization -> put(quantization, node));
    node.put("bytes", layer.bytes());
    ArrayNode tensors = node.putArray("tensors");
    for (LayerEntry.Entry tensor : layer.tensors()) {
      ObjectNode entry = tensors.addObject();
      entry.put("name", tensor.name());
      entry.put("dtype", tensor.dtype());
      tensor.shape().forEach(entry.withArray("shape")::add);
      entry.put("bytes", tensor.bytes());
    }
    return node;
  }

  private static void put(LayerQuantization quantization, ObjectNode node) {
    quantization.error().ifPresent(error -> node.put("relativeError", error));
    if (quantization.rank() > 0) {
      node.put("lowRank", quantization.rank());
    }
    ArrayNode ranges = node.putArray("ranges");
    for (LayerQuantization.Range range : quantization.ranges()) {
      ObjectNode entry =
          ranges
              .addObject()
              .put("start", range.start())
              .put("end", range.end())
              .put("weightBits", range.weightBits())
              .put("activationBits", range.activationBits())
              .put("balanced", range.balanced());
      if (range.rotated() > 0) {
        entry.put("rotated", range.rotated());
      }
    }
  }
}
