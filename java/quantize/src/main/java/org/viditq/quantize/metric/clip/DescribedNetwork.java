package org.viditq.quantize.metric.clip;

import ai.onnxruntime.NodeInfo;
import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OnnxValue;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtLoggingLevel;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.TensorInfo;
import java.io.IOException;
import java.io.InputStream;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import java.nio.LongBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.viditq.core.error.InvalidModelException;
import org.viditq.core.error.Printable;
import org.viditq.core.io.IoReason;
import org.viditq.core.io.Sha256;
import org.viditq.core.tensor.Tensor;
import org.viditq.quantize.metric.clip.NetworkDescription.Input;
import org.viditq.quantize.metric.clip.NetworkDescription.Layout;
import org.viditq.quantize.metric.clip.NetworkDescription.Source;

/**
 * A network in an ONNX file with its descriptor, run by ONNX Runtime on one thread, so that what it
 * gives does not depend on the machine's load. A network of single frames runs once per frame, one
 * of clips once.
 */
final class DescribedNetwork implements AutoCloseable {
  /** What a protobuf message can hold; larger networks keep their weights in files beside. */
  private static final long LARGEST_MODEL = 2L << 30;

  /** Figures are means of few values; more are a picture or features. */
  private static final int MOST_VALUES = 1 << 22;

  private static final int CHANNELS = 3;

  private final NetworkDescription description;
  private final String stamp;
  private final OrtSession session;

  private DescribedNetwork(NetworkDescription description, String stamp, OrtSession session) {
    this.description = description;
    this.stamp = stamp;
    this.session = session;
  }

  /**
   * @param descriptor a YAML or JSON file, see docs/evaluate.md
   * @param features whether its output is to be features of a picture, not a figure
   * @throws InvalidModelException in one sentence, if descriptor or network cannot be used, or do
   *     not go together
   */
  static DescribedNetwork open(Path descriptor, boolean features) {
    NetworkDescription description = NetworkDescription.read(descriptor);
    if (description.output().isFeatures() != features) {
      throw new InvalidModelException(
          features
              ? descriptor
                  + " describes a metric, no features; its output must be {features: NAME}."
              : descriptor
                  + " describes features, which are no figure of a picture; give it to 'viditq"
                  + " evaluate --frechet'.");
    }
    String stamp =
        description.name() + " " + digest(descriptor) + " " + digest(description.model());
    OrtSession session = session(description.model());
    try {
      requireNames(description, session);
    } catch (RuntimeException unfit) {
      close(session);
      throw unfit;
    }
    return new DescribedNetwork(description, stamp, session);
  }

  NetworkDescription description() {
    return description;
  }

  /** Tells it from others of the same name. */
  String stamp() {
    return stamp;
  }

  /** How often it runs on a clip of so many frames. */
  int runs(int frames) {
    return takes(Source.CLIP) ? 1 : takes(Source.NEXT_FRAME) ? frames - 1 : frames;
  }

  private boolean takes(Source source) {
    return description.inputs().values().stream().anyMatch(input -> input.source() == source);
  }

  private static String digest(Path file) {
    MessageDigest digest = Sha256.begin();
    try {
      if (Files.size(file) > LARGEST_MODEL) {
        throw new InvalidModelException(file + " is larger than an ONNX file can be, 2 GiB.");
      }
      try (InputStream bytes = Files.newInputStream(file)) {
        byte[] block = new byte[1 << 16];
        for (int read = bytes.read(block); read >= 0; read = bytes.read(block)) {
          digest.update(block, 0, read);
        }
      }
    } catch (IOException e) {
      throw new InvalidModelException(
          "Cannot read the metric's file " + file + ": " + IoReason.of(e) + ".", e);
    }
    return HexFormat.of().formatHex(digest.digest());
  }

