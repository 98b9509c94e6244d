package org.viditq.cli;

import org.viditq.cli.allocate.AllocateCommand;
import org.viditq.cli.build.BuildCommand;
import org.viditq.cli.bundle.BundleCommand;
import org.viditq.cli.console.Version;
import org.viditq.cli.convert.ConvertCommand;
import org.viditq.cli.demo.DemoCommand;
import org.viditq.cli.evaluate.EvaluateCommand;
import org.viditq.cli.export.ExportCommand;
import org.viditq.cli.generate.GenerateCommand;
import org.viditq.cli.inspect.InspectCommand;
import org.viditq.cli.quantize.CalibrateCommand;
import org.viditq.cli.quantize.QuantizeCommand;
import org.viditq.cli.sensitivity.SensitivityCommand;
import org.viditq.cli.verify.VerifyCommand;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The root command; alone it only shows help. */
@Command(
    name = "viditq",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    header = "Quantize diffusion transformers with ViDiT-Q and run them on the JVM.",
    synopsisSubcommandLabel = "COMMAND",
    commandListHeading = "%nCommands:%n",
    footer = {
      "",
      "'viditq COMMAND --help' explains a command with examples.",
      "A good start, without any argument: viditq demo",
      "",
      "Exit code: 0 done, 2 wrong usage, 1 failed; 129, 130, 143 ended by a signal.",
      "Environment: VIDITQ_JAVA_OPTS holds options for the Java virtual machine, such as -Xmx8g."
    },
    subcommands = {
      DemoCommand.class,
      GenerateCommand.class,
      CalibrateCommand.class,
      QuantizeCommand.class,
      SensitivityCommand.class,
      AllocateCommand.class,
      EvaluateCommand.class,
      VerifyCommand.class,
      InspectCommand.class,
      ConvertCommand.class,
      ExportCommand.class,
      BuildCommand.class,
      BundleCommand.class
    })
final class ViditqCommand implements Runnable {
  @Spec private CommandSpec spec;

  @Override
  public void run() {
    throw new ParameterException(
        spec.commandLine(),
        "A command is missing: " + String.join(", ", spec.subcommands().keySet()));
  }
}
