package org.viditq.media;

import java.io.ByteArrayOutputStream;
import java.util.List;
import java.util.Map;
import org.bytedeco.ffmpeg.avcodec.AVPacket;
import org.bytedeco.ffmpeg.avutil.AVFrame;
import org.bytedeco.ffmpeg.avutil.AVRational;
import org.bytedeco.ffmpeg.global.avutil;
import org.bytedeco.javacpp.BytePointer;
import org.viditq.core.pipeline.Clip;

/** WebP files, still or animated, that say how they were made, in EXIF. */
public final class WebpClip {
  static final int LONGEST_SIDE = 16_383;

  private static final int MILLISECONDS = 1000;
  private static final int BYTES_PER_PIXEL = 4;
  private static final String FAILED = "Cannot encode WebP";

  private WebpClip() {}

  /**
   * Encodes a picture, or a clip as an animation that loops for ever. The format counts in
   * milliseconds. The colours are stored at half the resolution, as the format's lossy form wants.
   *
   * @return the bytes of the file
   * @throws org.viditq.core.error.OutputException if FFmpeg fails
   */
  public static byte[] encode(Clip clip, Provenance provenance, EncodingOptions options) {
    Map<String, String> settings = Map.of("quality", Integer.toString(options.quality()));
    List<FramePixels> frames = clip.images().stream().map(FramePixels::of).toList();
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (AVRational timeBase = new AVRational();
        FfmpegEncoder encoder =
            new FfmpegEncoder(
                clip.isPicture() ? "libwebp" : "libwebp_anim",
                FAILED,
                avutil.AV_PIX_FMT_BGRA,
                clip.width(),
                clip.height(),
                timeBase.num(1).den(MILLISECONDS),
                settings,
                context -> {})) {
      for (int t = 0; t < frames.size(); t++) {
        FramePixels frame = frames.get(t);
        long start = Math.round(t * MILLISECONDS / clip.framesPerSecond());
        long end = Math.round((t + 1) * MILLISECONDS / clip.framesPerSecond());
        encoder.encode(start, end, target -> fill(frame, target), packet -> add(packet, bytes));
      }
      encoder.finish(packet -> add(packet, bytes));
    }
    return WebpContainer.withExif(
        bytes.toByteArray(), clip.width(), clip.height(), ExifBlock.of(provenance));
  }

  private static void fill(FramePixels frame, AVFrame target) {
    int row = frame.width() * BYTES_PER_PIXEL;
    byte[] bgra = new byte[row];
    BytePointer rows = target.data(0);
    for (int y = 0; y < frame.height(); y++) {
      for (int x = 0; x < frame.width(); x++) {
        int rgb = frame.rgb()[y * frame.width() + x];
        bgra[BYTES_PER_PIXEL * x] = (byte) rgb;
        bgra[BYTES_PER_PIXEL * x + 1] = (byte) (rgb >> 8);
        bgra[BYTES_PER_PIXEL * x + 2] = (byte) (rgb >> 16);
        bgra[BYTES_PER_PIXEL * x + 3] = (byte) 0xff;
      }
      rows.position((long) y * target.linesize(0)).put(bgra, 0, row);
    }
  }

  private static void add(AVPacket packet, ByteArrayOutputStream bytes) {
    byte[] part = new byte[packet.size()];
    packet.data().get(part);
    bytes.writeBytes(part);
  }
}