  private static OrtSession session(Path model) {
    try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
      options.setIntraOpNumThreads(1);
      options.setInterOpNumThreads(1);
      options.setSessionLogLevel(OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR);
      return OrtEnvironment.getEnvironment().createSession(model.toString(), options);
    } catch (OrtException refused) {
      throw new InvalidModelException(
          "ONNX Runtime does not read the metric's network "
              + model
              + ": "
              + firstLine(refused)
              + ".",
          refused);
    }
  }

  private static String firstLine(OrtException e) {
    String line = String.valueOf(e.getMessage()).lines().findFirst().orElse("it gives no reason");
    return Printable.name(line).replaceAll("[.\\s]+$", "");
  }

  private static void requireNames(NetworkDescription description, OrtSession session) {
    Set<String> inputs = session.getInputNames();
    for (String name : description.inputs().keySet()) {
      if (!inputs.contains(name)) {
        throw unfit(description, "it has no input " + Printable.name(name) + ", only " + inputs);
      }
    }
    for (String name : inputs) {
      if (!description.inputs().containsKey(name)) {
        throw unfit(description, "its input " + name + " is not described");
      }
    }
    for (String name : description.output().names()) {
      if (!session.getOutputNames().contains(name)) {
        throw unfit(
            description,
            "it has no output " + Printable.name(name) + ", only " + session.getOutputNames());
      }
    }
  }

  static InvalidModelException unfit(NetworkDescription description, String reason) {
    return new InvalidModelException(
        "The descriptor of "
            + description.name()
            + " does not go with its network "
            + description.model()
            + ": "
            + reason
            + ".");
  }

  /**
   * The outputs that the descriptor names, in its order, each as a flat array.
   *
   * @param frame the run's number, from 0
   */
  List<float[]> run(JudgedClip clip, int frame) {
    Map<String, OnnxTensor> inputs = new LinkedHashMap<>();
    try {
      for (Map.Entry<String, Input> input : description.inputs().entrySet()) {
        inputs.put(input.getKey(), tensor(input.getKey(), input.getValue(), clip, frame));
      }
      try (OrtSession.Result result = session.run(inputs)) {
        List<float[]> outputs = new ArrayList<>();
        for (String name : description.output().names()) {
          outputs.add(values(result, name));
        }
        return outputs;
      }
    } catch (OrtException failed) {
      throw new InvalidModelException(
          "The network "
              + description.name()
              + " cannot be run on frames of "
              + clip.pixels().dim(2)
              + " x "
              + clip.pixels().dim(1)
              + " pixels: "
              + firstLine(failed)
              + ".",
          failed);
    } finally {
      inputs.values().forEach(OnnxTensor::close);
    }
  }

  private OnnxTensor tensor(String name, Input input, JudgedClip clip, int frame)
      throws OrtException {
    return switch (input.source()) {
      case FRAME -> pictures(input, clip.pixels(), frame, 1);
      case NEXT_FRAME -> pictures(input, clip.pixels(), frame + 1, 1);
      case REFERENCE -> pictures(input, clip.reference().orElseThrow().pixels(), frame, 1);
      case CLIP -> pictures(input, clip.pixels(), 0, clip.pixels().dim(0));
      case CAPTION, CAPTION_MASK -> caption(name, input, clip.caption().orElseThrow());
    };
  }

  private static OnnxTensor pictures(Input input, Tensor clip, int first, int count)
      throws OrtException {
    int height = input.size().map(size -> size[0]).orElse(clip.dim(1));
    int width = input.size().map(size -> size[1]).orElse(clip.dim(2));
    long[] shape = shape(input.layout(), count, height, width);
    float[] values = new float[Math.multiplyExact(count * CHANNELS, height * width)];
    for (int t = 0; t < count; t++) {
      FrameScaling scaled = new FrameScaling(clip, first + t, height, width);
      for (int y = 0; y < height; y++) {
        for (int x = 0; x < width; x++) {
          for (int c = 0; c < CHANNELS; c++) {
            double value = input.low() + (input.high() - input.low()) * scaled.value(y, x, c);
            values[index(input.layout(), count, height, width, t, c, y, x)] =
                (float) ((value - input.mean()[c]) / input.deviation()[c]);
          }
        }
      }
    }
    return OnnxTensor.createTensor(
        OrtEnvironment.getEnvironment(), FloatBuffer.wrap(values), shape);
  }

  private static long[] shape(Layout layout, int frames, int height, int width) {
    return switch (layout) {
      case NCHW -> new long[] {1, CHANNELS, height, width};
      case NHWC -> new long[] {1, height, width, CHANNELS};
      case NCTHW -> new long[] {1, CHANNELS, frames, height, width};
      case NTCHW -> new long[] {1, frames, CHANNELS, height, width};
    };
  }

  private static int index(
      Layout layout, int frames, int height, int width, int t, int c, int y, int x) {
    return switch (layout) {
      case NHWC -> (y * width + x) * CHANNELS + c;
      case NCHW, NTCHW -> ((t * CHANNELS + c) * height + y) * width + x;
      case NCTHW -> ((c * frames + t) * height + y) * width + x;
    };
  }

  private OnnxTensor caption(String name, Input input, String caption) throws OrtException {
    OrtEnvironment environment = OrtEnvironment.getEnvironment();
    if (input.tokenizer().isEmpty()) {
      return OnnxTensor.createTensor(environment, new String[] {caption});
    }
    CaptionTokens.Encoded encoded =
        CaptionTokens.encode(input.tokenizer().get(), caption, input.length(), input.padding());
    long[] values = input.source() == Source.CAPTION ? encoded.ids() : encoded.mask();
    long[] shape = {1, values.length};
    NodeInfo node = session.getInputInfo().get(name);
    OnnxJavaType type =
        node.getInfo() instanceof TensorInfo info ? info.type : OnnxJavaType.UNKNOWN;
    return switch (type) {
      case INT64 -> OnnxTensor.createTensor(environment, LongBuffer.wrap(values), shape);
      case INT32 -> {
        int[] narrow = new int[values.length];
        for (int i = 0; i < narrow.length; i++) {
          narrow[i] = Math.toIntExact(values[i]);
        }
        yield OnnxTensor.createTensor(environment, IntBuffer.wrap(narrow), shape);
      }
      case FLOAT -> {
        float[] real = new float[values.length];
        for (int i = 0; i < real.length; i++) {
          real[i] = values[i];
        }
        yield OnnxTensor.createTensor(environment, FloatBuffer.wrap(real), shape);
      }
      default -> throw unfit(description, "its input " + name + " takes no tokens but " + type);
    };
  }

  private float[] values(OrtSession.Result result, String name) {
    OnnxValue value = result.get(name).orElseThrow();
    FloatBuffer buffer = value instanceof OnnxTensor tensor ? tensor.getFloatBuffer() : null;
    if (buffer == null || buffer.remaining() == 0 || buffer.remaining() > MOST_VALUES) {
      throw unfit(
          description,
          "its output " + name + " is no floating-point tensor of 1 to " + MOST_VALUES + " values");
    }
    float[] values = new float[buffer.remaining()];
    buffer.get(values);
    return values;
  }

  @Override
  public void close() {
    close(session);
  }

  private static void close(OrtSession session) {
    try {
      session.close();
    } catch (OrtException e) {
      throw new IllegalStateException(e);
    }
  }
}
