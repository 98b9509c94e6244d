package org.viditq.cli.generate;

import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.viditq.core.error.UsageException;
import org.viditq.core.model.size.PictureSize;
import org.viditq.core.pipeline.DiffusionPipeline;
import org.viditq.core.pipeline.GenerationRequest;
import org.viditq.media.PictureFile;
import picocli.CommandLine.Option;

/** A picture to start from instead of noise alone. */
final class ImageOptions {
  /** That of diffusers' image-to-image pipelines. */
  private static final double DEFAULT_STRENGTH = 0.8;

  @Option(
      names = "--image",
      paramLabel = "FILE",
      description =
          "Start from this picture (PNG, JPEG, WebP), scaled and cropped to the size of the result;"
              + " for models that make pictures. Without --width and --height the result has its"
              + " shape.")
  private Path file;

  @Option(
      names = "--strength",
      paramLabel = "S",
      description =
          "How much of the picture is made anew: the share of the steps that are taken, above 0 to"
              + " 1. Default: 0.8.")
  private Double strength;

  private PictureFile picture;

  /**
   * @throws UsageException if there is a strength but no picture
   */
  void check() {
    if (strength != null && file == null) {
      throw new UsageException("--strength goes with --image; give a picture or leave it out.");
    }
  }

  private double strength() {
    return strength == null ? DEFAULT_STRENGTH : strength;
  }

  /**
   * Reads the picture, if there is one.
   *
   * @return its size
   * @throws UsageException if it cannot be read
   */
  Optional<PictureSize> read() {
    if (file != null) {
      picture = PictureFile.read(file);
    }
    return Optional.ofNullable(picture).map(PictureFile::size);
  }

  /**
   * @throws UsageException if the request cannot start from a picture
   */
  void requireFit(DiffusionPipeline pipeline, GenerationRequest request) {
    if (picture != null) {
      pipeline.requireStart(request, strength());
    }
  }

  /** The request, starting from the picture if there is one. */
  GenerationRequest start(DiffusionPipeline pipeline, GenerationRequest request) {
    if (picture == null) {
      return request;
    }
    PictureSize size = new PictureSize(request.height(), request.width());
    return request.startingFrom(pipeline.encodePicture(picture.fitted(size), strength()));
  }

  /** What pictures say about their start. */
  Map<String, String> facts() {
    return file == null
        ? Map.of()
        : Map.of("image", file.toString(), "strength", Double.toString(strength()));
  }
}
