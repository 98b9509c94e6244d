package org.viditq.bench.fuzz;

import com.fasterxml.jackson.databind.node.ArrayNode;
import java.io.File;
import java.io.IOException;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletionService;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorCompletionService;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.viditq.bench.report.BenchReport;
import org.viditq.bench.report.ReportOptions;
import org.viditq.cli.console.Console;
import org.viditq.cli.console.Progress;
import org.viditq.cli.console.Quantities;
import org.viditq.cli.console.TextTable;
import org.viditq.cli.option.CommonOptions;
import org.viditq.core.error.OutputException;
import org.viditq.core.error.UsageException;
import org.viditq.core.error.ViditqException;
import org.viditq.core.io.IoReason;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code viditq bench fuzz}: readers of files against Jazzer, each in a process of its own. */
@Command(
    name = "fuzz",
    header = "Feed every reader of files a million damaged ones, guided by coverage.",
    description = {
      "",
      "Runs Jazzer, which bench/fuzz/run fetches, on one reader after the other, from valid files"
          + " on. A reader may refuse an input in one sentence; anything else that it throws, the"
          + " end of its 256 MB of heap and the end of the process are findings, which make the"
          + " command fail and whose input is kept.",
      ""
    },
    footer = {
      "",
      "Examples:",
      "  bench/fuzz/run",
      "  bench/fuzz/run --readers safetensors,plan --inputs 20000000 --seed 7",
      "  bench/fuzz/run --jobs 2 --minutes 60 --out fuzz.json"
    })
public final class FuzzCommand implements Callable<Integer> {
  @Option(
      names = "--jazzer",
      paramLabel = "JARS",
      required = true,
      description = "Class path of Jazzer; bench/fuzz/run gives it.")
  private String jazzer;

  @Option(
      names = "--readers",
      paramLabel = "R",
      split = ",",
      description = "Which readers. Default: all.")
  private List<String> readers;

  @Option(
      names = "--inputs",
      paramLabel = "N",
      defaultValue = "1000000",
      description = "Inputs per reader. Default: ${DEFAULT-VALUE}.")
  private long inputs;

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "1",
      description = "Seed of the mutations. Default: ${DEFAULT-VALUE}.")
  private long seed;

  @Option(
      names = "--work",
      paramLabel = "DIR",
      defaultValue = "fuzz-work",
      description =
          "Folder for corpora, logs and inputs of findings; a run that ended early goes on from"
              + " there. Default: ${DEFAULT-VALUE}.")
  private Path work;

  @Option(
      names = "--jobs",
      paramLabel = "N",
      defaultValue = "1",
      description = "Readers at a time; each takes a core. Default: ${DEFAULT-VALUE}.")
  private int jobs;

  @Option(
      names = "--minutes",
      paramLabel = "N",
      description =
          "End after so long, finished or not; the same command goes on from there. Default: no"
              + " limit.")
  private Integer minutes;

  @Mixin private ReportOptions output;
  @Mixin private CommonOptions common;
  @Spec private CommandSpec spec;

  @Override
  public Integer call() {
    Console console = new Console(spec, common);
    requirePositive("--inputs", inputs);
    requirePositive("--jobs", jobs);
    if (minutes != null) {
      requirePositive("--minutes", minutes);
    }
    List<FuzzTarget> targets =
        readers == null
            ? List.of(FuzzTarget.values())
            : readers.stream().map(FuzzTarget::named).toList();
    BenchReport report = new BenchReport(spec, output);
    report.root().put("jvmOptions", String.join(" ", JazzerProcess.JVM_OPTIONS));
    List<JazzerRun> runs = runAll(targets, console);
    ArrayNode array = report.root().putArray("readers");
    TextTable table =
        new TextTable("reader", ">inputs", ">seconds", ">edges", ">corpus", ">memory", "finding");
    for (JazzerRun run : runs) {
      run.putInto(array.addObject());
      table.row(
          run.target().toString(),
          Long.toString(run.inputs()),
          Quantities.seconds(run.seconds()),
          Long.toString(run.coverage()),
          Long.toString(run.corpus()),
          run.residentMebibytes() + " MiB",
          run.finding()
              .map(what -> what + run.artifact().map(a -> " " + a).orElse(""))
              .orElse("none"));
    }
    long findings = runs.stream().filter(run -> run.finding().isPresent()).count();
    report.root().put("findings", findings);
    table.lines().forEach(console::result);
    report.finish(console);
    long unfinished =
        runs.stream().filter(run -> run.finding().isEmpty() && run.inputs() < inputs).count();
    if (unfinished > 0) {
      console.note(
          Quantities.of((int) unfinished, "reader")
              + " had fewer than "
              + inputs
              + " inputs; the same command goes on.");
    }
    return findings == 0 ? 0 : 1;
  }

  private static void requirePositive(String option, long value) {
    if (value < 1) {
      throw new UsageException(option + " is " + value + ", but must be at least 1.");
    }
  }

  /** The runs of all readers, in their order. */
  private List<JazzerRun> runAll(List<FuzzTarget> targets, Console console) {
    long end = System.nanoTime() + TimeUnit.MINUTES.toNanos(minutes == null ? 0 : minutes);
    ExecutorService pool = Executors.newFixedThreadPool(Math.min(jobs, targets.size()));
    try (Progress progress = console.progress("Fuzzing", targets.size())) {
      Map<FuzzTarget, JazzerRun> runs = new EnumMap<>(FuzzTarget.class);
      CompletionService<JazzerRun> finished = new ExecutorCompletionService<>(pool);
      targets.forEach(target -> finished.submit(() -> run(target, end)));
      for (int i = 0; i < targets.size(); i++) {
        JazzerRun run = finished.take().get();
        runs.put(run.target(), run);
        progress.label(run.target().toString());
        progress.step();
      }
      return targets.stream().map(runs::get).toList();
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw new OutputException("Fuzzing was interrupted.", interrupted);
    } catch (ExecutionException failed) {
      if (failed.getCause() instanceof ViditqException told) {
        throw told;
      }
      throw new IllegalStateException(failed.getCause());
    } finally {
      pool.shutdownNow();
    }
  }

  private JazzerRun run(FuzzTarget target, long end) {
    ReaderFolder folder =
        new ReaderFolder(target, work.toAbsolutePath().resolve(target.toString()));
    try {
      folder.prepare(Path.of(System.getProperty("viditq.home", "")));
      JazzerRun reached = folder.reached();
      OptionalLong seconds =
          minutes == null
              ? OptionalLong.empty()
              : OptionalLong.of(TimeUnit.NANOSECONDS.toSeconds(end - System.nanoTime()));
      if (reached.inputs() >= inputs || seconds.isPresent() && seconds.getAsLong() < 1) {
        return reached;
      }
      JazzerRun all =
          reached.then(
              JazzerProcess.run(
                  target,
                  System.getProperty("java.class.path") + File.pathSeparator + jazzer,
                  inputs - reached.inputs(),
                  // Not the same changes again.
                  seed + reached.inputs() & Integer.MAX_VALUE,
                  seconds,
                  folder.path(),
                  run -> save(folder, reached.then(run))));
      save(folder, all);
      return all;
    } catch (IOException e) {
      throw new OutputException("Cannot fuzz " + target + ": " + IoReason.of(e) + ".", e);
    }
  }

  private static void save(ReaderFolder folder, JazzerRun run) {
    try {
      folder.save(run);
    } catch (IOException e) {
      throw new OutputException(
          "Cannot write into " + folder.path() + ": " + IoReason.of(e) + ".", e);
    }
  }
}
