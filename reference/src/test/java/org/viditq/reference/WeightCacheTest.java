package org.viditq.reference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.viditq.reference.TestData.normal;

import java.util.ArrayList;
import java.util.List;
import org.ejml.data.DMatrixRMaj;
import org.junit.jupiter.api.Test;
import org.viditq.core.checkpoint.MemoryTensor;

class WeightCacheTest {
  private static final int BYTES = 3 * 5 * Double.BYTES;

  private static TransposedWeight weight(long seed) {
    return TransposedWeight.of(MemoryTensor.of("w", normal(seed, 3, 5)));
  }

  @Test
  void neverHoldsMoreThanItsBound() {
    WeightCache cache = new WeightCache(3 * BYTES + 7);
    List<TransposedWeight> weights = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      weights.add(weight(i));
    }
    for (int round = 0; round < 3; round++) {
      for (TransposedWeight weight : weights) {
        cache.get(weight);
        assertThat(cache.bytes()).isLessThanOrEqualTo(3 * BYTES);
      }
    }
    assertThat(cache.bytes()).isEqualTo(3 * BYTES);
  }

  @Test
  void dropsTheLeastRecentlyUsed() {
    WeightCache cache = new WeightCache(2 * BYTES);
    TransposedWeight a = weight(1);
    TransposedWeight b = weight(2);
    DMatrixRMaj first = cache.get(a);
    DMatrixRMaj second = cache.get(b);
    assertThat(cache.get(a)).isSameAs(first);
    cache.get(weight(3));
    assertThat(cache.get(a)).isSameAs(first);
    assertThat(cache.get(b)).isNotSameAs(second);
  }

  @Test
  void passesLargerWeightsThrough() {
    WeightCache cache = new WeightCache(2 * BYTES);
    TransposedWeight small = weight(1);
    DMatrixRMaj kept = cache.get(small);
    TransposedWeight large = TransposedWeight.of(MemoryTensor.of("w", normal(2, 7, 5)));
    assertThat(cache.get(large)).isNotSameAs(cache.get(large));
    assertThat(cache.get(small)).isSameAs(kept);
  }

  @Test
  void forgetsEverything() {
    WeightCache cache = new WeightCache(2 * BYTES);
    cache.get(weight(1));
    cache.clear();
    assertThat(cache.bytes()).isZero();
  }

  @Test
  void transposes() {
    DMatrixRMaj transposed =
        TransposedWeight.of(MemoryTensor.of("w", normal(4, 19, 2, 3))).convert();
    assertThat(transposed.numRows).isEqualTo(6);
    assertThat(transposed.numCols).isEqualTo(19);
    for (int o = 0; o < 19; o++) {
      for (int i = 0; i < 6; i++) {
        assertThat(transposed.get(i, o)).isEqualTo(normal(4, 19, 6).data()[o * 6 + i]);
      }
    }
  }
}
