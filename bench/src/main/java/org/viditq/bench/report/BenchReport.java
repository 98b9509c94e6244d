package org.viditq.bench.report;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.OffsetDateTime;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import org.viditq.cli.console.Console;
import org.viditq.cli.option.Outputs;
import org.viditq.cli.report.Machine;
import org.viditq.core.error.OutputException;
import org.viditq.core.error.UsageException;
import org.viditq.core.io.AtomicOutput;
import org.viditq.core.io.IoReason;
import org.viditq.cpp.InstructionSet;
import picocli.CommandLine.Model.CommandSpec;

/** The JSON of a benchmark: what was measured, when, where and how; then the figures. */
public final class BenchReport {
  private final Optional<Path> out;
  private final ObjectNode root = Console.object();

  /**
   * @param spec of the running command
   * @throws UsageException if the figures' file exists and may not be replaced, or is an input
   * @throws OutputException if it cannot be written, known before the work
   */
  public BenchReport(CommandSpec spec, MeasurementOptions options, int threads, int rounds) {
    this(spec, options.report());
    Optional.ofNullable(System.getenv(InstructionSet.VARIABLE))
        .ifPresent(isa -> root.put("instructionSet", isa));
    root.put("threads", threads);
    root.put("rounds", rounds);
  }

  /**
   * Of something else than times of contenders.
   *
   * @throws UsageException as above
   * @throws OutputException as above
   */
  public BenchReport(CommandSpec spec, ReportOptions options) {
    this.out = options.out();
    out.ifPresent(
        file -> {
          new Outputs(spec, options.force()).requireFile(file);
          AtomicOutput.file(file).close();
        });
    root.put("benchmark", spec.name());
    root.put("date", OffsetDateTime.now().truncatedTo(ChronoUnit.SECONDS).toString());
    root.put("machine", Machine.processor() + ", " + InstructionSet.supported());
    root.put("system", Machine.system());
    root.put("command", command(spec));
    Checkout.commit().ifPresent(commit -> root.put("commit", commit));
    Machine.allowedProcessors().ifPresent(list -> root.put("allowedProcessors", list));
    options.note().ifPresent(text -> root.put("note", text));
  }

  private static String command(CommandSpec spec) {
    List<String> arguments = spec.root().commandLine().getParseResult().originalArgs();
    return spec.root().name() + " " + String.join(" ", arguments);
  }

  /** The object that figures are put into. */
  public ObjectNode root() {
    return root;
  }

  /** Writes the file where one was asked for, and prints the JSON where that was. */
  public void finish(Console console) {
    out.ifPresent(this::write);
    console.result(root);
  }

  private void write(Path file) {
    try (AtomicOutput output = AtomicOutput.file(file)) {
      Files.writeString(output.path(), Console.toJson(root) + "\n");
      output.commit();
    } catch (IOException e) {
      throw new OutputException("Cannot write " + file + ": " + IoReason.of(e) + ".", e);
    }
  }

  /** Four decimals, enough for times in milliseconds and ratios. */
  public static double rounded(double value) {
    return Math.round(value * 1e4) / 1e4;
  }
}
