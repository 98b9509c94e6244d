package org.viditq.cli.workers;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.viditq.cli.console.Console;
import org.viditq.cli.console.Progress;
import org.viditq.core.error.OutputException;
import org.viditq.core.error.UsageException;
import org.viditq.core.io.IoReason;
import org.viditq.core.resume.PartialResults;
import org.viditq.core.resume.Units;
import org.viditq.core.workers.ClusterJob;
import org.viditq.core.workers.WorkerCommand;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;

/** Who computes the units of a command's work: this process, several here, or a cluster. */
public final class WorkerOptions {
  private static final int MOST = 256;

  /** By its name, as it knows all commands and no command knows it. */
  private static final String PROGRAM = "org.viditq.cli.Main";

  @Option(
      names = "--workers",
      paramLabel = "N",
      defaultValue = "1",
      description =
          "Compute in N processes of this machine, which share the threads; each has the model in"
              + " memory. The result is the same. Default: ${DEFAULT-VALUE}.")
  private int workers;

  @Option(
      names = "--spark",
      paramLabel = "MASTER",
      description =
          "Compute on an Apache Spark cluster instead: spark://HOST:PORT, yarn, local[N], ... (see"
              + " docs/scale.md). The result is the same.")
  private String master;

  @Option(
      names = "--spark-conf",
      paramLabel = "KEY=VALUE",
      description = "With --spark, a setting of Spark; repeat it for several.")
  private Map<String, String> settings = new LinkedHashMap<>();

  private int round;

  /** Whether other processes compute, or this is one of them. */
  public boolean given() {
    return workers > 1 || master != null || UnitServer.isWorker();
  }

  /**
   * Checks what was asked for before any work is done.
   *
   * @throws UsageException if it cannot be
   */
  public void check() {
    if (workers < 1 || workers > MOST) {
      throw new UsageException(
          "--workers is " + workers + ", but must lie between 1 and " + MOST + ".");
    }
    if (workers > 1 && master != null) {
      throw new UsageException("Give --workers or --spark, not both.");
    }
    for (String key : settings.keySet()) {
      if (!key.startsWith("spark.")) {
        throw new UsageException(
            "--spark-conf has " + key + ", but settings of Spark begin with 'spark.'.");
      }
    }
    if (!settings.isEmpty() && master == null) {
      throw new UsageException("--spark-conf goes with --spark.");
    }
    if (master != null && !UnitServer.isWorker()) {
      SparkWorkers.require();
    }
  }

  /**
   * Has the missing units of a list computed by other processes, if that was asked for. A command
   * calls this once per list, in the same order in every process.
   *
   * @param kept where results are found then
   * @param threads of all workers together; on a cluster, Spark tells how many cores a unit has
   * @return false if this process is a worker that has computed what it was told; then nothing is
   *     left to do
   * @throws org.viditq.core.error.ViditqException if a unit cannot be computed
   */
  public boolean compute(
      Units units,
      PartialResults kept,
      int threads,
      String task,
      CommandSpec spec,
      Console console) {
    round++;
    if (UnitServer.isWorker()) {
      // Lists that come before are complete; what they gave is found in the folder.
      if (round == UnitServer.round()) {
        UnitServer.serve(units, kept);
        return false;
      }
      return true;
    }
    List<Integer> missing = given() ? units.missing(kept) : List.of();
    if (missing.isEmpty()) {
      return true;
    }
    Path folder = folder(kept);
    WorkerCommand command = command(spec);
    try (Progress progress = console.progress(task, missing.size())) {
      if (master != null) {
        new SparkWorkers(
                new ClusterJob(master, folder.toString(), units.fingerprint(), command),
                settings,
                console.debug())
            .compute(missing, progress::step);
      } else {
        new LocalWorkers(
                command,
                folder,
                workers,
                Math.max(1, threads / workers),
                units.fingerprint(),
                progress::step)
            .compute(missing);
      }
    }
    return true;
  }

  private static Path folder(PartialResults kept) {
    Path folder = kept.folder().orElseThrow();
    try {
      return Files.createDirectories(folder);
    } catch (IOException unwritable) {
      throw new OutputException(
          "Cannot write "
              + folder
              + ", where workers keep results: "
              + IoReason.of(unwritable)
              + ".",
          unwritable);
    }
  }

  private WorkerCommand command(CommandSpec spec) {
    List<String> java = new ArrayList<>(ManagementFactory.getRuntimeMXBean().getInputArguments());
    java.removeIf(option -> option.startsWith("-agentlib:") || option.startsWith("-javaagent:"));
    java.add("-D" + WorkerCommand.ROUND + "=" + round);
    java.add("-Dviditq.terminal=false");
    java.add("-Dviditq.progress.seconds=1000000");
    List<String> program = new ArrayList<>(List.of(PROGRAM));
    program.addAll(spec.root().commandLine().getParseResult().originalArgs());
    return new WorkerCommand(
        java, System.getProperty("user.dir"), System.getProperty("java.class.path"), program);
  }
}
