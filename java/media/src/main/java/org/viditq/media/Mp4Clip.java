package org.viditq.media;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.bytedeco.ffmpeg.avcodec.AVCodecContext;
import org.bytedeco.ffmpeg.avcodec.AVPacket;
import org.bytedeco.ffmpeg.avformat.AVFormatContext;
import org.bytedeco.ffmpeg.avformat.AVIOContext;
import org.bytedeco.ffmpeg.avformat.AVStream;
import org.bytedeco.ffmpeg.avutil.AVDictionary;
import org.bytedeco.ffmpeg.avutil.AVFrame;
import org.bytedeco.ffmpeg.avutil.AVRational;
import org.bytedeco.ffmpeg.global.avcodec;
import org.bytedeco.ffmpeg.global.avformat;
import org.bytedeco.ffmpeg.global.avutil;
import org.bytedeco.ffmpeg.global.swscale;
import org.bytedeco.ffmpeg.swscale.SwsContext;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.DoublePointer;
import org.bytedeco.javacpp.IntPointer;
import org.bytedeco.javacpp.PointerPointer;
import org.viditq.core.pipeline.Clip;

/**
 * MP4 files that play everywhere (H.264 by OpenH264, 4:2:0, BT.709, index in front) and say how
 * they were made, in the comment.
 */
public final class Mp4Clip {
  /** OpenH264 encodes no frames smaller than 16, which is what 15 is extended to. */
  static final int SHORTEST_SIDE = 15;

  /** Of a frame of level 5.2, the highest that OpenH264 knows, and of its sides. */
  static final int MOST_MACROBLOCKS = 36_864;

  static final int LONGEST_SIDE = 4096;

  private static final String FAILED = "Cannot encode MP4";
  private static final int FRAME_RATE_TERMS = 100_000;
  private static final int FRAMES_PER_KEY_FRAME = 120;

  /** Quantization parameters of H.264 that OpenH264 uses; 12 differs from the pixels by about 1. */
  private static final int FINEST_QP = 12;

  private static final int COARSEST_QP = 51;

  private static final int QP_STEP = 3;

  /** So high that the quantization parameter alone decides, in bits per second. */
  private static final long UNLIMITED = 100_000_000;

  private Mp4Clip() {}

  /** How many blocks of 16 x 16 pixels cover a frame. */
  static long macroblocks(int height, int width) {
    return ((height + 15L) / 16) * ((width + 15L) / 16);
  }

  /**
   * Encodes a clip. Odd sides get one more column or row, a copy of the last, because colours are
   * stored at half the resolution. Clips that are all noise are encoded more coarsely than asked
   * for where the encoder cannot hold them.
   *
   * @param file where to; an existing file is replaced
   * @throws org.viditq.core.error.OutputException if FFmpeg fails or the file cannot be written
   */
  public static void write(Clip clip, Path file, Provenance provenance, EncodingOptions options) {
    int width = clip.width() + clip.width() % 2;
    int height = clip.height() + clip.height() % 2;
    List<FramePixels> frames =
        clip.images().stream().map(i -> FramePixels.of(i).extended(width, height)).toList();
    int qp = COARSEST_QP - (COARSEST_QP - FINEST_QP) * options.quality() / 100;
    while (true) {
      try {
        write(frames, clip.framesPerSecond(), qp, file, provenance);
        return;
      } catch (FfmpegEncoder.FrameException e) {
        if (qp >= COARSEST_QP) {
          throw e;
        }
        // OpenH264 has a buffer of about a byte per pixel, which noise at a fine quality exceeds.
        qp = Math.min(COARSEST_QP, qp + QP_STEP);
      }
    }
  }

  private static void write(
      List<FramePixels> frames, double framesPerSecond, int qp, Path file, Provenance provenance) {
    int width = frames.get(0).width();
    int height = frames.get(0).height();
    AVRational frameRate = avutil.av_d2q(framesPerSecond, FRAME_RATE_TERMS);
    try (FfmpegEncoder encoder =
            new FfmpegEncoder(
                "libopenh264",
                FAILED,
                avutil.AV_PIX_FMT_YUV420P,
                width,
                height,
                avutil.av_inv_q(frameRate),
                Map.of("profile", "high", "rc_mode", "quality"),
                context -> configure(context, frameRate, qp));
        RgbToYuv converter = new RgbToYuv(width, height);
        Muxer muxer = new Muxer(file, encoder.context(), provenance)) {
      for (int t = 0; t < frames.size(); t++) {
        FramePixels frame = frames.get(t);
        encoder.encode(t, t + 1L, target -> converter.convert(frame, target), muxer::write);
      }
      encoder.finish(muxer::write);
      muxer.finish();
    }
  }

  private static void configure(AVCodecContext context, AVRational frameRate, int qp) {
    context
        .framerate(frameRate)
        .gop_size(FRAMES_PER_KEY_FRAME)
        .slices(1)
        .bit_rate(UNLIMITED)
        .qmin(qp)
        .qmax(qp)
        .color_range(avutil.AVCOL_RANGE_MPEG)
        .colorspace(avutil.AVCOL_SPC_BT709)
        .color_primaries(avutil.AVCOL_PRI_BT709)
        .color_trc(avutil.AVCOL_TRC_BT709);
    // MP4 keeps the parameter sets in its header.
    context.flags(context.flags() | avcodec.AV_CODEC_FLAG_GLOBAL_HEADER);
  }

