package org.viditq.core.pipeline;

import java.util.List;
import org.viditq.core.error.UsageException;

/**
 * The text encoders of a pipeline, each loaded when it is first needed. For one thread at a time.
 */
public final class PromptEncoders implements LoadedPart {
  private final Conditioner conditioner;
  private final TextEncoderSource encoders;
  private final PipelineParts parts;

  /**
   * @param parts closed with this object
   * @param keeping whether they stay loaded until it is closed; otherwise each is gone after its
   *     use
   */
  PromptEncoders(Conditioner conditioner, PipelineParts parts, boolean keeping) {
    this.conditioner = conditioner;
    this.encoders = new TextEncoderSource(parts, keeping);
    this.parts = parts;
  }

  /**
   * Encodes prompts; what a text encoder cannot take is cut with a warning.
   *
   * @param prompts texts, or for class-conditional models class names or indices
   * @param negativePrompt what guidance leads away from; the empty text is the null caption
   * @throws UsageException if there is no prompt, or the model cannot be asked for that
   */
  public EncodedPrompts encode(
      List<String> prompts, String negativePrompt, ProgressListener progress) {
    return encode(conditioner, prompts, negativePrompt, encoders, progress);
  }

  static EncodedPrompts encode(
      Conditioner conditioner,
      List<String> prompts,
      String negativePrompt,
      TextEncoderSource encoders,
      ProgressListener progress) {
    if (prompts.isEmpty()) {
      throw new UsageException("There is no prompt; give at least one.");
    }
    return conditioner.encode(prompts, negativePrompt, encoders, progress);
  }

  @Override
  public void releaseIdleMemory() {
    parts.releaseIdleMemory();
  }

  @Override
  public void close() {
    try (parts) {
      encoders.close();
    }
  }
}
