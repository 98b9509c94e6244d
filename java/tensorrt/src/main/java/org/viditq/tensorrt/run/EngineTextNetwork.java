package org.viditq.tensorrt.run;

import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import org.viditq.core.error.UsageException;
import org.viditq.core.model.InputNames;
import org.viditq.core.model.layer.TokenRows;
import org.viditq.core.pipeline.ProgressListener;
import org.viditq.core.pipeline.TextNetwork;
import org.viditq.core.tensor.Shape;
import org.viditq.core.tensor.Tensor;
import org.viditq.onnx.TextEncoderGraph;

/** A text encoder as an engine. */
final class EngineTextNetwork implements TextNetwork {
  private final NetworkRun run;
  private final int vocabulary;

  /**
   * @param run of a {@link TextEncoderGraph}, closed with this
   * @param vocabulary number of tokens
   */
  EngineTextNetwork(NetworkRun run, int vocabulary) {
    this.run = run;
    this.vocabulary = vocabulary;
  }

  @Override
  public Tensor encode(int[][] ids, int[][] mask, ProgressListener progress) {
    TokenRows.require("The text encoder", ids, Optional.of(mask));
    int[] tokens = Arrays.stream(ids).flatMapToInt(Arrays::stream).toArray();
    for (int token : tokens) {
      if (token < 0 || token >= vocabulary) {
        throw new UsageException(
            "Token id "
                + token
                + " is outside the text encoder's vocabulary of "
                + vocabulary
                + "; the tokenizer belongs to another model.");
      }
    }
    Shape shape = Shape.of(ids.length, ids[0].length);
    Execution execution =
        run.ready(Map.of(TextEncoderGraph.TOKENS, shape, InputNames.MASK, shape), progress);
    execution.upload(run.stream(), TextEncoderGraph.TOKENS, tokens);
    run.upload(InputNames.MASK, TokenRows.toTensor(mask));
    return run.run();
  }

  @Override
  public void close() {
    run.close();
  }
}
