package org.viditq.media;

import static org.assertj.core.api.Assertions.assertThat;

import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.Map;
import java.util.TreeMap;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.metadata.IIOMetadata;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;
import org.viditq.core.pipeline.Image;
import org.viditq.core.tensor.Tensor;
import org.w3c.dom.Node;
import org.w3c.dom.NodeList;

class PngPictureTest {
  private static final Image IMAGE =
      new Image(Tensor.of(new float[] {1, 0, 0, 0, 1, 0, 0, 0, 1, 0.5f, 0.5f, 0.5f}, 2, 2, 3));

  @Test
  void thePixelsSurvive() throws IOException {
    BufferedImage read =
        ImageIO.read(new ByteArrayInputStream(PngPicture.encode(IMAGE, Provenance.NONE)));
    assertThat(read.getRGB(0, 0) & 0xffffff).isEqualTo(0xff0000);
    assertThat(read.getRGB(1, 0) & 0xffffff).isEqualTo(0x00ff00);
    assertThat(read.getRGB(0, 1) & 0xffffff).isEqualTo(0x0000ff);
    assertThat(read.getRGB(1, 1) & 0xffffff).isEqualTo(0x808080);
  }

  @ParameterizedTest
  @FieldSource("org.viditq.media.TestClips#NASTY_PROMPTS")
  void theTextsSurviveInAnyLanguage(String prompt) throws IOException {
    Provenance provenance = TestClips.provenance(prompt);
    assertThat(textsOf(PngPicture.encode(IMAGE, provenance))).isEqualTo(provenance.texts());
  }

  /** Readers take it for the end of the text. */
  @Test
  void noTextHoldsAZeroByte() throws IOException {
    byte[] png = PngPicture.encode(IMAGE, new Provenance(Map.of("prompt", "a\0b")));
    assertThat(textsOf(png)).containsExactly(Map.entry("prompt", "a\ufffdb"));
  }

  private static Map<String, String> textsOf(byte[] png) throws IOException {
    ImageReader reader = ImageIO.getImageReadersByFormatName("png").next();
    reader.setInput(ImageIO.createImageInputStream(new ByteArrayInputStream(png)));
    IIOMetadata metadata = reader.getImageMetadata(0);
    Map<String, String> texts = new TreeMap<>();
    NodeList chunks = metadata.getAsTree(metadata.getNativeMetadataFormatName()).getChildNodes();
    for (int i = 0; i < chunks.getLength(); i++) {
      if (chunks.item(i).getNodeName().equals("iTXt")) {
        NodeList entries = chunks.item(i).getChildNodes();
        for (int k = 0; k < entries.getLength(); k++) {
          texts.put(attribute(entries.item(k), "keyword"), attribute(entries.item(k), "text"));
        }
      }
    }
    reader.dispose();
    return texts;
  }

  private static String attribute(Node node, String name) {
    return node.getAttributes().getNamedItem(name).getNodeValue();
  }
}
