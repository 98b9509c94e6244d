package org.viditq.cli.picture;

import static org.assertj.core.api.Assertions.assertThat;

import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.viditq.core.pipeline.Image;
import org.viditq.core.tensor.Tensor;
import org.viditq.media.PngPicture;
import org.viditq.media.Provenance;

class ContactSheetTest {
  @Test
  void columnsStandSideBySideEnlargedByWholePixels() throws IOException {
    byte[] sheet =
        ContactSheet.of(
            List.of(
                List.of(gray(0f), gray(0.2f)),
                List.of(gray(0.4f), gray(0.6f)),
                List.of(gray(0.8f), gray(1f))));

    BufferedImage picture = ImageIO.read(new ByteArrayInputStream(sheet));
    // 64 wide and 32 high become 256 by 128, with gaps of 6 around.
    assertThat(picture.getWidth()).isEqualTo(6 + 3 * (256 + 6));
    assertThat(picture.getHeight()).isEqualTo(6 + 2 * (128 + 6));
    assertThat(picture.getRGB(0, 0) & 0xff).isEqualTo(255);
    assertThat(picture.getRGB(6, 6) & 0xff).isZero();
    assertThat(picture.getRGB(6 + 255, 6 + 127 + 6 + 128) & 0xff).isEqualTo(51);
    assertThat(picture.getRGB(6 + 262, 6) & 0xff).isEqualTo(102);
    assertThat(picture.getRGB(6 + 2 * 262, 6 + 134) & 0xff).isEqualTo(255);
  }

  private static byte[] gray(float value) {
    return PngPicture.encode(new Image(Tensor.full(value, 32, 64, 3)), Provenance.NONE);
  }
}
