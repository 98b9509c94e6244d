package org.viditq.bench;

import org.viditq.bench.gemm.GemmCommand;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Comparisons with other libraries; a main class of its own, so that users need not carry them. */
@Command(
    name = "bench",
    mixinStandardHelpOptions = true,
    description = "Measures side by side with other libraries.",
    subcommands = GemmCommand.class)
public final class BenchCommand implements Runnable {
  @Spec private CommandSpec spec;

  public static void main(String[] args) {
    System.exit(new CommandLine(new BenchCommand()).execute(args));
  }

  @Override
  public void run() {
    throw new ParameterException(
        spec.commandLine(),
        "A benchmark is missing: " + String.join(", ", spec.subcommands().keySet()));
  }
}
