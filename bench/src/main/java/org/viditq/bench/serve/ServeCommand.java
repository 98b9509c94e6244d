package org.viditq.bench.serve;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.viditq.bench.report.BenchReport;
import org.viditq.bench.report.ReportOptions;
import org.viditq.cli.console.Console;
import org.viditq.cli.console.Progress;
import org.viditq.cli.console.Quantities;
import org.viditq.cli.console.TextTable;
import org.viditq.cli.option.CommonOptions;
import org.viditq.core.error.BackendException;
import org.viditq.core.error.UsageException;
import org.viditq.serve.ViditqServer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code viditq bench serve}: the server with and without batches, under the same load. */
@Command(
    name = "serve",
    header = "Ask a server for pictures over loopback, with batching and without.",
    description = {
      "",
      "Starts two servers in this process, one that samples requests together and one that does"
          + " not, and sends each the same requests in turn. Times are those that clients see; with"
          + " --rate they begin when a request is due, whether or not a client was free.",
      ""
    },
    footer = {
      "",
      "Examples:",
      "  viditq bench serve --clients 64 --requests 500 --out serve.json",
      "  viditq bench serve --plan w8a8 --rate 20 --seconds 30"
    })
public final class ServeCommand implements Callable<Integer> {
  private static final int WARM_UP = 4;

  @Option(
      names = "--model",
      paramLabel = "DIR",
      description = "The pipeline that is served. Default: the bundled pixart-mini.")
  private Path model;

  @Option(
      names = "--plan",
      paramLabel = "P",
      description = "The plan that it is served with. Default: none, full precision.")
  private String plan;

  @Option(
      names = "--clients",
      paramLabel = "N",
      defaultValue = "16",
      description = "Clients, each with one request at a time. Default: ${DEFAULT-VALUE}.")
  private int clients;

  @Option(
      names = "--requests",
      paramLabel = "N",
      defaultValue = "100",
      description = "Requests of a turn. Default: ${DEFAULT-VALUE}.")
  private int requests;

  @Option(
      names = "--rate",
      paramLabel = "X",
      defaultValue = "0",
      description =
          "Requests per second; 0 where each client sends its next when it has an answer. Default:"
              + " ${DEFAULT-VALUE}.")
  private double rate;

  @Option(
      names = "--seconds",
      paramLabel = "S",
      defaultValue = "120",
      description = "After which a turn sends nothing more. Default: ${DEFAULT-VALUE}.")
  private double seconds;

  @Option(
      names = "--rounds",
      paramLabel = "N",
      defaultValue = "2",
      description = "Turns of each server. Default: ${DEFAULT-VALUE}.")
  private int rounds;

  @Option(
      names = "--steps",
      paramLabel = "N",
      defaultValue = "10",
      description = "Sampling steps of a picture. Default: ${DEFAULT-VALUE}.")
  private int steps;

  @Option(
      names = "--size",
      paramLabel = "WxH",
      defaultValue = "auto",
      description = "Size of a picture. Default: what the model was trained for.")
  private String size;

  @Option(
      names = "--batch",
      paramLabel = "N",
      defaultValue = "8",
      description =
          "Pictures that the first server samples together at most. Default: ${DEFAULT-VALUE}.")
  private int batch;

  @Mixin private ReportOptions output;
  @Mixin private CommonOptions common;
  @Spec private CommandSpec spec;

  /** A server that is measured. */
  private record Contender(String name, ViditqServer server, Answers answers) {}

  @Override
  public Integer call() {
    Console console = new Console(spec, common);
    check();
    BenchReport report = new BenchReport(spec, output);
    List<Contender> contenders = new ArrayList<>();
    try {
      contenders.add(contender("batches of " + batch, batch));
      contenders.add(contender("no batches", 1));
      measure(contenders, console);
    } catch (InterruptedException ended) {
      Thread.currentThread().interrupt();
      throw new BackendException("The measurement was interrupted.", ended);
    } finally {
      contenders.forEach(contender -> contender.server().close());
    }
    report(contenders, report, console);
    return contenders.stream().allMatch(each -> each.answers().errors() == 0) ? 0 : 1;
  }

