package org.viditq.core.pipeline;

import java.util.Optional;
import org.viditq.core.model.Parameters;
import org.viditq.core.model.bert.BertConfig;
import org.viditq.core.model.bert.BertEncoder;
import org.viditq.core.model.t5.T5Config;
import org.viditq.core.model.t5.T5Encoder;
import org.viditq.core.operators.NonFiniteTracer;
import org.viditq.core.operators.Operators;
import org.viditq.core.operators.Scope;
import org.viditq.core.tensor.Tensor;

/** Text encoders on operators that compute at once, which stay open. */
final class OperatorTextEncoders<V> implements TextEncoders {
  private final NonFiniteTracer<V> operators;

  OperatorTextEncoders(Operators<V> operators) {
    this.operators = new NonFiniteTracer<>(operators);
  }

  private interface Encoder<V> {
    V encode(int[][] ids, Optional<int[][]> mask);
  }

  @Override
  public TextNetwork t5(T5Config config, Parameters parameters) {
    return network(new T5Encoder<>(config, parameters, operators)::encode);
  }

  @Override
  public TextNetwork bert(BertConfig config, Parameters parameters) {
    return network(new BertEncoder<>(config, parameters, operators)::encode);
  }

  private TextNetwork network(Encoder<V> encoder) {
    return new TextNetwork() {
      @Override
      public Tensor encode(int[][] ids, int[][] mask, ProgressListener progress) {
        return operators.finite(
            "the text encoder",
            () -> {
              try (Scope<V> scope = operators.scope()) {
                return operators.read(encoder.encode(ids, Optional.of(mask)));
              }
            });
      }

      @Override
      public void close() {
        // What was prepared belongs to the operators.
      }
    };
  }
}
