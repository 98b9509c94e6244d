package org.viditq.media;

import java.util.Map;
import java.util.function.Consumer;
import org.bytedeco.ffmpeg.avcodec.AVCodec;
import org.bytedeco.ffmpeg.avcodec.AVCodecContext;
import org.bytedeco.ffmpeg.avcodec.AVPacket;
import org.bytedeco.ffmpeg.avutil.AVDictionary;
import org.bytedeco.ffmpeg.avutil.AVFrame;
import org.bytedeco.ffmpeg.avutil.AVRational;
import org.bytedeco.ffmpeg.global.avcodec;
import org.bytedeco.ffmpeg.global.avutil;
import org.viditq.core.error.OutputException;

/** One of FFmpeg's encoders on one thread: frames in, packets out. */
final class FfmpegEncoder implements AutoCloseable {
  /** The encoder refused a frame. */
  static final class FrameException extends OutputException {
    FrameException(String message) {
      super(message);
    }
  }

  private final String failed;
  private final AVCodecContext context;
  private final AVFrame frame;
  private final AVPacket packet;

  /**
   * @param codec FFmpeg's name of the encoder
   * @param failed begins the message of every failure
   * @param pixelFormat of the frames
   * @param timeBase unit of the frames' times in seconds
   * @param options of the encoder, by FFmpeg's names
   * @param setUp of what is no option, before the encoder is opened
   */
  FfmpegEncoder(
      String codec,
      String failed,
      int pixelFormat,
      int width,
      int height,
      AVRational timeBase,
      Map<String, String> options,
      Consumer<AVCodecContext> setUp) {
    this.failed = failed;
    Ffmpeg.requireAvailable(failed);
    AVCodec encoder = avcodec.avcodec_find_encoder_by_name(codec);
    if (encoder == null) {
      throw new OutputException(failed + ": this build of FFmpeg has no encoder " + codec + ".");
    }
    this.context = Ffmpeg.checkNotNull(avcodec.avcodec_alloc_context3(encoder), failed);
    this.packet = avcodec.av_packet_alloc();
    this.frame = avutil.av_frame_alloc();
    try {
      context.width(width).height(height).pix_fmt(pixelFormat).time_base(timeBase);
      // With more, slices and so the bytes would depend on the machine.
      context.thread_count(1);
      setUp.accept(context);
      open(encoder, options);
      Ffmpeg.checkNotNull(packet, failed);
      Ffmpeg.checkNotNull(frame, failed).format(pixelFormat).width(width).height(height);
      Ffmpeg.check(avutil.av_frame_get_buffer(frame, 0), failed);
    } catch (RuntimeException e) {
      close();
      throw e;
    }
  }

  private void open(AVCodec encoder, Map<String, String> options) {
    AVDictionary dictionary = new AVDictionary(null);
    try {
      options.forEach((name, value) -> avutil.av_dict_set(dictionary, name, value, 0));
      Ffmpeg.check(avcodec.avcodec_open2(context, encoder, dictionary), failed);
      if (avutil.av_dict_count(dictionary) > 0) {
        // An option that nobody took would silently change nothing.
        throw new OutputException(failed + ": the encoder does not know all of " + options + ".");
      }
    } finally {
      avutil.av_dict_free(dictionary);
    }
  }

  AVCodecContext context() {
    return context;
  }

  /**
   * Encodes the next frame.
   *
   * @param start when it is shown, in time bases
   * @param end when it is no longer shown
   * @param fill writes the pixels into the frame, which may still hold others
   * @param sink takes what comes out; a packet is valid during its call only
   * @throws FrameException if the encoder refuses the frame
   */
  void encode(long start, long end, Consumer<AVFrame> fill, Consumer<AVPacket> sink) {
    // The encoder may still refer to the frame before.
    Ffmpeg.check(avutil.av_frame_make_writable(frame), failed);
    fill.accept(frame);
    frame.pts(start).duration(end - start);
    send(frame, sink);
  }

  /** Takes what is left after the last frame. */
  void finish(Consumer<AVPacket> sink) {
    send(null, sink);
  }

  private void send(AVFrame next, Consumer<AVPacket> sink) {
    int status = avcodec.avcodec_send_frame(context, next);
    while (true) {
      if (status < 0) {
        throw new FrameException(failed + ": " + Ffmpeg.describe(status) + ".");
      }
      status = avcodec.avcodec_receive_packet(context, packet);
      if (status == avutil.AVERROR_EOF() || status == avutil.AVERROR_EAGAIN()) {
        return;
      }
      if (status < 0) {
        continue;
      }
      try {
        sink.accept(packet);
      } finally {
        avcodec.av_packet_unref(packet);
      }
    }
  }

  @Override
  public void close() {
    avutil.av_frame_free(frame);
    avcodec.av_packet_free(packet);
    avcodec.avcodec_free_context(context);
  }
}
