package org.viditq.core.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.viditq.core.error.UsageException;
import org.viditq.core.model.LatentGeometry;
import org.viditq.core.model.LatentGeometry.Patch;

class LatentGridTest {
  private final LatentGrid grid = new LatentGrid(8, LatentGeometry.image(4, 8, 2, 64));

  @Test
  void multiplesOfThePatchAreTaken() {
    assertThatCode(() -> grid.requireSize(1, 512, 16)).doesNotThrowAnyException();
    assertThat(grid.shape(3, 1, 512, 16)).containsExactly(3, 4, 64, 2);
  }

  @ParameterizedTest
  @CsvSource({
    "520, 512, 'height of 520', '512 or 528'",
    "512, 24, 'width of 24', '16 or 32'",
    "8, 512, 'height of 8', 'take 16'",
    "16, 16400, 'width of 16400', '16384 allowed'"
  })
  void otherSizesNameTheAllowedOnes(int height, int width, String side, String allowed) {
    assertThatThrownBy(() -> grid.requireSize(1, height, width))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining(side)
        .hasMessageContaining(allowed);
  }

  @Test
  void framesMustFitThePatchAndTheModel() {
    LatentGrid video =
        new LatentGrid(8, new LatentGeometry(4, 8, new Patch(2, 2, 1), OptionalInt.of(16), 32, 32));
    assertThatCode(() -> video.requireSize(4, 16, 8)).doesNotThrowAnyException();
    assertThat(video.shape(1, 4, 16, 8)).containsExactly(1, 4, 4, 2, 1);
    assertThatThrownBy(() -> video.requireSize(5, 16, 8))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("frames is 5")
        .hasMessageContaining("4 or 6");
    assertThatThrownBy(() -> video.requireSize(1 << 20, 16, 8))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("4096");
    assertThatThrownBy(() -> grid.requireSize(2, 16, 16))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("makes pictures");
  }
}
