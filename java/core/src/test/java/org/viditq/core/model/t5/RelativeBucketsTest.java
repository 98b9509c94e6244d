package org.viditq.core.model.t5;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RelativeBucketsTest {

  /** T5's own: 32 buckets up to distance 128. */
  @ParameterizedTest
  @CsvSource({
    "0, 0",
    "-1, 1",
    "-7, 7",
    "-8, 8",
    "-11, 8",
    "-12, 9",
    "-16, 10",
    "-32, 12",
    "-64, 14",
    "-127, 15",
    "-128, 15",
    "-5000, 15",
    "1, 17",
    "7, 23",
    "8, 24",
    "64, 30",
    "128, 31",
    "5000, 31"
  })
  void bucketsOfT5(int distance, int bucket) {
    assertThat(new RelativeBuckets(32, 128).bucket(distance)).isEqualTo(bucket);
  }

  @Test
  void bucketsNeverShrinkWithDistanceAndStayInTheirHalf() {
    for (int count : new int[] {4, 8, 16, 32, 64}) {
      RelativeBuckets buckets = new RelativeBuckets(count, 20 + count);
      for (int distance = 1; distance < 500; distance++) {
        assertThat(buckets.bucket(-distance))
            .isBetween(buckets.bucket(-distance + 1), count / 2 - 1);
        assertThat(buckets.bucket(distance)).isEqualTo(count / 2 + buckets.bucket(-distance));
      }
    }
  }

  @Test
  void tableIsByQueryThenKey() {
    RelativeBuckets buckets = new RelativeBuckets(8, 20);
    assertThat(buckets.table(2, 3))
        .containsExactly(
            buckets.bucket(0),
            buckets.bucket(1),
            buckets.bucket(2),
            buckets.bucket(-1),
            buckets.bucket(0),
            buckets.bucket(1));
  }
}
