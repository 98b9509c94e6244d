package org.viditq.bench.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.viditq.core.pipeline.Clip;
import org.viditq.core.pipeline.Image;
import org.viditq.core.tensor.Tensor;
import org.viditq.media.EncodingOptions;
import org.viditq.media.MediaFormat;
import org.viditq.media.Provenance;

class PictureHashTest {
  private static byte[] png(float red, String model) {
    Tensor pixels = Tensor.zeros(8, 8, 3);
    pixels.data()[5] = red;
    return MediaFormat.PNG.encode(
        Clip.of(List.of(new Image(pixels)), 1),
        new Provenance(Map.of("model", model)),
        EncodingOptions.DEFAULT);
  }

  @Test
  void textsDoNotCountAndPixelsDo() {
    String hash = PictureHash.of(png(0, "a"));
    assertThat(PictureHash.of(png(0, "another"))).isEqualTo(hash);
    assertThat(PictureHash.of(png(1, "a"))).isNotEqualTo(hash);
  }

  @Test
  void whatIsNoPictureIsRefused() {
    byte[] png = png(0, "a");
    assertThatThrownBy(() -> PictureHash.of(new byte[3])).hasMessageContaining("too short");
    assertThatThrownBy(() -> PictureHash.of(Arrays.copyOf(png, 8)))
        .hasMessageContaining("no picture");
    assertThatThrownBy(() -> PictureHash.of(Arrays.copyOf(png, 30)))
        .hasMessageContaining("beyond its end");
  }
}
