package org.viditq.media;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;
import org.viditq.core.error.OutputException;
import org.viditq.core.error.UsageException;
import org.viditq.core.io.IoReason;
import org.viditq.core.pipeline.Clip;

/** The formats of picture and clip files, found by name or by the ending of a file. */
public enum MediaFormat {
  /** Lossless; pictures only. */
  PNG(List.of(".png"), false, false, Integer.MAX_VALUE),
  /** Lossy; pictures only. */
  JPEG(List.of(".jpg", ".jpeg"), false, false, JpegPicture.LONGEST_SIDE),
  /** Lossy; pictures and clips. */
  WEBP(List.of(".webp"), true, true, WebpClip.LONGEST_SIDE),
  /** 256 colours; pictures and clips. */
  GIF(List.of(".gif"), true, false, GifClip.LONGEST_SIDE),
  /** H.264; clips, of which a picture is one of one frame. */
  MP4(List.of(".mp4"), true, true, Mp4Clip.LONGEST_SIDE);

  private final List<String> endings;
  private final boolean holdsClips;
  private final boolean needsFfmpeg;
  private final int longestSide;

  MediaFormat(List<String> endings, boolean holdsClips, boolean needsFfmpeg, int longestSide) {
    this.endings = endings;
    this.holdsClips = holdsClips;
    this.needsFfmpeg = needsFfmpeg;
    this.longestSide = longestSide;
  }

  /** The format that a file's ending stands for, in any case; empty for any other ending. */
  public static Optional<MediaFormat> ofFile(Path file) {
    Path name = file.getFileName();
    String lower = name == null ? "" : name.toString().toLowerCase(Locale.ROOT);
    // A name that is nothing but an ending is a hidden file without one.
    return Arrays.stream(values())
        .filter(
            format ->
                format.endings.stream()
                    .anyMatch(e -> lower.length() > e.length() && lower.endsWith(e)))
        .findFirst();
  }

  /** The format with this {@link #id} or ending without its dot, in any case. */
  public static Optional<MediaFormat> ofName(String name) {
    String lower = name.toLowerCase(Locale.ROOT);
    return Arrays.stream(values())
        .filter(format -> format.id().equals(lower) || format.endings.contains("." + lower))
        .findFirst();
  }

  /** All endings as a sentence lists them: {@code .png, .jpg, …, .gif or .mp4}. */
  public static String allEndings() {
    List<String> all = Arrays.stream(values()).flatMap(f -> f.endings.stream()).toList();
    return String.join(", ", all.subList(0, all.size() - 1)) + " or " + all.get(all.size() - 1);
  }

  /** What {@code --format} calls it, for example {@code jpeg}. */
  public String id() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** The usual ending, with its dot. */
  public String ending() {
    return endings.get(0);
  }

  /** Whether one file holds any number of frames; otherwise it holds one. */
  public boolean holdsClips() {
    return holdsClips;
  }

  /** Why this machine cannot write it, without a full stop; empty if it can. */
  public Optional<String> unavailable() {
    return needsFfmpeg ? Ffmpeg.unavailable() : Optional.empty();
  }

  /**
   * Why a file of this format cannot hold a clip, or cannot be written on this machine, as a
   * sentence with advice; empty if it can.
   */
  public Optional<String> misfit(int frames, int height, int width) {
    if (frames > 1 && !holdsClips) {
      return Optional.of(
          "A "
              + label()
              + " file holds one picture, not a clip of "
              + frames
              + " frames; write "
              + clipEndings()
              + ", or --format "
              + id()
              + " into a folder for one file per frame.");
    }
    if (Math.max(height, width) > longestSide) {
      return Optional.of(
          wrongSize("sides of at most " + longestSide + " pixels", height, width, PNG));
    }
    if (this == MP4 && Math.min(height, width) < Mp4Clip.SHORTEST_SIDE) {
      return Optional.of(
          wrongSize("sides of at least " + Mp4Clip.SHORTEST_SIDE + " pixels", height, width, GIF));
    }
    if (this == MP4 && Mp4Clip.macroblocks(height, width) > Mp4Clip.MOST_MACROBLOCKS) {
      return Optional.of(
          wrongSize("at most " + Mp4Clip.MOST_MACROBLOCKS * 256L + " pixels", height, width, GIF));
    }
    return unavailable()
        .map(
            reason ->
                label()
                    + " files cannot be written here: "
                    + reason
                    + "; write "
                    + available()
                    + " instead.");
  }

  /**
   * Says before any work whether a file can be written.
   *
   * @throws UsageException with the sentence of {@link #misfit}
   */
  public void requireFit(int frames, int height, int width) {
    misfit(frames, height, width)
        .ifPresent(
            sentence -> {
              throw new UsageException(sentence);
            });
  }

  private String wrongSize(String has, int height, int width, MediaFormat instead) {
    return "A file of format "
        + label()
        + " has "
        + has
        + ", not "
        + width
        + " x "
        + height
        + "; write another format, for example "
        + instead.ending()
        + ".";
  }

  private static String available() {
    return Arrays.stream(values())
        .filter(format -> format.unavailable().isEmpty())
        .map(MediaFormat::ending)
        .collect(Collectors.joining(" or "));
  }

  private static String clipEndings() {
    return Arrays.stream(values())
        .filter(MediaFormat::holdsClips)
        .map(MediaFormat::ending)
        .collect(Collectors.joining(" or "));
  }

  /** As people write it. */
  private String label() {
    return this == WEBP ? "WebP" : name();
  }

  /**
   * Writes a clip; the same clip gives the same bytes every time.
   *
   * @param file where to, whatever its ending; an existing file is replaced
   * @throws UsageException as {@link #requireFit} does
   * @throws OutputException if the file cannot be written
   */
  public void write(Clip clip, Path file, Provenance provenance, EncodingOptions options) {
    requireFit(clip.frames(), clip.height(), clip.width());
    if (this == MP4) {
      Mp4Clip.write(clip, file, provenance, options);
      return;
    }
    try {
      Files.write(file, encode(clip, provenance, options));
    } catch (IOException e) {
      throw new OutputException("Cannot write " + file + ": " + IoReason.of(e) + ".", e);
    }
  }

  /**
   * The bytes of the file that {@link #write} makes. Those of MP4 are in a temporary file on the
   * way.
   *
   * @throws UsageException as {@link #requireFit} does
   * @throws OutputException if a temporary file cannot be written
   */
  public byte[] encode(Clip clip, Provenance provenance, EncodingOptions options) {
    requireFit(clip.frames(), clip.height(), clip.width());
    return switch (this) {
      case PNG -> PngPicture.encode(clip.frame(0), provenance);
      case JPEG -> JpegPicture.encode(clip.frame(0), provenance, options);
      case WEBP -> WebpClip.encode(clip, provenance, options);
      case GIF -> GifClip.encode(clip, provenance, options);
      case MP4 -> encodeInFile(clip, provenance, options);
    };
  }

  private static byte[] encodeInFile(Clip clip, Provenance provenance, EncodingOptions options) {
    try {
      Path file = Files.createTempFile("viditq-", MP4.ending());
      try {
        Mp4Clip.write(clip, file, provenance, options);
        return Files.readAllBytes(file);
      } finally {
        Files.deleteIfExists(file);
      }
    } catch (IOException e) {
      throw new OutputException("Cannot write a temporary file: " + IoReason.of(e) + ".", e);
    }
  }
}
