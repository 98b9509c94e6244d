package org.viditq.media;

import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.bytedeco.ffmpeg.global.avcodec;
import org.bytedeco.ffmpeg.global.avformat;
import org.bytedeco.ffmpeg.global.avutil;
import org.bytedeco.ffmpeg.global.swscale;
import org.bytedeco.javacpp.Loader;
import org.viditq.core.error.OutputException;

/** FFmpeg's libraries: whether they are there, and what their status codes mean. */
final class Ffmpeg {
  private static final int LONGEST_MESSAGE = 256;

  private Ffmpeg() {}

  /** Loads the libraries once, and remembers what came of it. */
  private static final class Libraries {
    static final Optional<String> UNAVAILABLE = load();

    private static Optional<String> load() {
      try {
        Loader.load(avutil.class);
        Loader.load(avcodec.class);
        Loader.load(avformat.class);
        Loader.load(swscale.class);
        // What goes wrong becomes an exception; standard error belongs to the commands.
        avutil.av_log_set_level(avutil.AV_LOG_QUIET);
        return Optional.empty();
      } catch (LinkageError e) {
        return Optional.of("FFmpeg's libraries for " + Loader.getPlatform() + " cannot be loaded");
      }
    }
  }

  /** Why FFmpeg cannot be used on this machine, without a full stop; empty if it can. */
  static Optional<String> unavailable() {
    return Libraries.UNAVAILABLE;
  }

  /**
   * Loads the libraries.
   *
   * @param failed begins the message if they cannot be loaded
   */
  static void requireAvailable(String failed) {
    unavailable()
        .ifPresent(
            reason -> {
              throw new OutputException(failed + ": " + reason + ".");
            });
  }

  /**
   * @param failed what did not work, for example {@code Cannot encode WebP}
   * @return the status, which is not negative
   */
  static int check(int status, String failed) {
    if (status < 0) {
      throw new OutputException(failed + ": " + describe(status) + ".");
    }
    return status;
  }

  /** What a negative status means. */
  static String describe(int status) {
    byte[] message = new byte[LONGEST_MESSAGE];
    avutil.av_strerror(status, message, message.length);
    String text = new String(message, StandardCharsets.UTF_8);
    int end = text.indexOf('\0');
    return end < 0 ? text : text.substring(0, end);
  }

  static <T> T checkNotNull(T pointer, String failed) {
    if (pointer == null) {
      throw new OutputException(failed + ": there is not enough memory.");
    }
    return pointer;
  }
}
