package org.viditq.cli.option;

import java.nio.file.Path;
import java.util.List;
import org.viditq.core.error.UsageException;
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
          "A text file (UTF-8) with one prompt per line instead, empty lines left out; or a .json or"
              + " .jsonl file with texts.")
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
      return PromptFile.read(file);
    }
    return List.copyOf(prompts);
  }
}
