package org.viditq.tests.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.viditq.core.error.NonFiniteException;
import org.viditq.core.error.ShapeException;
import org.viditq.core.error.UsageException;
import org.viditq.core.model.t5.T5Config;
import org.viditq.core.model.t5.T5Encoder;
import org.viditq.core.operators.Operators;
import org.viditq.core.tensor.Tensor;

/** What the golden cases of the T5 encoder cannot show. */
class T5EncoderTest {
  private static final String FIXTURE = "t5.encoder__gated_gelu";

  private final Operators<Tensor> operators = ReferenceModels.operators();

  @AfterEach
  void close() {
    operators.close();
  }

  @Test
  void everyMissingTensorIsNamed() {
    MissingTensors.requireNamed(FIXTURE, this::encoder, List.of());
  }

  @Test
  void encodersOwnTokenTableIsPreferred() {
    FixtureWeights weights = FixtureWeights.of(FIXTURE);
    int[][] ids = {{5, 9, 1}};
    Tensor expected = encoder(weights).encode(ids, Optional.empty());
    weights.renamed("shared.weight", "encoder.embed_tokens.weight");
    assertThat(encoder(weights).encode(ids, Optional.empty()).data()).isEqualTo(expected.data());
  }

  @Test
  void paddingDoesNotReachTokens() {
    T5Encoder<Tensor> encoder = encoder(FixtureWeights.of(FIXTURE));
    Tensor alone = encoder.encode(new int[][] {{5, 9, 1}}, Optional.empty());
    Tensor padded =
        encoder.encode(new int[][] {{5, 9, 1, 0, 7}}, Optional.of(new int[][] {{1, 1, 1, 0, 0}}));
    assertThat(Arrays.copyOf(padded.data(), alone.size()))
        .containsExactly(alone.data(), within(1e-6f));
  }

  @Test
  void promptsOfABatchAreIndependent() {
    T5Encoder<Tensor> encoder = encoder(FixtureWeights.of(FIXTURE));
    int[][] ids = {{5, 9, 1, 0}, {7, 3, 8, 1}};
    int[][] mask = {{1, 1, 1, 0}, {1, 1, 1, 1}};
    Tensor both = encoder.encode(ids, Optional.of(mask));
    for (int i = 0; i < 2; i++) {
      Tensor alone = encoder.encode(new int[][] {ids[i]}, Optional.of(new int[][] {mask[i]}));
      assertThat(alone.data()).isEqualTo(ReferenceModels.samples(both, i, i + 1).data());
    }
  }

  /** T5 v1.0's feed-forward layer, computed by hand: with o = 0, attention adds nothing. */
  @Test
  void reluFeedForwardIsNotGated() {
    FixtureWeights weights = FixtureWeights.of(FIXTURE);
    weights.config().put("feed_forward_proj", "relu").put("num_layers", 1);
    String block = "encoder.block.0.";
    weights.with(block + "layer.0.SelfAttention.o.weight", Tensor.zeros(32, 32));
    weights.renamed(
        block + "layer.1.DenseReluDense.wi_0.weight", block + "layer.1.DenseReluDense.wi.weight");
    int id = 17;
    float[] row = Arrays.copyOfRange(weights.get("shared.weight").data(), id * 32, id * 32 + 32);
    double[] hidden = toDouble(row);
    double[] normed = rmsNorm(hidden, weights.get(block + "layer.1.layer_norm.weight"));
    double[] inner = times(weights.get(block + "layer.1.DenseReluDense.wi.weight"), normed);
    for (int i = 0; i < inner.length; i++) {
      inner[i] = Math.max(inner[i], 0);
    }
    double[] added = times(weights.get(block + "layer.1.DenseReluDense.wo.weight"), inner);
    for (int i = 0; i < hidden.length; i++) {
      hidden[i] += added[i];
    }
    double[] expected = rmsNorm(hidden, weights.get("encoder.final_layer_norm.weight"));
    Tensor got = encoder(weights).encode(new int[][] {{id}}, Optional.empty());
    for (int i = 0; i < expected.length; i++) {
      assertThat((double) got.data()[i]).isCloseTo(expected[i], within(1e-5));
    }
  }

  @Test
  void idsOutsideTheVocabularyAreRefused() {
    T5Encoder<Tensor> encoder = encoder(FixtureWeights.of(FIXTURE));
    for (int id : new int[] {-1, 60}) {
      assertThatThrownBy(() -> encoder.encode(new int[][] {{1, id}}, Optional.empty()))
          .isInstanceOf(UsageException.class)
          .hasMessageContaining("Token id " + id)
          .hasMessageContaining("60");
    }
  }

  @Test
  void raggedRowsAreRefused() {
    T5Encoder<Tensor> encoder = encoder(FixtureWeights.of(FIXTURE));
    assertThatThrownBy(() -> encoder.encode(new int[][] {{1, 2}, {1}}, Optional.empty()))
        .isInstanceOf(ShapeException.class);
    assertThatThrownBy(() -> encoder.encode(new int[0][], Optional.empty()))
        .isInstanceOf(ShapeException.class);
    assertThatThrownBy(
            () -> encoder.encode(new int[][] {{1, 2}}, Optional.of(new int[][] {{1, 1, 1}})))
        .isInstanceOf(ShapeException.class)
        .hasMessageContaining("mask");
  }

  @Test
  void damagedRowOfTheTokenTableIsFoundWhenItIsUsed() {
    FixtureWeights weights = FixtureWeights.of(FIXTURE);
    float[] table = weights.get("shared.weight").data().clone();
    table[40 * 32] = Float.NaN;
    weights.with("shared.weight", Tensor.of(table, 60, 32));
    T5Encoder<Tensor> encoder = encoder(weights);
    encoder.encode(new int[][] {{39, 41}}, Optional.empty());
    assertThatThrownBy(() -> encoder.encode(new int[][] {{40}}, Optional.empty()))
        .isInstanceOf(NonFiniteException.class)
        .hasMessageContaining("shared.weight");
  }

  private T5Encoder<Tensor> encoder(FixtureWeights weights) {
    return new T5Encoder<>(T5Config.fromJson(weights.config()), weights.parameters(), operators);
  }

  private static double[] toDouble(float[] values) {
    double[] result = new double[values.length];
    for (int i = 0; i < values.length; i++) {
      result[i] = values[i];
    }
    return result;
  }

  private static double[] rmsNorm(double[] x, Tensor weight) {
    double squares = 0;
    for (double value : x) {
      squares += value * value;
    }
    double scale = 1 / Math.sqrt(squares / x.length + 1e-6);
    double[] result = new double[x.length];
    for (int i = 0; i < x.length; i++) {
      result[i] = x[i] * scale * weight.data()[i];
    }
    return result;
  }

  private static double[] times(Tensor weight, double[] x) {
    double[] result = new double[weight.dim(0)];
    for (int row = 0; row < result.length; row++) {
      for (int i = 0; i < x.length; i++) {
        result[row] += weight.data()[row * x.length + i] * x[i];
      }
    }
    return result;
  }
}
