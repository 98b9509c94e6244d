package org.viditq.tests.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.viditq.core.error.InvalidModelException;
import org.viditq.core.tensor.Tensor;
import org.viditq.quantize.metric.ErrorStatistics;
import org.viditq.quantize.metric.clip.ClipMetric;
import org.viditq.quantize.metric.clip.ClipMetrics;
import org.viditq.quantize.metric.clip.JudgedClip;
import org.viditq.quantize.metric.clip.NetworkMetric;
import org.viditq.quantize.metric.clip.ReferenceClip;

/** Networks of a node or two in ONNX Runtime, whose figures are known. */
class NetworkMetricTest {
  private static final String TOKENIZER =
      Path.of("../samples/pixart-mini/tokenizer").toAbsolutePath().normalize().toString();

  @TempDir private Path folder;

  /** Mean of squared differences, as the built-in metric has it. */
  @Test
  void aNetworkOfTwoPictures() throws IOException {
    network(
        TinyNetwork.graph()
            .addInput(TinyNetwork.value("test", TensorProto.DataType.FLOAT, 1, 3, 5, 7))
            .addInput(TinyNetwork.value("reference", TensorProto.DataType.FLOAT, 1, 3, 5, 7))
            .addOutput(TinyNetwork.value("y", TensorProto.DataType.FLOAT, 1, 3, 5, 7))
            .addNode(TinyNetwork.node("Sub", "d", "test", "reference"))
            .addNode(TinyNetwork.node("Mul", "y", "d", "d")));
    try (ClipMetric metric =
        metric(
            "direction: lower\ninputs: {test: {from: frame}, reference: {from: reference}}\noutput: y\n")) {
      Tensor reference = random(1, 2);
      Tensor test = random(2, 2);
      assertThat(metric.needs()).containsExactly(ClipMetric.Need.REFERENCE);
      assertThat(metric.of(JudgedClip.of(test, new ReferenceClip(reference), "")))
          .isCloseTo(ErrorStatistics.of(reference, test).meanSquaredError(), within(1e-7));
    }
  }

  @Test
  void pixelsAreScaledAndNormalized() throws IOException {
    network(
        TinyNetwork.graph()
            .addInput(TinyNetwork.value("x", TensorProto.DataType.FLOAT, 1, 2, 2, 3))
            .addOutput(TinyNetwork.value("y", TensorProto.DataType.FLOAT, 1, 2, 2, 3))
            .addNode(TinyNetwork.node("Identity", "y", "x")));
    try (ClipMetric metric =
        metric(
            "direction: higher\ninputs: {x: {from: frame, layout: nhwc, size: [2, 2], range: [-1, 1],"
                + " mean: [0.1, 0.2, 0.3], std: [1, 2, 4]}}\noutput: y\n")) {
      Tensor clip = Tensor.full(0.75f, 1, 8, 6, 3);
      // 0.75 becomes 0.5, less the means, by the deviations: 0.4, 0.15, 0.05.
      assertThat(metric.of(new JudgedClip(clip, Optional.empty(), Optional.empty())))
          .isCloseTo(0.2, within(1e-6));
    }
  }

