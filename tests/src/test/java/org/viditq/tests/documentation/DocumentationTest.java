package org.viditq.tests.documentation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.viditq.cli.Main;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;

/**
 * What README, docs and the help texts say against the product: links lead somewhere, commands are
 * accepted as they stand (they are parsed, not run), and options and tests that are named exist.
 */
class DocumentationTest {
  private static final Path PROJECT = Path.of("..");

  /** Options of other programs that the documentation names within sentences. */
  private static final Set<String> OTHERS =
      Set.of("--add-opens", "--backend-config", "--dynamicPlugins");

  static List<Document> documents() throws IOException {
    List<Document> documents = new ArrayList<>(List.of(Document.read(Path.of("README.md"))));
    for (String folder : List.of("docs", "bench", "samples", "tests/fixtures")) {
      try (Stream<Path> files =
          Files.find(
              PROJECT.resolve(folder),
              3,
              (file, attributes) ->
                  file.toString().endsWith(".md") && !file.toString().contains("/target/"))) {
        for (Path file : files.sorted().toList()) {
          documents.add(Document.read(PROJECT.relativize(file)));
        }
      }
    }
    return documents;
  }

  /** The root command and all below it. */
  static List<CommandLine> commands() {
    List<CommandLine> commands = new ArrayList<>();
    addCommands(Main.commandLine(), commands);
    return commands;
  }

  private static void addCommands(CommandLine command, List<CommandLine> to) {
    to.add(command);
    command.getSubcommands().values().forEach(below -> addCommands(below, to));
  }

  @ParameterizedTest
  @MethodSource("documents")
  void linksLeadSomewhere(Document document) throws IOException {
    for (String link : document.links()) {
      if (link.contains("://")) {
        continue;
      }
      int hash = link.indexOf('#');
      Path target = document.resolve(hash < 0 ? link : link.substring(0, hash));
      assertThat(target).as(link).exists();
      if (hash >= 0) {
        Document there = new Document(target, Files.readString(target));
        assertThat(there.anchors()).as(link).contains(link.substring(hash + 1));
      }
    }
  }

  @ParameterizedTest
  @MethodSource("documents")
  void commandsAreAccepted(Document document) {
    document.blocks("sh").forEach(DocumentationTest::accept);
  }

  /** Those within sentences may be cut short; what they have must exist. */
  @ParameterizedTest
  @MethodSource("documents")
  void commandsWithinSentencesExist(Document document) {
    for (String span : document.spans()) {
      for (List<String> words : ShellWords.commands(span)) {
        List<String> arguments = argumentsOfViditq(words);
        if (!arguments.isEmpty() && !isPlaceholder(arguments.get(0))) {
          CommandSpec command = command(arguments, span);
          arguments.stream()
              .filter(word -> word.startsWith("--"))
              .forEach(
                  option ->
                      assertThat(command.findOption(nameOf(option)))
                          .as(option + " of " + span)
                          .isNotNull());
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("documents")
  void optionsWithinSentencesExist(Document document) {
    Set<String> options =
        commands().stream()
            .flatMap(command -> command.getCommandSpec().optionsMap().keySet().stream())
            .collect(Collectors.toSet());
    options.addAll(OTHERS);
    if (document.name().startsWith("bench")) {
      // These have options of scripts, too.
      return;
    }
    for (String span : document.spans()) {
      if (span.matches("--[a-z][a-zA-Z-]+\\b.*")) {
        assertThat(options).as(span).contains(nameOf(span.split(" ")[0]));
      }
    }
  }

  @Test
  void testsThatAreNamedExist() throws IOException {
    Set<String> existing = new TreeSet<>();
    for (String folder : List.of("java", "reference", "cpp", "cuda", "tests", "bench")) {
      try (Stream<Path> files =
          Files.find(
              PROJECT.resolve(folder),
              16,
              (file, attributes) -> file.toString().endsWith("Test.java"),
              new FileVisitOption[0])) {
        files.forEach(
            file -> existing.add(file.getFileName().toString().replaceFirst("\\.java$", "")));
      }
    }
    for (Document document : documents()) {
      for (String span : document.spans()) {
        if (span.matches("[A-Z][A-Za-z0-9]+Test")) {
          assertThat(existing).as(document.toString()).contains(span);
        }
      }
    }
  }

  /** The plan with every key, and the map that it names. */
  @Test
  void thePlanOfTheFormatsPageIsRead(@TempDir Path folder) throws IOException {
    List<String> yaml = Document.read(Path.of("docs/formats.md")).blocks("yaml");
    Path plan = Files.writeString(folder.resolve("plan.yaml"), yaml.get(0));
    Files.writeString(folder.resolve("map.yaml"), yaml.get(1));
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();

    int code = Main.run(new PrintWriter(out), new PrintWriter(err), "inspect", plan.toString());

    assertThat(code).as(err.toString()).isZero();
    assertThat(out.toString())
        .contains(
            "weights: 4 bits, asymmetric, grid gptq",
            "balancing: alpha 0.3 from timestep 0 to below 501, layers [attn]",
            "rotation: hadamard, all channels, layers [attn]",
            "low rank: a branch of rank 16",
            "attention: self int8, temporal int8, cross int8",
            "weight map: timesteps from 750 to below 1001: layers by bits {8=1}");
  }

  @Test
  void examplesOfTheHelpAreAccepted() {
    for (CommandLine command : commands()) {
      for (String line : command.getCommandSpec().usageMessage().footer()) {
        assertThat(line).as("no more than a line").doesNotContain("\n");
      }
      String footer = String.join("\n", command.getCommandSpec().usageMessage().footer());
      if (footer.contains("Examples:")) {
        accept(footer.replace("%n", "\n"));
      }
    }
  }

  /** Every command but those that only hold others, and {@code help}, shows how it is called. */
  @Test
  void everyCommandHasExamples() {
    assertThat(commands())
        .filteredOn(command -> command.getSubcommands().isEmpty())
        .filteredOn(command -> !command.getCommandName().equals("help"))
        .allSatisfy(command -> assertThat(command.getUsageMessage()).contains("Examples:\n  "));
  }

  private static void accept(String script) {
    for (List<String> words : ShellWords.commands(script)) {
      List<String> arguments = argumentsOfViditq(words);
      if (!arguments.isEmpty()) {
        assertThatCode(() -> Main.commandLine().parseArgs(arguments.toArray(String[]::new)))
            .as(String.join(" ", words))
            .doesNotThrowAnyException();
      }
    }
  }

  /**
   * What stands behind viditq, up to a redirection; nothing if another program is called. Those
   * with variables only a shell can tell.
   */
  private static List<String> argumentsOfViditq(List<String> words) {
    List<String> called =
        words.subList(0, 1).equals(List.of("taskset")) ? words.subList(3, words.size()) : words;
    if (!called.get(0).matches("([^=]*/)?viditq")
        || called.stream().anyMatch(w -> w.contains("$"))) {
      return List.of();
    }
    return called.stream().skip(1).takeWhile(word -> !word.startsWith(">")).toList();
  }

  private static CommandSpec command(List<String> arguments, String span) {
    CommandLine command = Main.commandLine();
    for (String word : arguments) {
      if (command.getSubcommands().isEmpty() || word.startsWith("-")) {
        break;
      }
      assertThat(command.getSubcommands()).as(span).containsKey(word);
      command = command.getSubcommands().get(word);
    }
    return command.getCommandSpec();
  }

  private static String nameOf(String option) {
    return option.split("[=\\[:,. ]")[0];
  }

  private static boolean isPlaceholder(String word) {
    return word.matches("[A-Z]+|…");
  }
}
