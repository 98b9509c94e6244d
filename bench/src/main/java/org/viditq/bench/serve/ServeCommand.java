package org.viditq.bench.serve;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import org.viditq.bench.report.BenchReport;
import org.viditq.bench.report.ReportOptions;
import org.viditq.cli.console.Console;
import org.viditq.cli.console.Progress;
import org.viditq.cli.console.Quantities;
import org.viditq.cli.console.TextTable;
import org.viditq.cli.option.CommonOptions;
import org.viditq.core.error.BackendException;
import org.viditq.core.error.Printable;
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
      "",
      "Every picture that was answered is compared with the one that the library makes alone."
          + " Memory is that of this process, as /metrics tells it. Ends with 1 if a picture was"
          + " wrong, a request lost or refused.",
      ""
    },
    footer = {
      "",
      "Examples:",
      "  viditq bench serve --clients 64 --requests 500 --out serve.json",
      "  viditq bench serve --sizes 64x64,96x64,64x96 --leaving 0.1",
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
      names = "--sizes",
      paramLabel = "WxH",
      split = ",",
      defaultValue = "auto",
      description =
          "Sizes of pictures, which take turns; auto is what the model was trained for. Default:"
              + " ${DEFAULT-VALUE}.")
  private List<String> sizes;

  @Option(
      names = "--leaving",
      paramLabel = "P",
      defaultValue = "0",
      description =
          "Part of the requests whose client goes away before it has an answer, 0 to 0.9. Default:"
              + " ${DEFAULT-VALUE}.")
  private double leaving;

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

  @Override
  public Integer call() {
    Console console = new Console(spec, common);
    check();
    BenchReport report = new BenchReport(spec, output);
    RequestMix mix = new RequestMix(sizes, steps, leaving);
    List<Contender> contenders = new ArrayList<>();
    MemoryFigures memory;
    try {
      contenders.add(contender("batches of " + batch, batch));
      contenders.add(contender("no batches", 1));
      memory = measure(contenders, mix, console);
    } catch (InterruptedException ended) {
      Thread.currentThread().interrupt();
      throw new BackendException("The measurement was interrupted.", ended);
    } finally {
      contenders.forEach(contender -> contender.server().close());
    }
    Map<Integer, String> alone = alone(contenders, mix, console);
    report(contenders, memory, alone, report, console);
    return contenders.stream()
            .map(Contender::answers)
            .allMatch(each -> each.errors() == 0 && each.lost() == 0 && each.wrong(alone) == 0)
        ? 0
        : 1;
  }

  private void check() {
    requireRange("--clients", clients, 1, 1024);
    requireRange("--requests", requests, 1, 1_000_000);
    requireRange("--rounds", rounds, 1, 1024);
    requireRange("--rate", rate, 0, 1e6);
    requireRange("--seconds", seconds, 0.1, 1e6);
    requireRange("--batch", batch, 2, 1024);
    requireRange("--leaving", leaving, 0, 0.9);
    for (String size : sizes) {
      if (!size.matches("auto|[1-9][0-9]{0,4}x[1-9][0-9]{0,4}")) {
        throw new UsageException(
            "--sizes has "
                + Printable.name(size)
                + ", which is no size; write WIDTHxHEIGHT in pixels, such as 512x512, or auto.");
      }
    }
  }

  private static void requireRange(String option, double value, double least, double largest) {
    if (!(value >= least && value <= largest)) {
      throw new UsageException(
          option + " is " + value + ", but must lie between " + least + " and " + largest + ".");
    }
  }

  private Path folder() {
    return model == null
        ? Path.of(System.getProperty("viditq.home", "")).resolve("samples/pixart-mini")
        : model;
  }

  private Contender contender(String name, int together) {
    List<String> words =
        new ArrayList<>(
            List.of(
                "--model",
                "model=" + folder(),
                "--port",
                "0",
                "--batch",
                Integer.toString(together),
                "--queue",
                Integer.toString(Math.max(2 * clients, 16)),
                "--max-connections",
                Integer.toString(2 * clients + 16),
                "--quiet"));
    if (plan != null) {
      words.addAll(List.of("--plan", plan));
    }
    ViditqServer server = org.viditq.serve.ServeCommand.open(words.toArray(String[]::new));
    server.start();
    return new Contender(name, server, new ArrayList<>());
  }

  private MemoryFigures measure(List<Contender> contenders, RequestMix mix, Console console)
      throws InterruptedException {
    // Models are loaded, prompts encoded and code compiled.
    for (Contender contender : contenders) {
      warmUp(contender, mix);
    }
    Load load = new Load(clients, requests, rate, seconds);
    Memory before = Memory.atRest(contenders.get(0)::scrape);
    Memory peak;
    try (Progress progress = console.progress("Measuring", (long) rounds * contenders.size());
        MemoryWatch watch = new MemoryWatch(contenders.get(0)::scrape)) {
      for (int round = 0; round < rounds; round++) {
        // Whoever is first in one round is last in the next.
        List<Contender> order = new ArrayList<>(contenders);
        if (round % 2 == 1) {
          Collections.reverse(order);
        }
        for (Contender contender : order) {
          Scrape begun = contender.scrape();
          Answers answers = load.send(contender.server().address(), mix);
          settle(contender, mix);
          contender
              .turns()
              .add(
                  new Contender.Turn(
                      answers,
                      ServerFigures.between(begun, contender.scrape()),
                      Memory.atRest(contender::scrape)));
          progress.step();
        }
      }
      peak = watch.peak();
    }
    return new MemoryFigures(before, peak, Memory.atRest(contenders.get(0)::scrape));
  }

  private void warmUp(Contender contender, RequestMix mix) throws InterruptedException {
    int count = Math.max(WARM_UP, mix.period());
    Answers warm =
        new Load(Math.min(clients, batch), count, 0, seconds)
            .send(contender.server().address(), new RequestMix(mix.sizes(), mix.steps(), 0));
    if (warm.errors() > 0) {
      throw new BackendException(
          "The server does not make such pictures; its answers were " + warm.errorsByKind() + ".");
    }
  }

  /** What clients have left behind is given up when one more request has been answered. */
  private void settle(Contender contender, RequestMix mix) throws InterruptedException {
    new Load(1, 1, 0, seconds)
        .send(contender.server().address(), new RequestMix(mix.sizes(), 1, 0));
  }

  /** The right pictures of all requests that were answered, by hash. */
  private Map<Integer, String> alone(List<Contender> contenders, RequestMix mix, Console console) {
    SortedSet<Integer> answered = new TreeSet<>();
    contenders.forEach(contender -> answered.addAll(contender.answers().answered()));
    Map<Integer, String> alone = new HashMap<>();
    try (PicturesAlone pictures = new PicturesAlone(folder(), Optional.ofNullable(plan));
        Progress progress = console.progress("Comparing", answered.size())) {
      for (int request : answered) {
        alone.put(request, pictures.hash(mix, request));
        progress.step();
      }
    }
    return alone;
  }

  private void report(
      List<Contender> contenders,
      MemoryFigures memory,
      Map<Integer, String> alone,
      BenchReport report,
      Console console) {
    ObjectNode root = report.root();
    root.put("clients", clients).put("requestsOfATurn", requests).put("rate", rate);
    root.put("rounds", rounds).put("steps", steps).put("leaving", leaving);
    ArrayNode allSizes = root.putArray("sizes");
    sizes.forEach(allSizes::add);
    root.put("plan", plan == null ? "full-precision" : plan);
    TextTable table =
        new TextTable(
            "server",
            ">pictures",
            ">wrong",
            ">lost",
            ">errors",
            ">per second",
            ">p50",
            ">p95",
            ">p99",
            ">mean batch");
    ArrayNode servers = root.putArray("servers");
    for (Contender contender : contenders) {
      Answers answers = contender.answers();
      ServerFigures figures = contender.figures();
      ObjectNode node = servers.addObject().put("server", contender.name());
      answers.putInto(node);
      node.put("wrongPictures", answers.wrong(alone));
      figures.putInto(node);
      ArrayNode turns = node.putArray("turns");
      for (Contender.Turn turn : contender.turns()) {
        ObjectNode one = turns.addObject();
        one.put("picturesPerSecond", BenchReport.rounded(turn.answers().throughput()));
        turn.afterwards().putInto(one);
      }
      table.row(
          contender.name(),
          Integer.toString(answers.pictures()),
          Integer.toString(answers.wrong(alone)),
          Integer.toString(answers.lost()),
          Integer.toString(answers.errors()),
          String.format(Locale.ROOT, "%.2f", answers.throughput()),
          Quantities.seconds(answers.percentile(50)),
          Quantities.seconds(answers.percentile(95)),
          Quantities.seconds(answers.percentile(99)),
          String.format(Locale.ROOT, "%.1f", figures.meanBatch()));
    }
    double ratio =
        contenders.get(0).answers().throughput() / contenders.get(1).answers().throughput();
    root.put("throughputRatio", BenchReport.rounded(ratio));
    memory.putInto(root.putObject("memory"));
    table.lines().forEach(console::result);
    console.result("With batches: " + Quantities.times(ratio) + " the pictures per second.");
    console.result(memory.describe());
    report.finish(console);
  }
}
