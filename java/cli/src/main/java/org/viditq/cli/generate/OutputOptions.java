package org.viditq.cli.generate;

import java.nio.file.Path;
import java.util.Optional;
import org.viditq.cli.console.Console;
import org.viditq.core.error.UsageException;
import org.viditq.core.pipeline.GenerationRequest;
import org.viditq.media.EncodingOptions;
import org.viditq.media.MediaFormat;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** Where pictures and clips go, and as what. */
final class OutputOptions {
  @Option(
      names = "--out",
      paramLabel = "FILE|DIR",
      description =
          "A .png, .jpg, .webp, .gif or .mp4 file for a single picture or clip, otherwise a"
              + " folder.")
  private String out;

  @Option(
      names = "--format",
      paramLabel = "F",
      converter = FormatConverter.class,
      description =
          "In a folder: png, jpeg, webp, gif or mp4. With png and jpeg a clip becomes a folder of"
              + " frames. Default: png for pictures, mp4 for clips.")
  private MediaFormat format;

  @Option(
      names = "--quality",
      paramLabel = "N",
      defaultValue = "95",
      description =
          "Of JPEG, WebP and MP4: 1 (small files) to 100 (close to the pixels). Default:"
              + " ${DEFAULT-VALUE}.")
  private int quality;

  @Option(
      names = "--no-dither",
      description = "GIF files with flat areas instead of mixed colours; they are smaller.")
  private boolean noDither;

  @Option(
      names = "--force",
      description = "Replace files that exist; without it they are kept, and new names are found.")
  private boolean force;

  /** Takes {@code jpg} as well. */
  static final class FormatConverter implements ITypeConverter<MediaFormat> {
    @Override
    public MediaFormat convert(String text) {
      return MediaFormat.ofName(text)
          .orElseThrow(
              () ->
                  new TypeConversionException(
                      "there is no format " + text + ", only png, jpeg, webp, gif and mp4"));
    }
  }

  /** Whether anything is to be written. */
  boolean given() {
    return out != null;
  }

  /** The file that is written; empty for none, and for a folder. */
  Optional<Path> file() {
    return out == null
        ? Optional.empty()
        : Optional.of(OutputPlace.of(out))
            .filter(p -> p.format().isPresent())
            .map(OutputPlace::path);
  }

  /** Whether existing files may be replaced. */
  boolean force() {
    return force;
  }

  /**
   * Opens the place for the results of a request.
   *
   * @param clips how many pictures or clips there will be
   * @throws UsageException if they cannot go there, or an existing file would be replaced
   * @throws org.viditq.core.error.OutputException if nothing can be written there
   */
  PictureOutput open(GenerationRequest request, int clips, Console console) {
    OutputPlace place = OutputPlace.of(out);
    EncodingOptions encoding = new EncodingOptions(quality, !noDither);
    if (place.format().isPresent()) {
      MediaFormat ofFile = place.format().get();
      if (format != null && format != ofFile) {
        throw new UsageException(
            "--format " + format.id() + " contradicts the ending of " + out + "; leave one out.");
      }
      ofFile.requireFit(
          request.frames(), request.outputSize().height(), request.outputSize().width());
      return PictureOutput.file(place.path(), ofFile, encoding, force, clips);
    }
    MediaFormat chosen = format == null ? usual(request, console) : format;
    boolean frameByFrame = request.frames() > 1 && !chosen.holdsClips();
    chosen.requireFit(
        frameByFrame ? 1 : request.frames(),
        request.outputSize().height(),
        request.outputSize().width());
    return PictureOutput.folder(place.path(), chosen, encoding, force);
  }

  /** MP4 for clips where this machine can write it and the format holds them. */
  private static MediaFormat usual(GenerationRequest request, Console console) {
    if (request.frames() == 1) {
      return MediaFormat.PNG;
    }
    Optional<String> misfit =
        MediaFormat.MP4.misfit(
            request.frames(), request.outputSize().height(), request.outputSize().width());
    misfit.ifPresent(
        reason -> console.note("Clips become " + MediaFormat.GIF.ending() + " files: " + reason));
    return misfit.isEmpty() ? MediaFormat.MP4 : MediaFormat.GIF;
  }
}
