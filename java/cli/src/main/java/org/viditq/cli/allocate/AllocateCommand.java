package org.viditq.cli.allocate;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.viditq.cli.console.Console;
import org.viditq.cli.console.Quantities;
import org.viditq.cli.console.TextTable;
import org.viditq.cli.option.CommonOptions;
import org.viditq.cli.option.ForceOption;
import org.viditq.cli.option.Outputs;
import org.viditq.core.error.OutputException;
import org.viditq.core.error.UsageException;
import org.viditq.core.io.AtomicOutput;
import org.viditq.core.io.IoReason;
import org.viditq.quantize.allocate.AllocatedPlan;
import org.viditq.quantize.allocate.Allocation;
import org.viditq.quantize.allocate.Allocator;
import org.viditq.quantize.allocate.Budget;
import org.viditq.quantize.allocate.CostModel;
import org.viditq.quantize.sensitivity.SensitivityFile;
import org.viditq.quantize.sensitivity.SensitivityTable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code viditq allocate}: chooses bit widths under a budget. */
@Command(
    name = "allocate",
    header = "Choose bit widths per layer and timestep range under a budget.",
    description = {
      "",
      "Writes a plan with a mixed-precision map. The budget is split over the groups of layers that"
          + " share a metric as the mean squared error would have it; within its group each layer is"
          + " ranked by that metric. Exact by integer programming where the problem is small, greedy"
          + " where it is large; the table tells how far from the best a choice may be.",
      ""
    },
    footer = {
      "",
      "Examples:",
      "  viditq allocate --sensitivity sensitivity.json --budget-bits 6 --out plan.yaml",
      "  viditq evaluate --model samples/pixart-mini --plan plan.yaml --prompt 'a red ring'"
    })
public final class AllocateCommand implements Callable<Integer> {
  @Option(
      names = "--sensitivity",
      paramLabel = "FILE",
      required = true,
      description = "What 'viditq sensitivity' has written.")
  private Path sensitivity;

  @Option(
      names = "--budget-bits",
      paramLabel = "X",
      description = "Bits per weight, averaged over the quantized layers' weights and timesteps.")
  private Double budgetBits;

  @Option(
      names = "--budget-bytes",
      paramLabel = "N",
      description =
          "Bytes of the quantized layers; a layer whose width differs between ranges takes a set of"
              + " codes for each.")
  private Long budgetBytes;

  @Option(
      names = "--budget-seconds",
      paramLabel = "S",
      description =
          "Seconds of the quantized layers in one evaluation of the denoiser, by the costs of"
              + " --cost; mean over timesteps.")
  private Double budgetSeconds;

  @Option(
      names = "--cost",
      paramLabel = "FILE",
      description =
          "With --budget-seconds, what 'viditq bench gemm --out FILE' measured, at as many rows as"
              + " the model has tokens.")
  private Path cost;

  @Option(
      names = "--by",
      paramLabel = "R",
      defaultValue = "decoupled",
      description =
          "decoupled: layers by the metric of their type; mse: all by the mean squared error, for"
              + " comparison. Default: ${DEFAULT-VALUE}.")
  private Allocator.Ranking ranking;

  @Option(names = "--greedy", description = "Leave out the exact search.")
  private boolean greedy;

  @Option(names = "--out", paramLabel = "FILE", required = true, description = "The plan, .yaml.")
  private Path out;

  @Option(
      names = "--map",
      paramLabel = "FILE",
      description =
          "Write the mixed-precision map by itself too, by the names of the published code, which"
              + " reads it.")
  private Path map;

  @Mixin private ForceOption force;
  @Mixin private CommonOptions common;
  @Spec private CommandSpec spec;

  @Override
  public Integer call() {
    Console console = new Console(spec, common);
    Budget budget = budget();
    Outputs outputs = new Outputs(spec, force.given());
    outputs.requireFile(out);
    if (map != null) {
      outputs.requireFile(map);
    }
    SensitivityTable table = SensitivityFile.read(sensitivity);
    Allocation allocation = new Allocator(table, budget, greedy).allocate(ranking);
    write(out, AllocatedPlan.yaml(allocation, name(), description(allocation)));
    if (map != null) {
      write(map, AllocatedPlan.publishedMap(allocation));
    }
    report(allocation, budget, console);
    return 0;
  }

