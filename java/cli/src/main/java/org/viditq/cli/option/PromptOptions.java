package org.viditq.cli.option;

import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.viditq.core.error.UsageException;
import org.viditq.core.io.IoReason;
import org.viditq.core.pipeline.DiffusionPipeline;
import picocli.CommandLine.Option;

/** Which pictures to make. */
public final class PromptOptions {
  @Option(
      names = "--prompt",
      paramLabel = "TEXT",
      description = "What the picture shows; repeat it for several pictures. May be empty.")
  private List<String> prompts;

  @Option(
      names = "--prompts",
      paramLabel = "FILE",
      description =
          "A text file (UTF-8) with one prompt per line instead; empty lines are left out.")
  private Path file;

  @Option(
      names = "--clean-caption",
      description =
          "Clean prompts first as the training captions of T5 models were, like clean_caption=True"
              + " of diffusers: without addresses, HTML, Chinese characters, file names, ...")
  private boolean cleanCaption;

  /** Whether prompts are to be cleaned. */
  public boolean cleaned() {
    return cleanCaption;
  }

  /**
   * The pipeline, cleaning prompts if that was asked for.
   *
   * @throws UsageException if the model's pipeline knows no cleaning
   */
  public DiffusionPipeline prepare(DiffusionPipeline pipeline) {
    return cleanCaption ? pipeline.withCleanedCaptions() : pipeline;
  }

  /** Whether any prompt was asked for. */
  public boolean given() {
    return prompts != null || file != null;
  }

  /**
   * The prompts in order, at least one. An empty one is a prompt like others, as it is for
   * diffusers; in a file, empty lines are none.
   *
   * @throws UsageException if there is none, both options are given, or the file cannot be read
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
