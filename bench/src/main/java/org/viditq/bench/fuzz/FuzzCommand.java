package org.viditq.bench.fuzz;

import com.fasterxml.jackson.databind.node.ArrayNode;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.viditq.bench.report.BenchReport;
import org.viditq.cli.console.Console;
import org.viditq.cli.console.Progress;
import org.viditq.cli.console.Quantities;
import org.viditq.cli.console.TextTable;
import org.viditq.cli.option.CommonOptions;
import org.viditq.core.error.OutputException;
import org.viditq.core.error.UsageException;
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
      "  bench/fuzz/run --inputs 1000000 --out fuzz.json"
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
          "Folder for corpora, logs and inputs of findings; a later run goes on from its corpora."
              + " Default: ${DEFAULT-VALUE}.")
  private Path work;

  @Option(
      names = "--note",
      paramLabel = "TEXT",
      description = "Goes into the JSON: what else the machine was doing.")
  private String note;

  @Option(names = "--out", paramLabel = "FILE", description = "Write the figures there as JSON.")
  private Path out;

  @Mixin private CommonOptions common;
  @Spec private CommandSpec spec;

  @Override
  public Integer call() {
    Console console = new Console(spec, common);
    if (inputs < 1) {
      throw new UsageException("--inputs is " + inputs + ", but must be at least 1.");
    }
    List<FuzzTarget> targets =
        readers == null
            ? List.of(FuzzTarget.values())
            : readers.stream().map(FuzzTarget::named).toList();
    BenchReport report = new BenchReport(spec, Optional.ofNullable(out), Optional.ofNullable(note));
    report.root().put("jvmOptions", String.join(" ", JazzerRun.JVM_OPTIONS));
    ArrayNode array = report.root().putArray("readers");
    TextTable table =
        new TextTable("reader", ">inputs", ">seconds", ">edges", ">corpus", ">memory", "finding");
    int findings = 0;
    try (Progress progress = console.progress("Fuzzing", targets.size())) {
      for (FuzzTarget target : targets) {
        progress.label(target.toString());
        JazzerRun run = run(target);
        run.putInto(array.addObject());
        findings += run.finding().isPresent() ? 1 : 0;
        table.row(
            target.toString(),
            Long.toString(run.inputs()),
            Quantities.seconds(run.seconds()),
            Long.toString(run.coverage()),
            Long.toString(run.corpus()),
            run.residentMebibytes() + " MiB",
            run.finding()
                .map(what -> what + run.artifact().map(a -> " " + a).orElse(""))
                .orElse("none"));
        progress.step();
      }
    }
    report.root().put("findings", findings);
    table.lines().forEach(console::result);
    report.finish(console);
    return findings == 0 ? 0 : 1;
  }

  private JazzerRun run(FuzzTarget target) {
    Path checkout = Path.of(System.getProperty("viditq.home", ""));
    try {
      Path folder = work.toAbsolutePath().resolve(target.toString());
      Path corpus = Files.createDirectories(folder.resolve("corpus"));
      int number = 0;
      for (byte[] valid : target.seeds(checkout)) {
        Files.write(corpus.resolve("valid-" + number++), valid);
      }
      return JazzerRun.of(
          target,
          System.getProperty("java.class.path") + File.pathSeparator + jazzer,
          inputs,
          seed,
          corpus,
          folder,
          folder.resolve("log"));
    } catch (IOException e) {
      throw new OutputException("Cannot fuzz " + target + ": " + IoReason.of(e) + ".", e);
    }
  }
}
