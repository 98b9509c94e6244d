package org.viditq.cli.option;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

class ArgumentWordsTest {
  @Command(name = "test")
  private static final class Arguments {
    @Option(names = "--model")
    private Path model;

    @Option(names = "--plans", split = ",")
    private List<Path> plans;

    @Parameters(arity = "0..1", paramLabel = "FILE")
    private Path file;
  }

  private static Arguments parse(String... words) {
    Arguments arguments = new Arguments();
    CommandLine command = new CommandLine(arguments);
    ArgumentWords.use(command);
    command.parseArgs(words);
    return arguments;
  }

  @Test
  void pathsAreTakenAsTheyAre() {
    Arguments arguments = parse("--model", "a b/", "--plans", "x,y", " z");
    assertThat(arguments.model).isEqualTo(Path.of("a b"));
    assertThat(arguments.plans).containsExactly(Path.of("x"), Path.of("y"));
    assertThat(arguments.file).isEqualTo(Path.of(" z"));
  }

  /** What a variable that was not set leaves; Java takes it for the current folder. */
  @ParameterizedTest
  @CsvSource({"--model, ''", "--model, ' '", "--plans, ''", "--plans, 'a,,b'", "'', ''"})
  void whatNamesNothingIsRefused(String option, String value) {
    assertThatThrownBy(
            () -> {
              if (option.isEmpty()) {
                parse(value);
              } else {
                parse(option, value);
              }
            })
        .isInstanceOf(CommandLine.ParameterException.class)
        .hasMessageContaining(option.isEmpty() ? "FILE" : option)
        .hasMessageContaining("names no file or folder");
  }

  @Test
  void whatCannotBeAPathIsRefused() {
    assertThatThrownBy(() -> parse("--model", "a\0b"))
        .isInstanceOf(CommandLine.ParameterException.class)
        .hasMessageContainingAll("--model", "cannot be a file or folder")
        .hasMessageNotContaining("\0");
  }
}