  private void check() {
    requireRange("--clients", clients, 1, 1024);
    requireRange("--requests", requests, 1, 1_000_000);
    requireRange("--rounds", rounds, 1, 1024);
    requireRange("--rate", rate, 0, 1e6);
    requireRange("--seconds", seconds, 0.1, 1e6);
    requireRange("--batch", batch, 2, 1024);
  }

  private static void requireRange(String option, double value, double least, double largest) {
    if (!(value >= least && value <= largest)) {
      throw new UsageException(
          option + " is " + value + ", but must lie between " + least + " and " + largest + ".");
    }
  }

  private Contender contender(String name, int together) {
    Path served =
        model == null
            ? Path.of(System.getProperty("viditq.home", "")).resolve("samples/pixart-mini")
            : model;
    List<String> words =
        new ArrayList<>(
            List.of(
                "--model",
                "model=" + served,
                "--port",
                "0",
                "--batch",
                Integer.toString(together),
                "--queue",
                Integer.toString(Math.max(clients, 16)),
                "--max-connections",
                Integer.toString(clients + 16),
                "--quiet"));
    if (plan != null) {
      words.addAll(List.of("--plan", plan));
    }
    ViditqServer server = org.viditq.serve.ServeCommand.open(words.toArray(String[]::new));
    server.start();
    return new Contender(name, server, new Answers());
  }

  private String body(int seed) {
    return "{\"prompt\":\"a red ring on a gray background\",\"seed\":"
        + seed
        + ",\"steps\":"
        + steps
        + ",\"size\":\""
        + size
        + "\"}";
  }

  private void measure(List<Contender> contenders, Console console) throws InterruptedException {
    // Models are loaded, prompts encoded and code compiled.
    for (Contender contender : contenders) {
      Answers warm =
          new Load(WARM_UP, WARM_UP, 0, seconds).send(contender.server().address(), this::body);
      if (warm.errors() > 0) {
        ObjectNode node = Console.object();
        warm.putInto(node);
        throw new BackendException(
            "The server does not make such pictures; its answers were "
                + node.path("errors")
                + ".");
      }
    }
    Load load = new Load(clients, requests, rate, seconds);
    try (Progress progress = console.progress("Measuring", (long) rounds * contenders.size())) {
      for (int round = 0; round < rounds; round++) {
        for (Contender contender : contenders) {
          contender.answers().add(load.send(contender.server().address(), this::body));
          progress.step();
        }
      }
    }
  }

  private void report(List<Contender> contenders, BenchReport report, Console console) {
    ObjectNode root = report.root();
    root.put("clients", clients).put("requests", requests).put("rate", rate);
    root.put("rounds", rounds).put("steps", steps).put("size", size);
    root.put("plan", plan == null ? "full-precision" : plan);
    TextTable table =
        new TextTable("server", ">pictures", ">per second", ">p50", ">p95", ">p99", ">errors");
    ArrayNode servers = root.putArray("servers");
    for (Contender contender : contenders) {
      Answers answers = contender.answers();
      answers.putInto(servers.addObject().put("server", contender.name()));
      table.row(
          contender.name(),
          Integer.toString(answers.pictures()),
          String.format(Locale.ROOT, "%.2f", answers.throughput()),
          Quantities.seconds(answers.percentile(50)),
          Quantities.seconds(answers.percentile(95)),
          Quantities.seconds(answers.percentile(99)),
          Integer.toString(answers.errors()));
    }
    double ratio =
        contenders.get(0).answers().throughput() / contenders.get(1).answers().throughput();
    root.put("throughputRatio", BenchReport.rounded(ratio));
    table.lines().forEach(console::result);
    console.result("With batches: " + Quantities.times(ratio) + " the pictures per second.");
    report.finish(console);
  }
}