  private Budget budget() {
    if (Stream.of(budgetBits, budgetBytes, budgetSeconds).filter(Objects::nonNull).count() != 1) {
      throw new UsageException("Give one of --budget-bits, --budget-bytes and --budget-seconds.");
    }
    if ((budgetSeconds == null) != (cost == null)) {
      throw new UsageException("--budget-seconds and --cost go together.");
    }
    if (budgetSeconds != null) {
      return Budget.ofSeconds(budgetSeconds, CostModel.read(cost));
    }
    return budgetBits != null ? Budget.ofAverageBits(budgetBits) : Budget.ofBytes(budgetBytes);
  }

  private static void write(Path file, String text) {
    try (AtomicOutput output = AtomicOutput.file(file)) {
      Files.writeString(output.path(), text);
      output.commit();
    } catch (IOException e) {
      throw new OutputException("Cannot write " + file + ": " + IoReason.of(e) + ".", e);
    }
  }

  private String name() {
    String file = String.valueOf(out.getFileName());
    int dot = file.lastIndexOf('.');
    return dot > 0 ? file.substring(0, dot) : file;
  }

  private String description(Allocation allocation) {
    return String.format(
        Locale.ROOT,
        "%.3f bits per weight, %s.",
        allocation.averageBits(),
        ranking == Allocator.Ranking.MSE
            ? "allocated by the mean squared error"
            : "allocated by the metric of each type of layer");
  }

  private void report(Allocation allocation, Budget budget, Console console) {
    SensitivityTable table = allocation.table();
    Map<Integer, Long> weights = new TreeMap<>();
    for (int unit = 0; unit < allocation.widths().length; unit++) {
      for (int bits : allocation.widths()[unit]) {
        weights.merge(bits, table.units().get(unit).weights(), Long::sum);
      }
    }
    long all = weights.values().stream().mapToLong(w -> w).sum();
    TextTable lines =
        new TextTable("ranked by", ">of its budget", ">damage", ">greedy", ">at best", "search");
    for (Allocation.Group group : allocation.groups()) {
      lines.row(
          group.metric(),
          String.format(Locale.ROOT, "%.2f %%", 100.0 * group.used() / Math.max(1, group.budget())),
          damage(group.damage()),
          damage(group.greedyDamage()),
          damage(group.bound()),
          group.exact() ? "exact" : "greedy");
    }
    lines.lines().forEach(console::result);
    console.result("");
    StringBuilder shares = new StringBuilder();
    weights.forEach(
        (bits, count) ->
            shares
                .append(shares.isEmpty() ? "" : ", ")
                .append(String.format(Locale.ROOT, "%d bits %.1f %%", bits, 100.0 * count / all)));
    console.result(
        String.format(Locale.ROOT, "%.3f", allocation.averageBits())
            + " bits per weight, "
            + Quantities.bytes(allocation.bytes())
            + " of quantized layers; "
            + shares);
    budget
        .costs()
        .ifPresent(
            costs ->
                console.result(
                    String.format(
                        Locale.ROOT,
                        "%.4g seconds of quantized layers per evaluation at %d rows, by the costs"
                            + " of %s",
                        costs.seconds(allocation),
                        costs.rows(),
                        cost)));
    console.result("Plan: " + out);
    ObjectNode root = json(allocation, weights);
    budget.costs().ifPresent(costs -> root.put("seconds", costs.seconds(allocation)));
    console.result(root);
  }

  /** As a share of what the narrowest width of all would do. */
  private static String damage(double share) {
    return String.format(Locale.ROOT, "%.2f %%", 100 * share);
  }

  private ObjectNode json(Allocation allocation, Map<Integer, Long> weights) {
    ObjectNode root = Console.object();
    root.put("plan", out.toString());
    root.put("by", ranking.name().toLowerCase(Locale.ROOT));
    root.put("averageBits", allocation.averageBits());
    root.put("bytes", allocation.bytes());
    ObjectNode shares = root.putObject("weights");
    weights.forEach((bits, count) -> shares.put(Integer.toString(bits), count));
    ArrayNode groups = root.putArray("groups");
    for (Allocation.Group group : allocation.groups()) {
      ObjectNode node = groups.addObject();
      node.put("metric", group.metric());
      node.put("budget", group.budget());
      node.put("used", group.used());
      node.put("damage", group.damage());
      node.put("greedyDamage", group.greedyDamage());
      node.put("bound", group.bound());
      node.put("exact", group.exact());
    }
    return root;
  }
}
