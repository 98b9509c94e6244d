package org.viditq.cli.verify;

import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.viditq.cli.console.Console;
import org.viditq.cli.console.Progress;
import org.viditq.cli.option.BackendOptions;
import org.viditq.cli.option.CommonOptions;
import org.viditq.core.error.UsageException;
import org.viditq.core.operators.Backend;
import org.viditq.verify.FixtureFolder;
import org.viditq.verify.Verifier;
import org.viditq.verify.VerifyReport;
import org.viditq.verify.runner.CaseRunners;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code viditq verify}: holds a backend to the golden fixtures. */
@Command(
    name = "verify",
    header = "Hold a backend to golden numbers of the published code, case by case.",
    description = {
      "",
      "Succeeds only if every case passes. A case whose operator is not implemented is listed as"
          + " missing, and fails the run unless --allow-missing.",
      ""
    },
    footer = {
      "",
      "Examples:",
      "  viditq verify tests/fixtures --backend reference",
      "  viditq verify tests/fixtures/linear.quantized__w8a8_dynamic_64x96_bias.safetensors",
      "  viditq verify tests/fixtures --backend native --json"
    })
public final class VerifyCommand implements Callable<Integer> {
  @Parameters(paramLabel = "DIR", description = "A folder of fixtures, or one fixture file.")
  private Path folder;

  @Mixin private BackendOptions backend;

  @Option(
      names = "--allow-missing",
      description = "Succeed although some cases have no implementation.")
  private boolean allowMissing;

  @Option(
      names = "--model",
      paramLabel = "DIR",
      description = "Pipeline folder that the pipeline cases run (default: the bundled sample).")
  private Path model;

  @Mixin private CommonOptions common;
  @Spec private CommandSpec spec;

  /**
   * @return 0 if every case passed (or is missing, where allowed), otherwise 1
   * @throws UsageException if the backend has no operators of its own
   */
  @Override
  public Integer call() {
    Console console = new Console(spec, common);
    requireOperators(backend.find());
    int cases = FixtureFolder.cases(folder).size();
    Path pipeline = model == null ? SampleModel.folder() : model;
    Verifier verifier =
        new Verifier(backend.find(), backend.threads(), CaseRunners.standard(pipeline));
    VerifyReport report;
    try (Progress progress = console.progress("Verify", cases)) {
      report =
          verifier.verify(
              folder,
              result -> {
                progress.label(result.op());
                progress.step();
              });
    }
    console.result(VerifyJson.of(report));
    VerifyTable.lines(report).forEach(console::result);
    return report.successful(allowMissing) ? 0 : 1;
  }

  /** What would be held to the numbers otherwise is the alternative. */
  private static void requireOperators(Backend backend) {
    if (!backend.computesAtOnce()) {
      throw new UsageException(
          "Backend "
              + backend.name()
              + " runs whole networks and has no operators that could be held to the fixtures one by"
              + " one; choose another.");
    }
  }
}
