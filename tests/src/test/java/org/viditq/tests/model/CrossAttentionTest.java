package org.viditq.tests.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.viditq.core.checkpoint.MemoryCheckpoint;
import org.viditq.core.checkpoint.MemoryTensor;
import org.viditq.core.checkpoint.StoredTensor;
import org.viditq.core.error.ShapeException;
import org.viditq.core.model.CheckpointParameters;
import org.viditq.core.model.layer.CrossAttention;
import org.viditq.core.model.layer.LayerLoader;
import org.viditq.core.model.layer.TextTokens;
import org.viditq.core.operators.Operators;
import org.viditq.core.tensor.Tensor;

/** Removing masked text and hiding it with a bias are the same, wherever the holes are. */
class CrossAttentionTest {
  private static final int CHANNELS = 12;
  private static final int HEADS = 3;

  private final Operators<Tensor> operators = ReferenceModels.operators();

  @AfterEach
  void close() {
    operators.close();
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void packedTextIsPaddedTextWithoutItsPadding(long seed) {
    Random random = new Random(seed);
    int batch = 1 + random.nextInt(3);
    int length = 1 + random.nextInt(9);
    LayerLoader<Tensor> weights = weights(random);
    Tensor x = gaussian(random, batch, 5, CHANNELS);
    Tensor text = gaussian(random, batch, length, CHANNELS);
    Tensor mask = mask(random, batch, length);
    Tensor padded =
        CrossAttention.diffusers(weights, CHANNELS, CHANNELS, HEADS, true)
            .forward(x, TextTokens.padded(operators, text, Optional.of(mask)));
    Tensor packed =
        CrossAttention.original(weights, CHANNELS, HEADS)
            .forward(x, TextTokens.packed(operators, text, Optional.of(mask)));
    assertThat(packed.data()).containsExactly(padded.data(), within(1e-5f));
  }

  @Test
  void packingKeepsValidRowsInOrder() {
    Tensor text = Tensor.of(new float[] {10, 11, 12, 13, 20, 21, 22, 23}, 2, 4, 1);
    Tensor mask = Tensor.of(new float[] {0, 1, 0, 1, 1, 0, 0, 1}, 2, 4);
    TextTokens<Tensor> packed = TextTokens.packed(operators, text, Optional.of(mask));
    assertThat(packed.tokens().shape().toArray()).containsExactly(1, 4, 1);
    assertThat(packed.tokens().data()).containsExactly(11, 13, 20, 23);
    assertThat(packed.lengths().orElseThrow()).containsExactly(2, 2);
  }

  @Test
  void maskOfAnotherShapeIsRefused() {
    assertThatThrownBy(
            () ->
                TextTokens.packed(
                    operators, Tensor.zeros(2, 4, 1), Optional.of(Tensor.full(1, 4, 2))))
        .isInstanceOf(ShapeException.class)
        .hasMessageContaining("[2, 4]")
        .hasMessageContaining("[4, 2]");
  }

  /** The same projections under the names of both layouts. */
  private LayerLoader<Tensor> weights(Random random) {
    List<StoredTensor> tensors = new ArrayList<>();
    add(tensors, gaussian(random, CHANNELS, CHANNELS), "to_q.weight", "q_linear.weight");
    add(tensors, gaussian(random, CHANNELS), "to_q.bias", "q_linear.bias");
    add(tensors, gaussian(random, CHANNELS, CHANNELS), "to_out.0.weight", "proj.weight");
    add(tensors, gaussian(random, CHANNELS), "to_out.0.bias", "proj.bias");
    Tensor weight = gaussian(random, 2 * CHANNELS, CHANNELS);
    Tensor bias = gaussian(random, 2 * CHANNELS);
    add(tensors, weight, "kv_linear.weight");
    add(tensors, bias, "kv_linear.bias");
    add(tensors, ReferenceModels.samples(weight, 0, CHANNELS), "to_k.weight");
    add(tensors, ReferenceModels.samples(bias, 0, CHANNELS), "to_k.bias");
    add(tensors, ReferenceModels.samples(weight, CHANNELS, 2 * CHANNELS), "to_v.weight");
    add(tensors, ReferenceModels.samples(bias, CHANNELS, 2 * CHANNELS), "to_v.bias");
    return new LayerLoader<>(
        operators, new CheckpointParameters(new MemoryCheckpoint("memory", tensors)));
  }

  private static void add(List<StoredTensor> tensors, Tensor tensor, String... names) {
    for (String name : names) {
      tensors.add(MemoryTensor.of(name, tensor));
    }
  }

  /** At least one token per sample, holes anywhere. */
  private static Tensor mask(Random random, int batch, int length) {
    float[] mask = new float[batch * length];
    for (int sample = 0; sample < batch; sample++) {
      for (int i = 0; i < length; i++) {
        mask[sample * length + i] = random.nextInt(2);
      }
      mask[sample * length + random.nextInt(length)] = 1;
    }
    return Tensor.of(mask, batch, length);
  }

  private static Tensor gaussian(Random random, int... dims) {
    Tensor tensor = Tensor.zeros(dims);
    for (int i = 0; i < tensor.size(); i++) {
      tensor.data()[i] = (float) (0.5 * random.nextGaussian());
    }
    return tensor;
  }
}
