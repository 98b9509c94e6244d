package org.viditq.onnx;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.viditq.core.checkpoint.NonFiniteScan;
import org.viditq.core.checkpoint.StoredTensor;
import org.viditq.core.error.NonFiniteException;
import org.viditq.core.model.InputNames;
import org.viditq.core.model.InputSpec;
import org.viditq.core.model.InputSpec.Axis;
import org.viditq.core.model.Parameters;
import org.viditq.core.model.bert.BertConfig;
import org.viditq.core.model.bert.BertEncoder;
import org.viditq.core.model.t5.T5Config;
import org.viditq.core.model.t5.T5Encoder;

/**
 * A text encoder as an ONNX graph for all batches and lengths, token embedding included. Its inputs
 * are {@value #TOKENS}, int32 [batch, tokens], and {@link InputNames#MASK}, float32 [batch,
 * tokens], 1 for tokens of the text and 0 for padding; its output is {@link InputNames#TEXT},
 * float32 [batch, tokens, features].
 */
public final class TextEncoderGraph {
  /** Name of the input with token ids. */
  public static final String TOKENS = "input_ids";

  private static final List<GraphInput> INPUTS =
      List.of(
          new GraphInput(InputSpec.of(TOKENS, Axis.BATCH, Axis.TOKENS), ElementType.INT32),
          GraphInput.floats(InputSpec.of(InputNames.MASK, Axis.BATCH, Axis.TOKENS)));

  private TextEncoderGraph() {}

  /** A text encoder behind its token embedding. */
  private interface Encoder {
    OnnxValue forward(OnnxValue embeddings, Optional<OnnxValue> mask);
  }

  /**
   * T5 and mT5. In float16 their hidden states overflow, so that format is computed in float32.
   *
   * @param parameters must stay open until the graph is written
   */
  public static OnnxGraph recordT5(T5Config config, Parameters parameters, OnnxOptions options) {
    OnnxOptions wide =
        options.format() == FloatFormat.FP16 ? options.in(FloatFormat.FP32) : options;
    try (OnnxOperators operators = new OnnxOperators(wide.open())) {
      T5Encoder<OnnxValue> encoder = new T5Encoder<>(config, parameters, operators);
      return record("t5", operators, encoder.tokenTable(), encoder::forward);
    }
  }

  /**
   * BERT; texts may be as long as its position table.
   *
   * @param parameters must stay open until the graph is written
   */
  public static OnnxGraph recordBert(
      BertConfig config, Parameters parameters, OnnxOptions options) {
    try (OnnxOperators operators = new OnnxOperators(options.open())) {
      BertEncoder<OnnxValue> encoder = new BertEncoder<>(config, parameters, operators);
      return record("bert", operators, encoder.tokenTable(), encoder::forward);
    }
  }

  private static OnnxGraph record(
      String name, OnnxOperators operators, StoredTensor table, Encoder encoder) {
    if (NonFiniteScan.found(table)) {
      throw new NonFiniteException(
          "The token embedding "
              + table.name()
              + " holds NaN or infinity; check where it came from.");
    }
    OnnxValue embedding = operators.stored(table);
    OpenRecording.Opened opened =
        OpenRecording.record(
            operators.recorder(),
            INPUTS,
            Probes.of(INPUTS, Map.of(), false),
            inputs -> {
              OnnxValue embeddings = operators.lookUp(embedding, inputs.get(TOKENS));
              OnnxValue mask = operators.computed(inputs.get(InputNames.MASK));
              return List.of(operators.exact(encoder.forward(embeddings, Optional.of(mask))));
            });
    return operators.graph(
        name, Map.of(InputNames.TEXT, opened.outputs().get(0)), opened.dimensions());
  }
}
