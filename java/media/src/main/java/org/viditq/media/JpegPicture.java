package org.viditq.media;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import javax.imageio.IIOImage;
import javax.imageio.ImageTypeSpecifier;
import javax.imageio.ImageWriteParam;
import javax.imageio.metadata.IIOInvalidTreeException;
import javax.imageio.metadata.IIOMetadata;
import javax.imageio.metadata.IIOMetadataNode;
import org.viditq.core.pipeline.Image;

/** JPEG files that say how they were made, in EXIF. */
public final class JpegPicture {
  /** The longest side that the format's library takes. */
  static final int LONGEST_SIDE = 65_500;

  private static final int APP1 = 0xe1;
  private static final byte[] EXIF = "Exif\0\0".getBytes(StandardCharsets.US_ASCII);

  private JpegPicture() {}

  /**
   * Encodes a picture, its colours at half its resolution as is usual.
   *
   * @return the bytes of the file
   */
  public static byte[] encode(Image image, Provenance provenance, EncodingOptions options) {
    BufferedImage pixels = image.toBufferedImage();
    return ImageEncoding.of(
        "jpeg",
        writer -> {
          ImageWriteParam parameters = writer.getDefaultWriteParam();
          parameters.setCompressionMode(ImageWriteParam.MODE_EXPLICIT);
          parameters.setCompressionQuality(options.quality() / 100f);
          IIOMetadata metadata =
              writer.getDefaultImageMetadata(
                  ImageTypeSpecifier.createFromRenderedImage(pixels), parameters);
          addExif(metadata, provenance);
          writer.write(null, new IIOImage(pixels, null, metadata), parameters);
        });
  }

  private static void addExif(IIOMetadata metadata, Provenance provenance)
      throws IIOInvalidTreeException {
    ByteArrayOutputStream segment = new ByteArrayOutputStream();
    segment.writeBytes(EXIF);
    segment.writeBytes(ExifBlock.of(provenance));
    IIOMetadataNode marker = new IIOMetadataNode("unknown");
    marker.setAttribute("MarkerTag", Integer.toString(APP1));
    marker.setUserObject(segment.toByteArray());
    IIOMetadataNode sequence = new IIOMetadataNode("markerSequence");
    sequence.appendChild(marker);
    IIOMetadataNode root = new IIOMetadataNode(metadata.getNativeMetadataFormatName());
    root.appendChild(new IIOMetadataNode("JPEGvariety"));
    root.appendChild(sequence);
    metadata.mergeTree(metadata.getNativeMetadataFormatName(), root);
  }
}
