package org.viditq.cli.option;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.viditq.core.checkpoint.Checkpoint;
import org.viditq.core.checkpoint.Checkpoints;
import org.viditq.core.error.UsageException;
import org.viditq.core.random.TorchGenerator;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

class SeedTest {
  /** 32 normal numbers of torch per seed; its metadata says what made it. */
  private static final Path GOLDEN =
      Path.of("src/test/resources/org/viditq/cli/option/torch-seeds.safetensors");

  /** A command with the options that are tested. */
  @Command
  static final class Options implements Runnable {
    @Mixin private SeedOptions seeds;

    @Option(names = "--steps")
    private Integer steps;

    @Option(names = "--guidance")
    private double guidance;

    @Override
    public void run() {}
  }

  private static SeedOptions parse(String... arguments) {
    Options options = new Options();
    CommandLine command = new CommandLine(options);
    ArgumentWords.use(command);
    command.parseArgs(arguments);
    return options.seeds;
  }

  @Test
  void noiseIsTorchsForEverySeedThatItTakes() {
    try (Checkpoint golden = Checkpoints.open(GOLDEN)) {
      assertThat(golden.names()).hasSizeGreaterThan(8);
      for (String seed : golden.names()) {
        assertThat(new TorchGenerator(Seed.parse(seed).bits()).randn(32).data())
            .as(seed)
            .usingComparatorWithPrecision(2e-6f)
            .containsExactly(golden.get(seed).toTensor().data());
      }
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "x",
        "",
        "1.5",
        "1e3",
        "0x10",
        "18446744073709551616",
        "-9223372036854775809",
        "--5"
      })
  void whatIsNoSeedIsSaidInTheUsersWords(String text) {
    assertThatThrownBy(() -> Seed.parse(text))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining(text)
        .hasMessageContaining("-9223372036854775808 to 18446744073709551615")
        .hasMessageEndingWith(".");
  }

  @Test
  void absurdlyLongNumbersAreRefusedAtOnce() {
    assertThatThrownBy(() -> Seed.parse("9".repeat(3_000_000)))
        .isInstanceOf(UsageException.class)
        .satisfies(e -> assertThat(e.getMessage()).hasSizeLessThan(500));
  }

  @Test
  void seedsKeepTheirWords() {
    assertThat(parse("--seed", "18446744073709551615,-1,+7").distinct())
        .extracting(Seed::toString)
        .containsExactly("18446744073709551615", "-1", "7");
    assertThat(parse("--seed", "-5").distinct()).containsExactly(Seed.of(-5));
    assertThat(parse().distinct()).containsExactly(Seed.of(0));
    assertThat(parse("--seed", "1", "--seed", "2").distinct()).hasSize(2);
  }

  @Test
  void aRepeatedSeedIsNamed() {
    assertThatThrownBy(() -> parse("--seed", "5,1,5").distinct())
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("Seed 5 is given twice");
    // Prompts may share their noise.
    assertThat(parse("--seed", "5,1,5").onePerPrompt(3)).containsExactly(5L, 1L, 5L);
  }

  @Test
  void oneSeedCountsUpToTheLastThatThereIs() {
    assertThat(parse("--seed", "9223372036854775806").onePerPrompt(4))
        .isEqualTo(List.of(Long.MAX_VALUE - 1, Long.MAX_VALUE, Long.MIN_VALUE, Long.MIN_VALUE + 1));
    assertThat(parse("--seed", "-2").onePerPrompt(4)).containsExactly(-2L, -1L, 0L, 1L);
    assertThatThrownBy(() -> parse("--seed", "18446744073709551614").onePerPrompt(3))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("18446744073709551616 is out of range");
    assertThatThrownBy(() -> parse("--seed", "1,2").onePerPrompt(1))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("1 prompt but 2 seeds");
  }

  @ParameterizedTest
  @CsvSource({
    "--steps, many, is no number",
    "--steps, 2.5, is no whole number",
    "--steps, 99999999999, is too large a number",
    "--guidance, much, is no number",
    "--guidance, '4,5', write a point"
  })
  void numbersAreNotCalledByTypesOfJava(String option, String value, String words) {
    assertThatThrownBy(() -> parse(option, value))
        .isInstanceOf(CommandLine.ParameterException.class)
        .hasMessageContaining(option)
        .hasMessageContaining(value)
        .hasMessageContaining(words.replace("'", ""))
        .satisfies(
            e -> assertThat(e.getMessage()).doesNotContain(" int", "double", "long", "Exception"));
  }
}
