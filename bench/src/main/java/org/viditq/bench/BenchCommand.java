package org.viditq.bench;

import org.viditq.bench.engine.EngineCommand;
import org.viditq.bench.export.ExportCommand;
import org.viditq.bench.fuzz.FuzzCommand;
import org.viditq.bench.gemm.AttentionCommand;
import org.viditq.bench.gemm.GemmCommand;
import org.viditq.bench.memory.MemoryCommand;
import org.viditq.bench.pipeline.PipelineCommand;
import org.viditq.bench.quantize.QuantizeCommand;
import org.viditq.bench.serve.ServeCommand;
import org.viditq.bench.stability.StabilityCommand;
import org.viditq.cli.bench.Benchmarks;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code viditq bench}; alone it only shows help. */
@Command(
    name = "bench",
    header = Benchmarks.HEADER,
    synopsisSubcommandLabel = "COMMAND",
    commandListHeading = "%nCommands:%n",
    subcommands = {
      GemmCommand.class,
      AttentionCommand.class,
      PipelineCommand.class,
      MemoryCommand.class,
      ExportCommand.class,
      QuantizeCommand.class,
      EngineCommand.class,
      StabilityCommand.class,
      ServeCommand.class,
      FuzzCommand.class
    })
public final class BenchCommand implements Benchmarks, Runnable {
  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Show this help.")
  private boolean help;

  @Spec private CommandSpec spec;

  @Override
  public void run() {
    throw new ParameterException(
        spec.commandLine(),
        "A benchmark is missing: " + String.join(", ", spec.subcommands().keySet()));
  }
}
