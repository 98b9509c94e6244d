package org.viditq.core.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.viditq.core.error.UsageException;

class LatentGridTest {
  private final LatentGrid grid = new LatentGrid(8, 2);

  @Test
  void multiplesOfThePatchAreTaken() {
    assertThatCode(() -> grid.requireSize(512, 16)).doesNotThrowAnyException();
    assertThat(grid.extent(512)).isEqualTo(64);
  }

  @ParameterizedTest
  @CsvSource({
    "520, 512, 'height of 520', '512 or 528'",
    "512, 24, 'width of 24', '16 or 32'",
    "8, 512, 'height of 8', 'take 16'",
    "16, 16400, 'width of 16400', '16384 allowed'"
  })
  void otherSizesNameTheAllowedOnes(int height, int width, String side, String allowed) {
    assertThatThrownBy(() -> grid.requireSize(height, width))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining(side)
        .hasMessageContaining(allowed);
  }
}
