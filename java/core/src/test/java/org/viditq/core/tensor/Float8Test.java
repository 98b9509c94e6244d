package org.viditq.core.tensor;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.viditq.core.checkpoint.Checkpoint;
import org.viditq.core.checkpoint.Checkpoints;

class Float8Test {
  /** What PyTorch makes of all 256 codes. */
  private static final Path TABLES =
      Path.of("src/test/resources/checkpoints/float8-tables.safetensors");

  @ParameterizedTest
  @CsvSource({
    "E4M3, F8_E4M3",
    "E5M2, F8_E5M2",
    "E8M0, F8_E8M0",
    "E4M3_FNUZ, F8_E4M3FNUZ",
    "E5M2_FNUZ, F8_E5M2FNUZ"
  })
  void everyCodeIsThatOfPyTorch(Float8 type, String table) {
    try (Checkpoint tables = Checkpoints.open(TABLES)) {
      float[] expected = tables.get(table).toTensor().data();
      for (int code = 0; code < 256; code++) {
        float value = type.toFloat(code);
        if (Float.isNaN(expected[code])) {
          assertThat(value).as("code %x", code).isNaN();
        } else {
          // To the bit, so that zeros keep their sign.
          assertThat(Float.floatToRawIntBits(value))
              .as("code %x", code)
              .isEqualTo(Float.floatToRawIntBits(expected[code]));
        }
      }
    }
  }

  @Test
  void extremesAreThoseOfTheSpecification() {
    assertThat(Float8.E4M3.toFloat(0x7e)).isEqualTo(448);
    assertThat(Float8.E4M3.toFloat(0x01)).isEqualTo(0x1p-9f);
    assertThat(Float8.E4M3.toFloat(0x7f)).isNaN();
    assertThat(Float8.E4M3.toFloat((byte) 0xff)).isNaN();
    assertThat(Float8.E5M2.toFloat(0x7b)).isEqualTo(57344);
    assertThat(Float8.E5M2.toFloat(0x7c)).isEqualTo(Float.POSITIVE_INFINITY);
    assertThat(Float8.E5M2.toFloat((byte) 0xfc)).isEqualTo(Float.NEGATIVE_INFINITY);
    assertThat(Float8.E5M2.toFloat(0x7d)).isNaN();
    assertThat(Float8.E5M2.toFloat(0x01)).isEqualTo(0x1p-16f);
    assertThat(Float8.E8M0.toFloat(0)).isEqualTo(0x1p-127f);
    assertThat(Float8.E8M0.toFloat(254)).isEqualTo(0x1p127f);
    assertThat(Float8.E4M3_FNUZ.toFloat(0x7f)).isEqualTo(240);
    assertThat(Float8.E5M2_FNUZ.toFloat(0x7f)).isEqualTo(57344);
    assertThat(Float8.E4M3_FNUZ.toFloat(0x80)).isNaN();
  }

  /** OCP MX specification 1.0, table 5. */
  @Test
  void fourBitsAreThoseOfTheSpecification() {
    float[] positive = {0, 0.5f, 1, 1.5f, 2, 3, 4, 6};
    for (int code = 0; code < 8; code++) {
      assertThat(Float4.toFloat(code)).isEqualTo(positive[code]);
      assertThat(Float.floatToRawIntBits(Float4.toFloat(code | 8)))
          .isEqualTo(Float.floatToRawIntBits(-positive[code]));
    }
  }
}
