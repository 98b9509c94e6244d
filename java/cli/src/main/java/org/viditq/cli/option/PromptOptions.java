package org.viditq.cli.option;

import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.viditq.core.error.UsageException;
import org.viditq.core.io.IoReason;
import picocli.CommandLine.Option;

/** Which pictures to make. */
public final class PromptOptions {
  @Option(
      names = "--prompt",
      paramLabel = "TEXT",
      description = "What the picture shows; repeat it for several pictures.")
  private List<String> prompts;

  @Option(
      names = "--prompts",
      paramLabel = "FILE",
      description = "A text file (UTF-8) with one prompt per line instead.")
  private Path file;

  /** Whether any prompt was asked for. */
  public boolean given() {
    return prompts != null || file != null;
  }

  /**
   * The prompts in order, at least one, none of them empty.
   *
   * @throws UsageException if there is none, one is empty, both options are given, or the file
   *     cannot be read
   */
  public List<String> read() {
    if (prompts != null && file != null) {
      throw new UsageException("Give --prompt or --prompts, not both.");
    }
    if (prompts == null && file == null) {
      throw new UsageException(
          "There is no prompt; give one with --prompt TEXT or --prompts FILE.");
    }
    if (file != null) {
      return readFile(file);
    }
    for (int i = 0; i < prompts.size(); i++) {
      if (prompts.get(i).isBlank()) {
        throw new UsageException(
            (prompts.size() == 1 ? "The prompt" : "Prompt " + (i + 1))
                + " is empty; say what the picture shows.");
      }
    }
    return List.copyOf(prompts);
  }

  /** Editors on Windows put a byte order mark before UTF-8 texts; it is no part of a prompt. */
  private static String withoutMark(String text) {
    return text.startsWith("\uFEFF") ? text.substring(1) : text;
  }

  private static List<String> readFile(Path file) {
    List<String> lines;
    try {
      lines = withoutMark(Files.readString(file)).lines().map(String::strip).toList();
    } catch (CharacterCodingException binary) {
      throw new UsageException("The prompt file " + file + " is not UTF-8 text.", binary);
    } catch (IOException unreadable) {
      throw new UsageException(
          "Cannot read the prompt file " + file + ": " + IoReason.of(unreadable) + ".", unreadable);
    }
    List<String> prompts = lines.stream().filter(line -> !line.isEmpty()).toList();
    if (prompts.isEmpty()) {
      throw new UsageException("The prompt file " + file + " holds no prompt.");
    }
    return prompts;
  }
}
