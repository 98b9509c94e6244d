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
import org.viditq.core.model.bert.BertConfig;
import org.viditq.core.model.bert.BertEncoder;
import org.viditq.core.operators.Operators;
import org.viditq.core.tensor.Tensor;

/** What the golden cases of the BERT encoder cannot show. */
class BertEncoderTest {
  private static final String FIXTURE = "bert.encoder__gelu_erf";

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
  void keysMayLieBelowBert() {
    FixtureWeights weights = FixtureWeights.of(FIXTURE);
    int[][] ids = {{5, 9, 1}};
    Tensor expected = encoder(weights).encode(ids, Optional.empty());
    for (String name : List.copyOf(weights.names())) {
      weights.renamed(name, "bert." + name);
    }
    assertThat(encoder(weights).encode(ids, Optional.empty()).data()).isEqualTo(expected.data());
  }

  @Test
  void paddingDoesNotReachTokens() {
    BertEncoder<Tensor> encoder = encoder(FixtureWeights.of(FIXTURE));
    Tensor alone = encoder.encode(new int[][] {{5, 9, 1}}, Optional.empty());
    Tensor padded =
        encoder.encode(new int[][] {{5, 9, 1, 0, 7}}, Optional.of(new int[][] {{1, 1, 1, 0, 0}}));
    assertThat(Arrays.copyOf(padded.data(), alone.size()))
        .containsExactly(alone.data(), within(1e-5f));
  }

  @Test
  void promptsOfABatchAreIndependent() {
    BertEncoder<Tensor> encoder = encoder(FixtureWeights.of(FIXTURE));
    int[][] ids = {{5, 9, 1, 0}, {7, 3, 8, 1}};
    int[][] mask = {{1, 1, 1, 0}, {1, 1, 1, 1}};
    Tensor both = encoder.encode(ids, Optional.of(mask));
    for (int i = 0; i < 2; i++) {
      Tensor alone = encoder.encode(new int[][] {ids[i]}, Optional.of(new int[][] {mask[i]}));
      assertThat(alone.data()).isEqualTo(ReferenceModels.samples(both, i, i + 1).data());
    }
  }

  @Test
  void theLengthOfTheTextCountsAndIsLimited() {
    BertEncoder<Tensor> encoder = encoder(FixtureWeights.of(FIXTURE));
    assertThat(encoder.encode(new int[1][40], Optional.empty()).shape().toArray())
        .containsExactly(1, 40, 32);
    assertThatThrownBy(() -> encoder.encode(new int[1][41], Optional.empty()))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("40")
        .hasMessageContaining("41");
  }

  @Test
  void idsOutsideTheVocabularyAreRefused() {
    BertEncoder<Tensor> encoder = encoder(FixtureWeights.of(FIXTURE));
    for (int id : new int[] {-1, 61}) {
      assertThatThrownBy(() -> encoder.encode(new int[][] {{1, id}}, Optional.empty()))
          .isInstanceOf(UsageException.class)
          .hasMessageContaining("Token id " + id)
          .hasMessageContaining("61");
    }
  }

  @Test
  void raggedRowsAreRefused() {
    BertEncoder<Tensor> encoder = encoder(FixtureWeights.of(FIXTURE));
    for (int[][] ids : List.of(new int[][] {{1, 2}, {1}}, new int[0][], new int[1][0])) {
      assertThatThrownBy(() -> encoder.encode(ids, Optional.empty()))
          .isInstanceOf(ShapeException.class)
          .hasMessageContaining("BERT");
    }
    assertThatThrownBy(
            () -> encoder.encode(new int[][] {{1, 2}}, Optional.of(new int[][] {{1, 1, 1}})))
        .isInstanceOf(ShapeException.class)
        .hasMessageContaining("mask");
  }

  @Test
  void damagedRowOfTheTokenTableIsFoundWhenItIsUsed() {
    FixtureWeights weights = FixtureWeights.of(FIXTURE);
    String name = "embeddings.word_embeddings.weight";
    float[] table = weights.get(name).data().clone();
    table[40 * 32] = Float.NaN;
    weights.with(name, Tensor.of(table, 61, 32));
    BertEncoder<Tensor> encoder = encoder(weights);
    encoder.encode(new int[][] {{39, 41}}, Optional.empty());
    assertThatThrownBy(() -> encoder.encode(new int[][] {{40}}, Optional.empty()))
        .isInstanceOf(NonFiniteException.class)
        .hasMessageContaining(name);
  }

  private BertEncoder<Tensor> encoder(FixtureWeights weights) {
    return new BertEncoder<>(
        BertConfig.fromJson(weights.config()), weights.parameters(), operators);
  }
}