  @Test
  void wholeClipsAndNextFrames() throws IOException {
    network(
        TinyNetwork.graph()
            .addInput(TinyNetwork.value("x", TensorProto.DataType.FLOAT, 1, 3, 3, 5, 7))
            .addOutput(TinyNetwork.value("y", TensorProto.DataType.FLOAT, 1, 3, 3, 5, 7))
            .addNode(TinyNetwork.node("Identity", "y", "x")));
    Tensor clip = random(3, 3);
    double mean = 0;
    for (float value : clip.data()) {
      mean += value / clip.size();
    }
    try (ClipMetric metric =
        metric("direction: higher\ninputs: {x: {from: clip, layout: ntchw}}\noutput: y\n")) {
      assertThat(metric.of(new JudgedClip(clip, Optional.empty(), Optional.empty())))
          .isCloseTo(mean, within(1e-6));
    }
    network(
        TinyNetwork.graph()
            .addInput(TinyNetwork.value("a", TensorProto.DataType.FLOAT, 1, 3, 5, 7))
            .addInput(TinyNetwork.value("b", TensorProto.DataType.FLOAT, 1, 3, 5, 7))
            .addOutput(TinyNetwork.value("y", TensorProto.DataType.FLOAT, 1, 3, 5, 7))
            .addNode(TinyNetwork.node("Sub", "y", "b", "a")));
    try (ClipMetric metric =
        metric(
            "direction: as_reference\ninputs: {a: {from: frame}, b: {from: next_frame}}\noutput: y\n")) {
      assertThat(metric.needs()).containsExactly(ClipMetric.Need.SEVERAL_FRAMES);
      int frame = clip.size() / 3;
      double steps = 0;
      for (int i = frame; i < clip.size(); i++) {
        steps += (clip.data()[i] - (double) clip.data()[i - frame]) / (2 * frame);
      }
      assertThat(metric.of(new JudgedClip(clip, Optional.empty(), Optional.empty())))
          .isCloseTo(steps, within(1e-6));
    }
  }

  @Test
  void captionsAreTokens() throws IOException {
    network(
        TinyNetwork.graph()
            .addInput(TinyNetwork.value("x", TensorProto.DataType.FLOAT, 1, 3, 5, 7))
            .addInput(TinyNetwork.value("mask", TensorProto.DataType.FLOAT, 1, 12))
            .addInput(TinyNetwork.value("ids", TensorProto.DataType.INT64, 1, 12))
            .addOutput(TinyNetwork.value("y", TensorProto.DataType.FLOAT, 1, 12))
            .addOutput(TinyNetwork.value("z", TensorProto.DataType.INT64, 1, 12))
            .addOutput(TinyNetwork.value("w", TensorProto.DataType.FLOAT, 1, 3, 5, 7))
            .addNode(TinyNetwork.node("Identity", "y", "mask"))
            .addNode(TinyNetwork.node("Identity", "z", "ids"))
            .addNode(TinyNetwork.node("Identity", "w", "x")));
    String tokens = ", tokenizer: " + TOKENIZER + ", length: 12}";
    String inputs =
        "inputs: {x: {from: frame}, mask: {from: caption_mask"
            + tokens
            + ", ids: {from: caption"
            + tokens
            + "}\n";
    JudgedClip clip = new JudgedClip(random(1, 1), Optional.empty(), Optional.of("a red ring"));
    try (ClipMetric metric = metric("direction: higher\n" + inputs + "output: y\n")) {
      assertThat(metric.needs()).containsExactly(ClipMetric.Need.CAPTION);
      // Three words and the end of the text, of twelve places.
      assertThat(metric.of(clip) * 12).isCloseTo(4, within(1.5));
    }
    // The cosine of a vector with itself; embeddings of other lengths are refused.
    try (ClipMetric metric =
        metric("direction: higher\n" + inputs + "output: {cosine: [y, y]}\n")) {
      assertThat(metric.of(clip)).isCloseTo(1, within(1e-6));
    }
    try (ClipMetric metric =
        metric("direction: higher\n" + inputs + "output: {cosine: [y, w]}\n")) {
      assertThatThrownBy(() -> metric.of(clip))
          .isInstanceOf(InvalidModelException.class)
          .hasMessageContaining("12 and 105 values");
    }
    try (ClipMetric metric = metric("direction: higher\n" + inputs + "output: z\n")) {
      assertThatThrownBy(() -> metric.of(clip))
          .isInstanceOf(InvalidModelException.class)
          .hasMessageContaining("no floating-point tensor");
    }
  }

