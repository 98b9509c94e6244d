package org.viditq.media;

import java.awt.image.BufferedImage;
import java.awt.image.DataBufferByte;
import java.awt.image.IndexColorModel;
import java.util.List;
import javax.imageio.IIOImage;
import javax.imageio.ImageTypeSpecifier;
import javax.imageio.ImageWriter;
import javax.imageio.metadata.IIOInvalidTreeException;
import javax.imageio.metadata.IIOMetadata;
import javax.imageio.metadata.IIOMetadataNode;
import org.viditq.core.pipeline.Clip;

/** Animated GIF files that say how they were made, in a comment. */
public final class GifClip {
  static final int LONGEST_SIDE = 65_535;

  /** Viewers show frames of a hundredth of a second or less at a tenth. */
  private static final int SHORTEST_DELAY = 2;

  private static final int LONGEST_DELAY = 65_535;
  private static final int HUNDREDTHS = 100;

  /** Loop extension of Netscape: sub-block 1, then the number of loops, 0 for ever. */
  private static final byte[] FOR_EVER = {1, 0, 0};

  private GifClip() {}

  /**
   * Encodes a clip with one palette for all frames; it loops for ever. The format counts in
   * hundredths of a second: frames are shown at the nearest one to their time, so that the clip
   * keeps its length, but no faster than 50 per second.
   *
   * @return the bytes of the file
   */
  public static byte[] encode(Clip clip, Provenance provenance, EncodingOptions options) {
    List<FramePixels> frames = clip.images().stream().map(FramePixels::of).toList();
    GifPalette palette = GifPalette.of(frames);
    IndexColorModel model = palette.model();
    return ImageEncoding.of(
        "gif",
        writer -> {
          writer.prepareWriteSequence(screen(writer, clip, model));
          for (int t = 0; t < frames.size(); t++) {
            FramePixels frame = frames.get(t);
            BufferedImage image =
                new BufferedImage(
                    frame.width(), frame.height(), BufferedImage.TYPE_BYTE_INDEXED, model);
            byte[] indices = options.dither() ? palette.mapDithered(frame) : palette.map(frame);
            System.arraycopy(
                indices,
                0,
                ((DataBufferByte) image.getRaster().getDataBuffer()).getData(),
                0,
                indices.length);
            IIOMetadata metadata =
                writer.getDefaultImageMetadata(
                    ImageTypeSpecifier.createFromRenderedImage(image), null);
            describe(metadata, clip, t, provenance);
            writer.writeToSequence(new IIOImage(image, null, metadata), null);
          }
          writer.endWriteSequence();
        });
  }

  /** The canvas and the colours of all frames. */
  private static IIOMetadata screen(ImageWriter writer, Clip clip, IndexColorModel model)
      throws IIOInvalidTreeException {
    IIOMetadata metadata = writer.getDefaultStreamMetadata(null);
    String format = metadata.getNativeMetadataFormatName();
    IIOMetadataNode root = new IIOMetadataNode(format);
    IIOMetadataNode descriptor = child(root, "LogicalScreenDescriptor");
    descriptor.setAttribute("logicalScreenWidth", Integer.toString(clip.width()));
    descriptor.setAttribute("logicalScreenHeight", Integer.toString(clip.height()));
    descriptor.setAttribute("colorResolution", "8");
    descriptor.setAttribute("pixelAspectRatio", "0");
    IIOMetadataNode table = child(root, "GlobalColorTable");
    table.setAttribute("sizeOfGlobalColorTable", Integer.toString(model.getMapSize()));
    table.setAttribute("backgroundColorIndex", "0");
    table.setAttribute("sortFlag", "FALSE");
    for (int i = 0; i < model.getMapSize(); i++) {
      IIOMetadataNode entry = new IIOMetadataNode("ColorTableEntry");
      entry.setAttribute("index", Integer.toString(i));
      entry.setAttribute("red", Integer.toString(model.getRed(i)));
      entry.setAttribute("green", Integer.toString(model.getGreen(i)));
      entry.setAttribute("blue", Integer.toString(model.getBlue(i)));
      table.appendChild(entry);
    }
    metadata.mergeTree(format, root);
    return metadata;
  }

  private static void describe(IIOMetadata metadata, Clip clip, int frame, Provenance provenance)
      throws IIOInvalidTreeException {
    String format = metadata.getNativeMetadataFormatName();
    IIOMetadataNode root = (IIOMetadataNode) metadata.getAsTree(format);
    for (int i = root.getLength() - 1; i >= 0; i--) {
      if (root.item(i).getNodeName().equals("LocalColorTable")) {
        root.removeChild(root.item(i));
      }
    }
    child(root, "ImageDescriptor").setAttribute("interlaceFlag", "FALSE");
    if (!clip.isPicture()) {
      IIOMetadataNode control = child(root, "GraphicControlExtension");
      control.setAttribute("disposalMethod", "none");
      control.setAttribute("userInputFlag", "FALSE");
      control.setAttribute("transparentColorFlag", "FALSE");
      control.setAttribute("transparentColorIndex", "0");
      control.setAttribute("delayTime", Integer.toString(delay(clip.framesPerSecond(), frame)));
      if (frame == 0) {
        IIOMetadataNode loop = new IIOMetadataNode("ApplicationExtension");
        loop.setAttribute("applicationID", "NETSCAPE");
        loop.setAttribute("authenticationCode", "2.0");
        loop.setUserObject(FOR_EVER.clone());
        child(root, "ApplicationExtensions").appendChild(loop);
      }
    }
    if (frame == 0) {
      IIOMetadataNode comment = new IIOMetadataNode("CommentExtension");
      // Comments are ASCII (GIF89a, section 24).
      comment.setAttribute("value", provenance.asciiJson());
      child(root, "CommentExtensions").appendChild(comment);
    }
    metadata.setFromTree(format, root);
  }

  /** In hundredths of a second, from the rounded time of a frame to that of the next. */
  static int delay(double framesPerSecond, int frame) {
    double each = HUNDREDTHS / framesPerSecond;
    long delay = Math.round((frame + 1) * each) - Math.round(frame * each);
    return (int) Math.max(SHORTEST_DELAY, Math.min(LONGEST_DELAY, delay));
  }

  private static IIOMetadataNode child(IIOMetadataNode root, String name) {
    for (int i = 0; i < root.getLength(); i++) {
      if (root.item(i).getNodeName().equals(name)) {
        return (IIOMetadataNode) root.item(i);
      }
    }
    IIOMetadataNode child = new IIOMetadataNode(name);
    root.appendChild(child);
    return child;
  }
}