  /** Colours of a frame, to BT.709 with the range of video. */
  private static final class RgbToYuv implements AutoCloseable {
    private final SwsContext context;
    private final BytePointer rgb;
    private final byte[] bytes;
    private final int width;
    private final int height;

    RgbToYuv(int width, int height) {
      this.width = width;
      this.height = height;
      this.bytes = new byte[Math.multiplyExact(3 * width, height)];
      this.rgb = new BytePointer(bytes.length);
      this.context =
          Ffmpeg.checkNotNull(
              swscale.sws_getContext(
                  width,
                  height,
                  avutil.AV_PIX_FMT_RGB24,
                  width,
                  height,
                  avutil.AV_PIX_FMT_YUV420P,
                  // Exact, so that every processor gives the same bytes.
                  swscale.SWS_BILINEAR
                      | swscale.SWS_ACCURATE_RND
                      | swscale.SWS_BITEXACT
                      | swscale.SWS_FULL_CHR_H_INT
                      | swscale.SWS_FULL_CHR_H_INP,
                  null,
                  null,
                  (DoublePointer) null),
              FAILED);
      IntPointer coefficients = swscale.sws_getCoefficients(swscale.SWS_CS_ITU709);
      int one = 1 << 16;
      Ffmpeg.check(
          swscale.sws_setColorspaceDetails(context, coefficients, 1, coefficients, 0, 0, one, one),
          FAILED);
    }

    void convert(FramePixels frame, AVFrame target) {
      for (int i = 0; i < frame.rgb().length; i++) {
        int value = frame.rgb()[i];
        bytes[3 * i] = (byte) (value >> 16);
        bytes[3 * i + 1] = (byte) (value >> 8);
        bytes[3 * i + 2] = (byte) value;
      }
      rgb.position(0).put(bytes);
      try (PointerPointer<BytePointer> planes = new PointerPointer<>(4);
          IntPointer strides = new IntPointer(3 * width, 0, 0, 0)) {
        planes.put(0, rgb);
        for (int i = 1; i < 4; i++) {
          planes.put(i, (BytePointer) null);
        }
        Ffmpeg.check(
            swscale.sws_scale(
                context, planes, strides, 0, height, target.data(), target.linesize()),
            FAILED);
      }
    }

    @Override
    public void close() {
      swscale.sws_freeContext(context);
      rgb.close();
    }
  }

  /** The file around the packets. */
  private static final class Muxer implements AutoCloseable {
    private final AVFormatContext context = new AVFormatContext(null);
    private final AVCodecContext encoder;
    private final String failed;
    private AVStream stream;

    Muxer(Path file, AVCodecContext encoder, Provenance provenance) {
      this.encoder = encoder;
      this.failed = "Cannot write " + file;
      String name = file.toAbsolutePath().toString();
      Ffmpeg.check(avformat.avformat_alloc_output_context2(context, null, "mp4", name), failed);
      try {
        open(name, provenance);
      } catch (RuntimeException e) {
        close();
        throw e;
      }
    }

    private void open(String name, Provenance provenance) {
      stream = Ffmpeg.checkNotNull(avformat.avformat_new_stream(context, null), failed);
      Ffmpeg.check(avcodec.avcodec_parameters_from_context(stream.codecpar(), encoder), failed);
      stream.time_base(encoder.time_base());
      stream.avg_frame_rate(encoder.framerate());
      // Without the version of the library.
      context.flags(context.flags() | AVFormatContext.AVFMT_FLAG_BITEXACT);
      AVDictionary metadata = new AVDictionary(null);
      avutil.av_dict_set(metadata, "comment", provenance.json(), 0);
      context.metadata(metadata);
      AVIOContext io = new AVIOContext(null);
      Ffmpeg.check(avformat.avio_open(io, name, avformat.AVIO_FLAG_WRITE), failed);
      context.pb(io);
      AVDictionary options = new AVDictionary(null);
      try {
        avutil.av_dict_set(options, "movflags", "+faststart", 0);
        Ffmpeg.check(avformat.avformat_write_header(context, options), failed);
      } finally {
        avutil.av_dict_free(options);
      }
    }

    void write(AVPacket packet) {
      avcodec.av_packet_rescale_ts(packet, encoder.time_base(), stream.time_base());
      packet.stream_index(stream.index());
      Ffmpeg.check(avformat.av_interleaved_write_frame(context, packet), failed);
    }

    void finish() {
      Ffmpeg.check(avformat.av_write_trailer(context), failed);
      AVIOContext io = context.pb();
      context.pb(null);
      Ffmpeg.check(avformat.avio_close(io), failed);
    }

    @Override
    public void close() {
      AVIOContext io = context.pb();
      if (io != null) {
        context.pb(null);
        avformat.avio_close(io);
      }
      avformat.avformat_free_context(context);
    }
  }
}
