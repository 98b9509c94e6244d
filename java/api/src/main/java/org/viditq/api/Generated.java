package org.viditq.api;

import java.awt.image.BufferedImage;
import java.nio.file.Path;
import org.viditq.core.error.Printable;
import org.viditq.core.error.UsageException;
import org.viditq.core.io.AtomicOutput;
import org.viditq.core.pipeline.Clip;
import org.viditq.media.EncodingOptions;
import org.viditq.media.MediaFormat;
import org.viditq.media.Provenance;

/**
 * A picture or clip that was made.
 *
 * @param clip its pixels; a picture is a clip of one frame
 * @param provenance how it was made, which its file carries
 */
public record Generated(Clip clip, Provenance provenance) {
  /**
   * The picture, or the first frame of the clip, in eight bits per channel; a new one each time.
   */
  public BufferedImage toBufferedImage() {
    return clip.frame(0).toBufferedImage();
  }

  /** As {@link #write(Path, EncodingOptions)}, encoded as the viditq command does by default. */
  public void write(Path file) {
    write(file, EncodingOptions.DEFAULT);
  }

  /**
   * Writes a file in the format of its ending; it appears whole or not at all, and replaces one of
   * its name.
   *
   * @throws UsageException if the ending stands for no format, or for one that cannot hold this
   * @throws org.viditq.core.error.OutputException if the file cannot be written
   */
  public void write(Path file, EncodingOptions options) {
    MediaFormat format =
        MediaFormat.ofFile(file)
            .orElseThrow(
                () ->
                    new UsageException(
                        "The ending of "
                            + Printable.line(file.toString())
                            + " stands for no format; give "
                            + MediaFormat.allEndings()
                            + "."));
    format.requireFit(clip.frames(), clip.height(), clip.width());
    try (AtomicOutput output = AtomicOutput.file(file)) {
      format.write(clip, output.path(), provenance, options);
      output.commit();
    }
  }
}
