package org.viditq.core.pipeline;

import java.util.List;
import org.viditq.core.diffusers.PipelineFolder;
import org.viditq.core.model.Conditioning;
import org.viditq.core.model.DenoiserModel;

/** Turns what a user asks for into what a denoiser is conditioned on. */
interface Conditioner {
  /**
   * @param prompts texts, or class names and indices
   * @param negativePrompt what guidance leads away from; the empty text is the null caption
   * @param encoders loads those that are needed
   * @throws org.viditq.core.error.UsageException if the model cannot be asked for that
   */
  EncodedPrompts encode(
      List<String> prompts,
      String negativePrompt,
      TextEncoderSource encoders,
      ProgressListener progress);

  /**
   * The conditioner of a pipeline; what it reads is opened when prompts are encoded.
   *
   * @param cleans whether texts are cleaned, where the model knows that
   */
  static Conditioner of(PipelineFolder folder, DenoiserModel model, boolean cleans) {
    Conditioning conditioning = model.conditioning(folder.className());
    if (conditioning instanceof Conditioning.Text text) {
      return new TextConditioner(folder, text, model.nullText(), cleans);
    }
    if (conditioning instanceof Conditioning.TwoTexts texts) {
      return new TwoTextsConditioner(folder, texts);
    }
    return new ClassConditioner(folder.index(), ((Conditioning.Classes) conditioning).classes());
  }
}
