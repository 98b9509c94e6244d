package org.viditq.cli.generate;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import org.viditq.cli.picture.PictureNames;
import org.viditq.core.error.OutputException;
import org.viditq.core.error.UsageException;
import org.viditq.core.io.AtomicOutput;
import org.viditq.core.io.IoReason;

/**
 * Where pictures go: one file, or a folder with one file per picture. Opened before the work, so
 * that a place that cannot be written is known at once; appears whole at the end or not at all.
 */
final class PictureOutput implements AutoCloseable {
  private final AtomicOutput output;
  private final boolean singleFile;

  private PictureOutput(AtomicOutput output, boolean singleFile) {
    this.output = output;
    this.singleFile = singleFile;
  }

  /**
   * @param out a file if it ends with .png, otherwise a folder
   * @throws UsageException if several pictures are to go to one file
   * @throws OutputException if it cannot be written
   */
  static PictureOutput open(Path out, int pictures) {
    boolean file = out.toString().toLowerCase(Locale.ROOT).endsWith(".png");
    if (file && pictures > 1) {
      throw new UsageException(
          pictures + " pictures cannot go to the one file " + out + "; give --out a folder.");
    }
    return new PictureOutput(file ? AtomicOutput.file(out) : AtomicOutput.folder(out), file);
  }

  /**
   * Writes a picture.
   *
   * @return where it will be
   */
  Path write(PictureJob job, byte[] png) {
    Path name = Path.of(PictureNames.of(job.prompt() + 1, job.text(), job.seed()));
    Path temporary = singleFile ? output.path() : output.path().resolve(name);
    Path target = singleFile ? output.target() : output.target().resolve(name);
    try {
      Files.write(temporary, png);
    } catch (IOException e) {
      throw new OutputException("Cannot write " + target + ": " + IoReason.of(e) + ".", e);
    }
    return target;
  }

  void commit() {
    output.commit();
  }

  @Override
  public void close() {
    output.close();
  }
}
