package org.viditq.core.pipeline;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.viditq.core.diffusers.Component;
import org.viditq.core.diffusers.JsonConfig;
import org.viditq.core.diffusers.PipelineFolder;
import org.viditq.core.model.Conditioning;
import org.viditq.core.model.InputNames;
import org.viditq.core.model.bert.BertConfig;
import org.viditq.core.model.t5.T5Config;
import org.viditq.core.pipeline.ProgressListener.Stage;
import org.viditq.core.tensor.Tensor;

/**
 * Prompts through the BERT and the mT5 encoder of a pipeline, as HunyuanDiT's has them: each cuts
 * or pads the prompt, as it is, to its own number of tokens.
 */
final class TwoTextsConditioner implements Conditioner {
  private final PipelineFolder folder;
  private final Conditioning.TwoTexts texts;

  TwoTextsConditioner(PipelineFolder folder, Conditioning.TwoTexts texts) {
    this.folder = folder;
    this.texts = texts;
  }

  @Override
  public EncodedPrompts encode(
      List<String> prompts,
      String negativePrompt,
      TextEncoderSource encoders,
      ProgressListener progress) {
    StageCounter encoded = new StageCounter(progress, Stage.ENCODING, 2 * (prompts.size() + 1));
    PromptEncoder.Texts[] first =
        encoders.use(
            Component.TEXT_ENCODER,
            () -> bert(encoders.networks()),
            loaded ->
                encode(loaded, texts.features(), texts.tokens(), prompts, negativePrompt, encoded));
    PromptEncoder.Texts[] second =
        encoders.use(
            Component.TEXT_ENCODER_2,
            () -> t5(encoders.networks()),
            loaded ->
                encode(
                    loaded, texts.features2(), texts.tokens2(), prompts, negativePrompt, encoded));
    return new EncodedPrompts(
        prompts, conditions(first[0], second[0]), Optional.of(conditions(first[1], second[1])));
  }

  /** The prompts, and behind them the negative one. */
  private static PromptEncoder.Texts[] encode(
      LoadedTextEncoder loaded,
      int features,
      int tokens,
      List<String> prompts,
      String negativePrompt,
      StageCounter encoded) {
    PromptEncoder encoder =
        new PromptEncoder(
            UnaryOperator.identity(), loaded.tokenizer(), loaded.network(), features, tokens);
    PromptEncoder.Texts positive = encoder.encode(prompts, encoded);
    return new PromptEncoder.Texts[] {positive, encoder.encode(List.of(negativePrompt), encoded)};
  }

  private static Conditions conditions(PromptEncoder.Texts first, PromptEncoder.Texts second) {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    tensors.put(InputNames.TEXT, first.values());
    tensors.put(InputNames.MASK, first.mask());
    tensors.put(InputNames.TEXT_2, second.values());
    tensors.put(InputNames.MASK_2, second.mask());
    return new Conditions(tensors);
  }

  private LoadedTextEncoder bert(TextEncoders networks) {
    JsonConfig json = folder.config(Component.TEXT_ENCODER);
    BertConfig config = BertConfig.fromJson(json);
    require(json, "hidden_size", config.channels(), texts.features());
    return LoadedTextEncoder.open(
        folder,
        Component.TOKENIZER,
        Component.TEXT_ENCODER,
        parameters -> networks.bert(config, parameters));
  }

  private LoadedTextEncoder t5(TextEncoders networks) {
    JsonConfig json = folder.config(Component.TEXT_ENCODER_2);
    T5Config config = T5Config.fromJson(json);
    require(json, "d_model", config.channels(), texts.features2());
    return LoadedTextEncoder.open(
        folder,
        Component.TOKENIZER_2,
        Component.TEXT_ENCODER_2,
        parameters -> networks.t5(config, parameters));
  }

  /** Before a large encoder has worked in vain. */
  private static void require(JsonConfig json, String key, int features, int needed) {
    if (features != needed) {
      throw json.invalid(key, needed + ", as the transformer takes");
    }
  }
}
