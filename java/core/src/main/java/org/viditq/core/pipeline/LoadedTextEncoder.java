package org.viditq.core.pipeline;

import java.util.function.Function;
import org.viditq.core.checkpoint.Checkpoint;
import org.viditq.core.diffusers.Component;
import org.viditq.core.diffusers.PipelineFolder;
import org.viditq.core.model.CheckpointParameters;
import org.viditq.core.model.Parameters;
import org.viditq.core.model.UnusedTensors;
import org.viditq.core.text.Tokenizer;
import org.viditq.core.text.Tokenizers;

/**
 * A text encoder with its tokenizer, ready to encode.
 *
 * @param weights that the network may read from
 */
record LoadedTextEncoder(Tokenizer tokenizer, Checkpoint weights, TextNetwork network)
    implements AutoCloseable {
  /**
   * Opens what a pipeline has of it.
   *
   * @param network makes the parameters ready; must use all of them
   */
  static LoadedTextEncoder open(
      PipelineFolder folder,
      Component tokenizer,
      Component encoder,
      Function<Parameters, TextNetwork> network) {
    Tokenizer texts = Tokenizers.open(folder.folder(tokenizer));
    try {
      Checkpoint weights = folder.checkpoint(encoder);
      try {
        CheckpointParameters parameters = new CheckpointParameters(weights);
        TextNetwork prepared = network.apply(parameters);
        try {
          UnusedTensors.require(parameters.unused(), weights.source(), folder.config(encoder));
          return new LoadedTextEncoder(texts, weights, prepared);
        } catch (RuntimeException | Error refused) {
          prepared.close();
          throw refused;
        }
      } catch (RuntimeException | Error unprepared) {
        weights.close();
        throw unprepared;
      }
    } catch (RuntimeException | Error unreadable) {
      texts.close();
      throw unreadable;
    }
  }

  @Override
  public void close() {
    try (tokenizer;
        weights;
        network) {
      // In reverse order.
    }
  }
}
