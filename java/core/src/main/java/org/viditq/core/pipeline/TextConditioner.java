package org.viditq.core.pipeline;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.viditq.core.checkpoint.Checkpoint;
import org.viditq.core.diffusers.Component;
import org.viditq.core.diffusers.PipelineFolder;
import org.viditq.core.model.CheckpointParameters;
import org.viditq.core.model.Conditioning;
import org.viditq.core.model.InputNames;
import org.viditq.core.model.t5.T5Config;
import org.viditq.core.pipeline.ProgressListener.Stage;
import org.viditq.core.tensor.Tensor;
import org.viditq.core.text.CaptionCleaning;

/**
 * Prompts through the T5 encoder of a pipeline: in lower case, without surrounding white space
 * (diffusers' preprocessing without caption cleaning), or cleaned.
 */
final class TextConditioner implements Conditioner {
  private final PipelineFolder folder;
  private final Conditioning.Text text;
  private final Optional<String> nullText;
  private final boolean cleans;

  /**
   * @param nullText see {@link org.viditq.core.model.DenoiserModel#nullText()}
   * @param cleans whether texts are cleaned as captions
   */
  TextConditioner(
      PipelineFolder folder, Conditioning.Text text, Optional<String> nullText, boolean cleans) {
    this.folder = folder;
    this.text = text;
    this.nullText = nullText;
    this.cleans = cleans;
  }

  private String prepare(String prompt) {
    return cleans ? CaptionCleaning.clean(prompt) : prompt.toLowerCase(Locale.ROOT).strip();
  }

  @Override
  public EncodedPrompts encode(
      List<String> prompts,
      String negativePrompt,
      TextEncoderSource encoders,
      ProgressListener progress) {
    T5Config config = T5Config.fromJson(folder.config(Component.TEXT_ENCODER));
    return encoders.use(
        Component.TEXT_ENCODER,
        () ->
            LoadedTextEncoder.open(
                folder,
                Component.TOKENIZER,
                Component.TEXT_ENCODER,
                parameters -> encoders.networks().t5(config, parameters)),
        loaded -> encode(prompts, negativePrompt, loaded, config.channels(), progress));
  }

  private EncodedPrompts encode(
      List<String> prompts,
      String negativePrompt,
      LoadedTextEncoder loaded,
      int channels,
      ProgressListener progress) {
    PromptEncoder encode =
        new PromptEncoder(
            this::prepare, loaded.tokenizer(), loaded.network(), channels, text.tokens());
    Optional<String> learned = nullText.filter(name -> negativePrompt.isBlank());
    int texts = prompts.size() + (learned.isPresent() ? 0 : 1);
    StageCounter encoded = new StageCounter(progress, Stage.ENCODING, texts);
    PromptEncoder.Texts positive = encode.encode(prompts, encoded);
    PromptEncoder.Texts negative =
        learned.isPresent()
            ? learned(learned.get())
            : encode.encode(List.of(negativePrompt), encoded);
    return new EncodedPrompts(prompts, conditions(positive), Optional.of(conditions(negative)));
  }

  /** A text that the transformer has learned. */
  private PromptEncoder.Texts learned(String name) {
    try (Checkpoint weights = folder.checkpoint(Component.TRANSFORMER)) {
      Tensor values =
          new CheckpointParameters(weights).tensor(name, text.tokens(), text.features());
      return new PromptEncoder.Texts(
          values.reshape(1, text.tokens(), text.features()), Tensor.full(1, 1, text.tokens()));
    }
  }

  private static Conditions conditions(PromptEncoder.Texts texts) {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    tensors.put(InputNames.TEXT, texts.values());
    tensors.put(InputNames.MASK, texts.mask());
    return new Conditions(tensors);
  }
}
