package org.viditq.core.pipeline;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.viditq.core.checkpoint.Checkpoint;
import org.viditq.core.diffusers.Component;
import org.viditq.core.diffusers.JsonConfig;
import org.viditq.core.diffusers.PipelineFolder;
import org.viditq.core.model.CheckpointParameters;
import org.viditq.core.model.Conditioning;
import org.viditq.core.model.InputNames;
import org.viditq.core.model.UnusedTensors;
import org.viditq.core.model.bert.BertConfig;
import org.viditq.core.model.t5.T5Config;
import org.viditq.core.pipeline.ProgressListener.Stage;
import org.viditq.core.tensor.Tensor;
import org.viditq.core.text.Tokenizer;
import org.viditq.core.text.Tokenizers;

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
      TextEncoders encoders,
      ProgressListener progress) {
    StageCounter encoded = new StageCounter(progress, Stage.ENCODING, 2 * (prompts.size() + 1));
    Map<String, Tensor> positive = new LinkedHashMap<>();
    Map<String, Tensor> negative = new LinkedHashMap<>();

    try (Tokenizer tokenizer = Tokenizers.open(folder.folder(Component.TOKENIZER));
        Checkpoint weights = folder.checkpoint(Component.TEXT_ENCODER);
        TextNetwork network = bert(weights, encoders)) {
      PromptEncoder bert =
          new PromptEncoder(
              UnaryOperator.identity(), tokenizer, network, texts.features(), texts.tokens());
      add(positive, InputNames.TEXT, InputNames.MASK, bert.encode(prompts, encoded));
      add(
          negative,
          InputNames.TEXT,
          InputNames.MASK,
          bert.encode(List.of(negativePrompt), encoded));
    }
    try (Tokenizer tokenizer = Tokenizers.open(folder.folder(Component.TOKENIZER_2));
        Checkpoint weights = folder.checkpoint(Component.TEXT_ENCODER_2);
        TextNetwork network = t5(weights, encoders)) {
      PromptEncoder t5 =
          new PromptEncoder(
              UnaryOperator.identity(), tokenizer, network, texts.features2(), texts.tokens2());
      add(positive, InputNames.TEXT_2, InputNames.MASK_2, t5.encode(prompts, encoded));
      add(
          negative,
          InputNames.TEXT_2,
          InputNames.MASK_2,
          t5.encode(List.of(negativePrompt), encoded));
    }
    return new EncodedPrompts(
        prompts, new Conditions(positive), Optional.of(new Conditions(negative)));
  }

  private TextNetwork bert(Checkpoint weights, TextEncoders encoders) {
    JsonConfig json = folder.config(Component.TEXT_ENCODER);
    BertConfig config = BertConfig.fromJson(json);
    require(json, "hidden_size", config.channels(), texts.features());
    CheckpointParameters parameters = new CheckpointParameters(weights);
    return used(encoders.bert(config, parameters), parameters, weights, json);
  }

  private TextNetwork t5(Checkpoint weights, TextEncoders encoders) {
    JsonConfig json = folder.config(Component.TEXT_ENCODER_2);
    T5Config config = T5Config.fromJson(json);
    require(json, "d_model", config.channels(), texts.features2());
    CheckpointParameters parameters = new CheckpointParameters(weights);
    return used(encoders.t5(config, parameters), parameters, weights, json);
  }

  /** An encoder that uses its whole checkpoint; another one is closed. */
  private static TextNetwork used(
      TextNetwork encoder, CheckpointParameters parameters, Checkpoint weights, JsonConfig json) {
    try {
      UnusedTensors.require(parameters.unused(), weights.source(), json);
      return encoder;
    } catch (RuntimeException | Error refused) {
      encoder.close();
      throw refused;
    }
  }

  /** Before a large encoder has worked in vain. */
  private static void require(JsonConfig json, String key, int features, int needed) {
    if (features != needed) {
      throw json.invalid(key, needed + ", as the transformer takes");
    }
  }

  private static void add(
      Map<String, Tensor> tensors, String text, String mask, PromptEncoder.Texts encoded) {
    tensors.put(text, encoded.values());
    tensors.put(mask, encoded.mask());
  }
}
