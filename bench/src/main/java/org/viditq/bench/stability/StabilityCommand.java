package org.viditq.bench.stability;

import com.fasterxml.jackson.databind.node.ArrayNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.IntConsumer;
import org.viditq.bench.report.BenchReport;
import org.viditq.bench.report.ReportOptions;
import org.viditq.cli.console.Console;
import org.viditq.cli.console.Progress;
import org.viditq.cli.console.TextTable;
import org.viditq.cli.option.CommonOptions;
import org.viditq.cli.option.Outputs;
import org.viditq.core.error.OutputException;
import org.viditq.core.error.UsageException;
import org.viditq.core.io.AtomicOutput;
import org.viditq.core.io.IoReason;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * {@code viditq bench stability}: a thousand generations and a thousand openings in one process.
 */
@Command(
    name = "stability",
    header = "See whether a process that works for long stays as small as it was.",
    description = {
      "",
      "Makes pictures and clips with the bundled models on the native backend, in full precision"
          + " and quantized in turn, and then opens and closes denoisers; samples resident memory,"
          + " native memory, the Java heap, threads and open files. Fails if one of them grows.",
      ""
    },
    footer = {
      "",
      "Examples:",
      "  viditq bench stability --out stability.json --plot stability.svg",
      "  viditq bench stability --generations 50 --cycles 50"
    })
public final class StabilityCommand implements Callable<Integer> {
  private static final int SAMPLES = 100;
  private static final int LEAST = 20;

  @Option(
      names = "--generations",
      paramLabel = "N",
      defaultValue = "1000",
      description = "Pictures and clips to make. Default: ${DEFAULT-VALUE}.")
  private int generations;

  @Option(
      names = "--cycles",
      paramLabel = "N",
      defaultValue = "1000",
      description = "Openings and closings of a denoiser. Default: ${DEFAULT-VALUE}.")
  private int cycles;

  @Option(
      names = "--threads",
      paramLabel = "N",
      defaultValue = "2",
      description = "Threads of the backend. Default: ${DEFAULT-VALUE}.")
  private int threads;

  @Option(names = "--plot", paramLabel = "FILE", description = "Draw the samples there as SVG.")
  private Path plot;

  @Mixin private ReportOptions output;
  @Mixin private CommonOptions common;
  @Spec private CommandSpec spec;

  @Override
  public Integer call() {
    Console console = new Console(spec, common);
    requireEnough("--generations", generations);
    requireEnough("--cycles", cycles);
    if (plot != null) {
      new Outputs(spec, output.force()).requireFile(plot);
      AtomicOutput.file(plot).close();
    }
    BenchReport report = new BenchReport(spec, output);
    report.root().put("threads", threads);
    List<StabilityRun> runs;
    try (SmallWork work = new SmallWork(threads)) {
      runs =
          List.of(
              run("generations", generations, work::generate, console),
              run("open and close", cycles, work::openAndClose, console));
    }
    boolean flat = true;
    TextTable table = new TextTable("", "quantity", ">after a quarter", ">growth", "");
    ArrayNode array = report.root().putArray("runs");
    for (StabilityRun run : runs) {
      flat &= run.isFlat();
      run.putInto(array.addObject());
      run.addTo(table);
    }
    report.root().put("flat", flat);
    table.lines().forEach(console::result);
    if (plot != null) {
      write(plot, StabilityPlot.svg(runs));
    }
    report.finish(console);
    return flat ? 0 : 1;
  }

  private static void requireEnough(String option, int rounds) {
    if (rounds < LEAST) {
      throw new UsageException(
          option + " is " + rounds + ", but nothing can be told from fewer than " + LEAST + ".");
    }
  }

  private static StabilityRun run(String name, int rounds, IntConsumer work, Console console) {
    List<ProcessState> samples = new ArrayList<>();
    int every = Math.max(1, rounds / SAMPLES);
    long start = System.nanoTime();
    try (Progress progress = console.progress("Running, " + name, rounds)) {
      for (int i = 1; i <= rounds; i++) {
        work.accept(i);
        progress.step();
        if (i % every == 0) {
          samples.add(ProcessState.now(i, (System.nanoTime() - start) * 1e-9));
        }
      }
    }
    return new StabilityRun(name, rounds, samples);
  }

  private static void write(Path file, String text) {
    try (AtomicOutput output = AtomicOutput.file(file)) {
      Files.writeString(output.path(), text);
      output.commit();
    } catch (IOException e) {
      throw new OutputException("Cannot write " + file + ": " + IoReason.of(e) + ".", e);
    }
  }
}
