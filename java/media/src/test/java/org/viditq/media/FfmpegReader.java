package org.viditq.media;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.ffmpeg.avcodec.AVCodecContext;
import org.bytedeco.ffmpeg.avcodec.AVPacket;
import org.bytedeco.ffmpeg.avformat.AVFormatContext;
import org.bytedeco.ffmpeg.avformat.AVInputFormat;
import org.bytedeco.ffmpeg.avformat.AVStream;
import org.bytedeco.ffmpeg.avutil.AVDictionary;
import org.bytedeco.ffmpeg.avutil.AVDictionaryEntry;
import org.bytedeco.ffmpeg.avutil.AVFrame;
import org.bytedeco.ffmpeg.global.avcodec;
import org.bytedeco.ffmpeg.global.avformat;
import org.bytedeco.ffmpeg.global.avutil;
import org.bytedeco.ffmpeg.global.swscale;
import org.bytedeco.ffmpeg.swscale.SwsContext;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.DoublePointer;
import org.bytedeco.javacpp.IntPointer;
import org.bytedeco.javacpp.PointerPointer;

/**
 * What FFmpeg's decoders find in a file.
 *
 * @param codec FFmpeg's name of the codec
 * @param pixelFormat FFmpeg's name of how pixels are stored
 * @param frames as 0xRRGGBB
 * @param framesPerSecond on average
 * @param seconds how long it is shown
 */
record FfmpegReader(
    String codec,
    String pixelFormat,
    List<FramePixels> frames,
    double framesPerSecond,
    double seconds,
    Map<String, String> metadata) {

  static FfmpegReader read(Path file) {
    AVFormatContext container = new AVFormatContext(null);
    check(
        avformat.avformat_open_input(
            container, file.toString(), (AVInputFormat) null, (AVDictionary) null));
    check(avformat.avformat_find_stream_info(container, (AVDictionary) null));
    AVStream stream = container.streams(0);
    AVCodecContext decoder =
        avcodec.avcodec_alloc_context3(avcodec.avcodec_find_decoder(stream.codecpar().codec_id()));
    check(avcodec.avcodec_parameters_to_context(decoder, stream.codecpar()));
    check(avcodec.avcodec_open2(decoder, null, (AVDictionary) null));
    List<FramePixels> frames = new ArrayList<>();
    AVPacket packet = avcodec.av_packet_alloc();
    while (avformat.av_read_frame(container, packet) >= 0) {
      check(avcodec.avcodec_send_packet(decoder, packet));
      receive(decoder, frames);
      avcodec.av_packet_unref(packet);
    }
    check(avcodec.avcodec_send_packet(decoder, null));
    receive(decoder, frames);
    FfmpegReader read =
        new FfmpegReader(
            decoder.codec().name().getString(),
            avutil.av_get_pix_fmt_name(decoder.pix_fmt()).getString(),
            frames,
            avutil.av_q2d(stream.avg_frame_rate()),
            container.duration() / (double) avutil.AV_TIME_BASE,
            metadata(container.metadata()));
    avcodec.av_packet_free(packet);
    avcodec.avcodec_free_context(decoder);
    avformat.avformat_close_input(container);
    return read;
  }

  private static void receive(AVCodecContext decoder, List<FramePixels> frames) {
    AVFrame frame = avutil.av_frame_alloc();
    while (avcodec.avcodec_receive_frame(decoder, frame) >= 0) {
      frames.add(rgb(frame));
      avutil.av_frame_unref(frame);
    }
    avutil.av_frame_free(frame);
  }

  private static FramePixels rgb(AVFrame frame) {
    int width = frame.width();
    int height = frame.height();
    SwsContext converter =
        swscale.sws_getContext(
            width,
            height,
            frame.format(),
            width,
            height,
            avutil.AV_PIX_FMT_RGB24,
            swscale.SWS_BILINEAR | swscale.SWS_ACCURATE_RND | swscale.SWS_FULL_CHR_H_INT,
            null,
            null,
            (DoublePointer) null);
    int standard =
        frame.colorspace() == avutil.AVCOL_SPC_BT709
            ? swscale.SWS_CS_ITU709
            : swscale.SWS_CS_ITU601;
    IntPointer coefficients = swscale.sws_getCoefficients(standard);
    swscale.sws_setColorspaceDetails(
        converter,
        coefficients,
        frame.color_range() == avutil.AVCOL_RANGE_JPEG ? 1 : 0,
        coefficients,
        1,
        0,
        1 << 16,
        1 << 16);
    byte[] bytes = new byte[3 * width * height];
    try (BytePointer rgb = new BytePointer(bytes.length);
        PointerPointer<BytePointer> planes = new PointerPointer<>(4);
        IntPointer strides = new IntPointer(3 * width, 0, 0, 0)) {
      planes.put(0, rgb);
      for (int i = 1; i < 4; i++) {
        planes.put(i, (BytePointer) null);
      }
      check(
          swscale.sws_scale(converter, frame.data(), frame.linesize(), 0, height, planes, strides));
      rgb.get(bytes);
    }
    swscale.sws_freeContext(converter);
    int[] pixels = new int[width * height];
    for (int i = 0; i < pixels.length; i++) {
      pixels[i] =
          (bytes[3 * i] & 0xff) << 16 | (bytes[3 * i + 1] & 0xff) << 8 | bytes[3 * i + 2] & 0xff;
    }
    return new FramePixels(width, height, pixels);
  }

  private static Map<String, String> metadata(AVDictionary dictionary) {
    Map<String, String> texts = new HashMap<>();
    AVDictionaryEntry entry = null;
    while ((entry = avutil.av_dict_iterate(dictionary, entry)) != null) {
      texts.put(utf8(entry.key()), utf8(entry.value()));
    }
    return texts;
  }

  private static String utf8(BytePointer text) {
    return new String(text.getStringBytes(), java.nio.charset.StandardCharsets.UTF_8);
  }

  private static void check(int status) {
    if (status < 0) {
      throw new AssertionError("FFmpeg cannot read it: " + status);
    }
  }
}
