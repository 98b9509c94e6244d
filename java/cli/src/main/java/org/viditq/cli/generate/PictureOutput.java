package org.viditq.cli.generate;

import static java.nio.file.LinkOption.NOFOLLOW_LINKS;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.viditq.cli.picture.PictureNames;
import org.viditq.core.error.OutputException;
import org.viditq.core.error.UsageException;
import org.viditq.core.io.AtomicOutput;
import org.viditq.core.io.IoReason;
import org.viditq.core.pipeline.Clip;
import org.viditq.core.pipeline.Image;
import org.viditq.media.EncodingOptions;
import org.viditq.media.MediaFormat;
import org.viditq.media.Provenance;

/**
 * Where pictures and clips go: one file, or a folder with one file for each. Opened before the
 * work, so that a place that cannot be written is known at once; appears whole at the end or not at
 * all.
 *
 * <p>Names in a folder tell the number of the prompt, what can be read of it, the seed, and the
 * fingerprint of everything else that the file says about itself, so that different pictures have
 * different names. Nothing that was there before is replaced unless that was asked for: a name that
 * exists gets a number.
 */
final class PictureOutput implements AutoCloseable {
  private final AtomicOutput output;
  private final boolean singleFile;
  private final MediaFormat format;
  private final EncodingOptions encoding;
  private final boolean force;

  /** Names in the folder, in the order of writing. */
  private final List<String> names = new ArrayList<>();

  private final Set<String> taken = new HashSet<>();

  private PictureOutput(
      AtomicOutput output,
      boolean singleFile,
      MediaFormat format,
      EncodingOptions encoding,
      boolean force) {
    this.output = output;
    this.singleFile = singleFile;
    this.format = format;
    this.encoding = encoding;
    this.force = force;
  }

  /**
   * @param force whether an existing file may be replaced
   * @param clips how many there will be
   * @throws UsageException if there are several, or the file exists
   * @throws OutputException if it cannot be written
   */
  static PictureOutput file(
      Path file, MediaFormat format, EncodingOptions encoding, boolean force, int clips) {
    if (clips > 1) {
      throw new UsageException(
          clips + " pictures cannot go to the one file " + file + "; give --out a folder.");
    }
    if (Files.isRegularFile(file) || Files.isSymbolicLink(file)) {
      requireForce(file, force);
    }
    return new PictureOutput(AtomicOutput.file(file), true, format, encoding, force);
  }

  private static void requireForce(Path file, boolean force) {
    if (!force) {
      throw new UsageException(
          "There is a file " + file + " already; replace it with --force, or give another name.");
    }
  }

  /**
   * @param force whether files of the same names may be replaced
   * @throws OutputException if it cannot be written
   */
  static PictureOutput folder(
      Path folder, MediaFormat format, EncodingOptions encoding, boolean force) {
    return new PictureOutput(AtomicOutput.folder(folder), false, format, encoding, force);
  }

  /** Writes a picture or clip. */
  void write(PictureJob job, Clip clip, Provenance provenance) {
    try {
      writeTemporary(job, clip, provenance);
    } catch (OutputException failed) {
      // Nobody knows the temporary name.
      String message =
          failed.getMessage().replace(output.path().toString(), output.target().toString());
      throw new OutputException(message, failed);
    }
  }

  private void writeTemporary(PictureJob job, Clip clip, Provenance provenance) {
    if (singleFile) {
      format.write(clip, output.path(), provenance, encoding);
      return;
    }
    String base =
        PictureNames.of(job.prompt() + 1, job.text(), job.seed().toString())
            + "-"
            + provenance.fingerprint();
    if (clip.isPicture() || format.holdsClips()) {
      String name = free(base, format.ending());
      names.add(name);
      format.write(clip, output.path().resolve(name), provenance, encoding);
    } else {
      String name = free(base, "");
      names.add(name);
      writeFrames(clip, output.path().resolve(name), provenance);
    }
  }

  /** One file per frame, numbered from 1 so that names sort as frames do. */
  private void writeFrames(Clip clip, Path folder, Provenance provenance) {
    try {
      Files.createDirectory(folder);
    } catch (IOException e) {
      throw new OutputException("Cannot write " + folder + ": " + IoReason.of(e) + ".", e);
    }
    int number = 1;
    for (Image frame : clip.images()) {
      String name = String.format(Locale.ROOT, "%04d%s", number++, format.ending());
      Clip picture = Clip.of(List.of(frame), clip.framesPerSecond());
      format.write(picture, folder.resolve(name), provenance, encoding);
    }
  }

  /** A name that neither this output nor, unless it may be replaced, the folder has. */
  private String free(String base, String ending) {
    String name = base + ending;
    for (int number = 2; !taken.add(name) || exists(name, ending); number++) {
      name = base + "-" + number + ending;
    }
    return name;
  }

  private boolean exists(String name, String ending) {
    // A folder of frames is never replaced: frames of a longer clip would stay.
    boolean replaceable = force && !ending.isEmpty();
    return !replaceable && Files.exists(output.target().resolve(name), NOFOLLOW_LINKS);
  }

  /**
   * Moves everything to its place.
   *
   * @return where it is, in the order of writing
   */
  List<Path> commit() {
    if (singleFile) {
      if (Files.exists(output.target(), NOFOLLOW_LINKS)) {
        requireForce(output.target(), force);
      }
      output.commit();
      return List.of(output.target());
    }
    for (int i = 0; i < names.size(); i++) {
      renameIfTakenMeanwhile(i);
    }
    output.commit();
    return names.stream().map(output.target()::resolve).toList();
  }

  /** Another program may have written to the folder since the name was chosen. */
  private void renameIfTakenMeanwhile(int index) {
    String name = names.get(index);
    String ending = Files.isDirectory(output.path().resolve(name)) ? "" : format.ending();
    if (!exists(name, ending)) {
      return;
    }
    String other = free(name.substring(0, name.length() - ending.length()), ending);
    try {
      Files.move(output.path().resolve(name), output.path().resolve(other));
    } catch (IOException e) {
      throw new OutputException(
          "Cannot write " + output.target().resolve(other) + ": " + IoReason.of(e) + ".", e);
    }
    names.set(index, other);
  }

  @Override
  public void close() {
    output.close();
  }
}
