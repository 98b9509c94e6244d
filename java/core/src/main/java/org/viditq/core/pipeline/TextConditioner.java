package org.viditq.core.pipeline;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.viditq.core.checkpoint.Checkpoint;
import org.viditq.core.diffusers.Component;
import org.viditq.core.diffusers.PipelineFolder;
import org.viditq.core.model.CheckpointParameters;
import org.viditq.core.model.Conditioning;
import org.viditq.core.model.InputNames;
import org.viditq.core.model.t5.T5Config;
import org.viditq.core.model.t5.T5Encoder;
import org.viditq.core.operators.NonFiniteTracer;
import org.viditq.core.operators.Operators;
import org.viditq.core.pipeline.ProgressListener.Stage;
import org.viditq.core.text.Tokenizer;
import org.viditq.core.text.Tokenizers;

/** Prompts through the T5 encoder of a pipeline. */
final class TextConditioner implements Conditioner {
  private final PipelineFolder folder;
  private final Conditioning.Text text;

  TextConditioner(PipelineFolder folder, Conditioning.Text text) {
    this.folder = folder;
    this.text = text;
  }

  @Override
  public <V> EncodedPrompts encode(
      List<String> prompts,
      String negativePrompt,
      Operators<V> operators,
      ProgressListener progress) {
    T5Config config = T5Config.fromJson(folder.config(Component.TEXT_ENCODER));
    try (Tokenizer tokenizer = Tokenizers.open(folder.folder(Component.TOKENIZER));
        Checkpoint weights = folder.checkpoint(Component.TEXT_ENCODER)) {
      NonFiniteTracer<V> traced = new NonFiniteTracer<>(operators);
      T5Encoder<V> encoder = new T5Encoder<>(config, new CheckpointParameters(weights), traced);
      PromptEncoder<V> encode = new PromptEncoder<>(tokenizer, encoder, traced, text.tokens());
      StageCounter encoded = new StageCounter(progress, Stage.ENCODING, prompts.size() + 1);
      PromptEncoder.Texts positive = encode.encode(prompts, encoded);
      PromptEncoder.Texts negative = encode.encode(List.of(negativePrompt), encoded);
      return new EncodedPrompts(prompts, conditions(positive), Optional.of(conditions(negative)));
    }
  }

  private static Conditions conditions(PromptEncoder.Texts texts) {
    Map<String, org.viditq.core.tensor.Tensor> tensors = new LinkedHashMap<>();
    tensors.put(InputNames.TEXT, texts.values());
    tensors.put(InputNames.MASK, texts.mask());
    return new Conditions(tensors);
  }
}
