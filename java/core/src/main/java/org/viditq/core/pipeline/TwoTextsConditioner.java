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
import org.viditq.core.model.bert.BertEncoder;
import org.viditq.core.model.t5.T5Config;
import org.viditq.core.model.t5.T5Encoder;
import org.viditq.core.operators.NonFiniteTracer;
import org.viditq.core.operators.Operators;
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
  public <V> EncodedPrompts encode(
      List<String> prompts,
      String negativePrompt,
      Operators<V> operators,
      ProgressListener progress) {
    NonFiniteTracer<V> traced = new NonFiniteTracer<>(operators);
    StageCounter encoded = new StageCounter(progress, Stage.ENCODING, 2 * (prompts.size() + 1));
    Map<String, Tensor> positive = new LinkedHashMap<>();
    Map<String, Tensor> negative = new LinkedHashMap<>();

    try (Tokenizer tokenizer = Tokenizers.open(folder.folder(Component.TOKENIZER));
        Checkpoint weights = folder.checkpoint(Component.TEXT_ENCODER)) {
      PromptEncoder<V> bert = bert(tokenizer, weights, traced);
      add(positive, InputNames.TEXT, InputNames.MASK, bert.encode(prompts, encoded));
      add(
          negative,
          InputNames.TEXT,
          InputNames.MASK,
          bert.encode(List.of(negativePrompt), encoded));
    }
    try (Tokenizer tokenizer = Tokenizers.open(folder.folder(Component.TOKENIZER_2));
        Checkpoint weights = folder.checkpoint(Component.TEXT_ENCODER_2)) {
      PromptEncoder<V> t5 = t5(tokenizer, weights, traced);
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

  private <V> PromptEncoder<V> bert(
      Tokenizer tokenizer, Checkpoint weights, NonFiniteTracer<V> operators) {
    JsonConfig json = folder.config(Component.TEXT_ENCODER);
    BertConfig config = BertConfig.fromJson(json);
    require(json, "hidden_size", config.channels(), texts.features());
    CheckpointParameters parameters = new CheckpointParameters(weights);
    BertEncoder<V> encoder = new BertEncoder<>(config, parameters, operators);
    UnusedTensors.require(parameters.unused(), weights.source(), json);
    return new PromptEncoder<>(
        UnaryOperator.identity(),
        tokenizer,
        encoder::encode,
        config.channels(),
        operators,
        texts.tokens());
  }

  private <V> PromptEncoder<V> t5(
      Tokenizer tokenizer, Checkpoint weights, NonFiniteTracer<V> operators) {
    JsonConfig json = folder.config(Component.TEXT_ENCODER_2);
    T5Config config = T5Config.fromJson(json);
    require(json, "d_model", config.channels(), texts.features2());
    CheckpointParameters parameters = new CheckpointParameters(weights);
    T5Encoder<V> encoder = new T5Encoder<>(config, parameters, operators);
    UnusedTensors.require(parameters.unused(), weights.source(), json);
    return new PromptEncoder<>(
        UnaryOperator.identity(),
        tokenizer,
        encoder::encode,
        config.channels(),
        operators,
        texts.tokens2());
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
