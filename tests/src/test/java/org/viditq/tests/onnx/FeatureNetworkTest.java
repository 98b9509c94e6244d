package org.viditq.tests.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.onnx.proto.OnnxMl.TensorProto;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.viditq.core.error.InvalidModelException;
import org.viditq.core.tensor.Tensor;
import org.viditq.quantize.metric.clip.ClipMetrics;
import org.viditq.quantize.metric.clip.FeatureNetwork;

/** Features by networks of a node or two in ONNX Runtime, which are known. */
class FeatureNetworkTest {
  @TempDir private Path folder;

  private Path descriptor(String inputs, String output) throws IOException {
    return Files.writeString(
        folder.resolve("features.yaml"),
        "name: mine\nmodel: net.onnx\ninputs: " + inputs + "\noutput: " + output + "\n");
  }

  private static Tensor random(long seed, int frames) {
    Random random = new Random(seed);
    float[] values = new float[frames * 5 * 7 * 3];
    for (int i = 0; i < values.length; i++) {
      values[i] = random.nextFloat();
    }
    return Tensor.of(values, frames, 5, 7, 3);
  }

  @Test
  void everyFrameHasAVector() throws IOException {
    TinyNetwork.meanColours(folder.resolve("net.onnx"));
    Tensor clip = random(1, 2);
    try (FeatureNetwork network =
        FeatureNetwork.open(descriptor("{x: {from: frame}}", "{features: y}"))) {
      assertThat(network.isOfClips()).isFalse();
      assertThat(network.vectors(2)).isEqualTo(2);
      Tensor features = network.of(clip);
      assertThat(features.shape().toArray()).containsExactly(2, 3);
      for (int frame = 0; frame < 2; frame++) {
        for (int colour = 0; colour < 3; colour++) {
          double mean = 0;
          for (int pixel = 0; pixel < 35; pixel++) {
            mean += clip.data()[(frame * 35 + pixel) * 3 + colour] / 35;
          }
          assertThat((double) features.data()[frame * 3 + colour]).isCloseTo(mean, within(1e-6));
        }
      }
    }
  }

  @Test
  void aClipHasAVector() throws IOException {
    TinyNetwork.write(
        folder.resolve("net.onnx"),
        TinyNetwork.graph()
            .addInput(TinyNetwork.value("x", TensorProto.DataType.FLOAT, 1, 3, -1, -1, -1))
            .addOutput(TinyNetwork.value("y", TensorProto.DataType.FLOAT, 1, -1))
            .addNode(TinyNetwork.node("Flatten", "y", "x")));
    try (FeatureNetwork network =
        FeatureNetwork.open(descriptor("{x: {from: clip}}", "{features: y}"))) {
      assertThat(network.isOfClips()).isTrue();
      assertThat(network.vectors(3)).isEqualTo(1);
      Tensor clip = random(2, 3);
      Tensor features = network.of(clip);
      assertThat(features.shape().toArray()).containsExactly(1, 315);
      // Colours come before frames: the second value is the second pixel's red.
      assertThat(features.data()[1]).isEqualTo(clip.data()[3]);
      assertThatThrownBy(() -> network.of(random(2, 4)))
          .isInstanceOf(InvalidModelException.class)
          .hasMessageContaining("420 features of one picture and 315 of another")
          .hasMessageMatching("[^\n]*\\.");
    }
    try (FeatureNetwork network =
        FeatureNetwork.open(descriptor("{x: {from: clip}}", "{features: y}"))) {
      assertThatThrownBy(() -> network.of(random(2, 40)))
          .isInstanceOf(InvalidModelException.class)
          .hasMessageContaining("at most 4096");
    }
  }

  @Test
  void featuresThatAreNoNumbersAreRefused() throws IOException {
    TinyNetwork.write(
        folder.resolve("net.onnx"),
        TinyNetwork.graph()
            .addInput(TinyNetwork.value("x", TensorProto.DataType.FLOAT, 1, 3, 5, 7))
            .addOutput(TinyNetwork.value("y", TensorProto.DataType.FLOAT, 1, 3, 5, 7))
            .addNode(TinyNetwork.node("Log", "y", "x")));
    try (FeatureNetwork network =
        FeatureNetwork.open(descriptor("{x: {from: frame}}", "{features: y}"))) {
      assertThatThrownBy(() -> network.of(Tensor.full(0, 1, 5, 7, 3)))
          .isInstanceOf(InvalidModelException.class)
          .hasMessageContaining("gave -Infinity");
    }
  }

  /** A figure and features are not taken for each other. */
  @Test
  void metricsAndFeaturesAreToldApart() throws IOException {
    TinyNetwork.meanColours(folder.resolve("net.onnx"));
    Path features = descriptor("{x: {from: frame}}", "{features: y}");
    assertThatThrownBy(() -> ClipMetrics.find(features.toString()))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContaining("--frechet")
        .hasMessageMatching("[^\n]*\\.");
    Path metric = descriptor("{x: {from: frame}}", "y\ndirection: lower");
    assertThatThrownBy(() -> FeatureNetwork.open(metric))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContaining("{features: NAME}")
        .hasMessageMatching("[^\n]*\\.");
  }
}
