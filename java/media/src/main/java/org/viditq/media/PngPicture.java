package org.viditq.media;

import java.awt.image.BufferedImage;
import javax.imageio.IIOImage;
import javax.imageio.ImageTypeSpecifier;
import javax.imageio.metadata.IIOInvalidTreeException;
import javax.imageio.metadata.IIOMetadata;
import javax.imageio.metadata.IIOMetadataNode;
import org.viditq.core.pipeline.Image;

/** PNG files that say how they were made. */
public final class PngPicture {
  private PngPicture() {}

  /**
   * Encodes a picture with eight bits per channel.
   *
   * @param provenance becomes an international text chunk (iTXt, PNG specification section 11.3.4)
   *     per keyword, with the replacement character for U+0000, which no text chunk may hold
   * @return the bytes of the file
   */
  public static byte[] encode(Image image, Provenance provenance) {
    BufferedImage pixels = image.toBufferedImage();
    return ImageEncoding.of(
        "png",
        writer -> {
          IIOMetadata metadata =
              writer.getDefaultImageMetadata(
                  ImageTypeSpecifier.createFromRenderedImage(pixels),
                  writer.getDefaultWriteParam());
          addTexts(metadata, provenance);
          writer.write(new IIOImage(pixels, null, metadata));
        });
  }

  private static void addTexts(IIOMetadata metadata, Provenance provenance)
      throws IIOInvalidTreeException {
    IIOMetadataNode chunks = new IIOMetadataNode("iTXt");
    provenance
        .texts()
        .forEach(
            (keyword, text) -> {
              IIOMetadataNode entry = new IIOMetadataNode("iTXtEntry");
              entry.setAttribute("keyword", keyword);
              entry.setAttribute("compressionFlag", "FALSE");
              entry.setAttribute("compressionMethod", "0");
              entry.setAttribute("languageTag", "");
              entry.setAttribute("translatedKeyword", "");
              entry.setAttribute("text", text.replace('\0', '\ufffd'));
              chunks.appendChild(entry);
            });
    IIOMetadataNode root = new IIOMetadataNode(metadata.getNativeMetadataFormatName());
    root.appendChild(chunks);
    metadata.mergeTree(metadata.getNativeMetadataFormatName(), root);
  }
}