  @Test
  void whatDoesNotFitIsOneSentence() throws IOException {
    network(
        TinyNetwork.graph()
            .addInput(TinyNetwork.value("x", TensorProto.DataType.FLOAT, 1, 3, 5, 7))
            .addOutput(TinyNetwork.value("y", TensorProto.DataType.FLOAT, 1, 3, 5, 7))
            .addNode(TinyNetwork.node("Identity", "y", "x")));
    refused("direction: lower\ninputs: {z: {from: frame}}\noutput: y\n", "no input z");
    refused("direction: lower\ninputs: {x: {from: frame}}\noutput: q\n", "no output q");
    refused(
        "direction: lower\ninputs: {x: {from: frame}, y: {from: frame}}\noutput: y\n",
        "no input y");
    try (ClipMetric metric = metric("direction: lower\ninputs: {x: {from: frame}}\noutput: y\n")) {
      assertThatThrownBy(
              () ->
                  metric.of(
                      new JudgedClip(
                          Tensor.full(0, 1, 9, 9, 3), Optional.empty(), Optional.empty())))
          .isInstanceOf(InvalidModelException.class)
          .hasMessageContaining("9 x 9")
          .hasMessageMatching("[^\n]*\\.");
    }
    Files.write(folder.resolve("net.onnx"), new byte[] {1, 2, 3});
    refused("direction: lower\ninputs: {x: {from: frame}}\noutput: y\n", "net.onnx");
  }

  @Test
  void figuresThatAreNoneAreRefused() throws IOException {
    network(
        TinyNetwork.graph()
            .addInput(TinyNetwork.value("x", TensorProto.DataType.FLOAT, 1, 3, 5, 7))
            .addOutput(TinyNetwork.value("y", TensorProto.DataType.FLOAT, 1, 3, 5, 7))
            .addNode(TinyNetwork.node("Log", "y", "x")));
    try (ClipMetric metric = metric("direction: lower\ninputs: {x: {from: frame}}\noutput: y\n")) {
      assertThatThrownBy(
              () ->
                  metric.of(
                      new JudgedClip(
                          Tensor.full(0, 1, 5, 7, 3), Optional.empty(), Optional.empty())))
          .isInstanceOf(InvalidModelException.class)
          .hasMessageContaining("gave -Infinity");
    }
  }

  @Test
  void stampsTellNetworksApart() throws IOException {
    String text = "direction: lower\ninputs: {x: {from: frame}}\noutput: y\n";
    GraphProto.Builder graph =
        TinyNetwork.graph()
            .addInput(TinyNetwork.value("x", TensorProto.DataType.FLOAT, 1, 3, 5, 7))
            .addOutput(TinyNetwork.value("y", TensorProto.DataType.FLOAT, 1, 3, 5, 7));
    network(graph.clone().addNode(TinyNetwork.node("Identity", "y", "x")));
    String first;
    try (ClipMetric metric = metric(text)) {
      first = metric.stamp();
    }
    network(graph.clone().addNode(TinyNetwork.node("Neg", "y", "x")));
    try (ClipMetric metric = metric(text)) {
      assertThat(metric.stamp()).isNotEqualTo(first);
    }
  }

  private void refused(String text, String words) throws IOException {
    Path file = descriptor(text);
    assertThatThrownBy(() -> NetworkMetric.open(file))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContaining(words)
        .hasMessageMatching("[^\n]*\\.");
  }

  private ClipMetric metric(String text) throws IOException {
    return ClipMetrics.find(descriptor(text).toString());
  }

  private Path descriptor(String text) throws IOException {
    return Files.writeString(folder.resolve("metric.yaml"), "name: mine\nmodel: net.onnx\n" + text);
  }

  private void network(GraphProto.Builder graph) throws IOException {
    TinyNetwork.write(folder.resolve("net.onnx"), graph);
  }

  private static Tensor random(long seed, int frames) {
    Random random = new Random(seed);
    float[] values = new float[frames * 5 * 7 * 3];
    for (int i = 0; i < values.length; i++) {
      values[i] = random.nextFloat();
    }
    return Tensor.of(values, frames, 5, 7, 3);
  }
}
