package org.viditq.quantize.metric;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.viditq.core.checkpoint.MemoryTensor;
import org.viditq.core.checkpoint.SafetensorsWriter;
import org.viditq.core.error.InvalidCheckpointException;
import org.viditq.core.error.ViditqException;
import org.viditq.core.tensor.DType;
import org.viditq.core.tensor.Tensor;

class FeatureStatisticsTest {
  @TempDir private Path folder;

  private static Tensor vectors() {
    Random random = new Random(6);
    Tensor vectors = Tensor.zeros(7, 3);
    for (int i = 0; i < vectors.size(); i++) {
      vectors.data()[i] = (float) random.nextGaussian();
    }
    return vectors;
  }

  @Test
  void whatIsWrittenIsRead() {
    Path file = folder.resolve("s.safetensors");
    FeatureStatistics written = FeatureStatistics.of(vectors(), "net 123");
    written.write(file);
    FeatureStatistics read = FeatureStatistics.read(file);
    assertThat(read.network()).isEqualTo("net 123");
    assertThat(read.vectors()).isEqualTo(7);
    assertThat(read.fit().mean()).containsExactly(written.fit().mean());
    assertThat(read.fit().covarianceRows()).isDeepEqualTo(written.fit().covarianceRows());
  }

  /** Those of other programs, in float32 and without metadata. */
  @Test
  void twoTensorsAreEnough() {
    Path file = write(Tensor.of(new float[] {1, 2}, 2), covariance(4, 0.5f, 0.5f, 9));
    FeatureStatistics read = FeatureStatistics.read(file);
    assertThat(read.network()).isEmpty();
    assertThat(read.vectors()).isZero();
    assertThat(read.fit().mean()).containsExactly(1, 2);
    assertThat(read.fit().covarianceRows()).isDeepEqualTo(new double[][] {{4, 0.5}, {0.5, 9}});
  }

  private static Tensor covariance(float... values) {
    return Tensor.of(values, 2, 2);
  }

  private Path write(Tensor mean, Tensor covariance) {
    Path file = folder.resolve("s.safetensors");
    SafetensorsWriter.write(
        file,
        List.of(MemoryTensor.of("mean", mean), MemoryTensor.of("covariance", covariance)),
        Map.of());
    return file;
  }

  private void refused(Path file, String words) {
    assertThatThrownBy(() -> FeatureStatistics.read(file))
        .isInstanceOf(InvalidCheckpointException.class)
        .hasMessageContaining(words)
        .hasMessageMatching("[^\n]*\\.");
  }

  @Test
  void whatIsNoMeanAndCovarianceIsRefused() throws IOException {
    Tensor mean = Tensor.of(new float[] {1, 2}, 2);
    refused(write(mean.reshape(1, 2), covariance(1, 0, 0, 1)), "mean must be [D]");
    refused(write(mean, Tensor.zeros(2, 3)), "covariance must be [2, 2]");
    refused(write(mean, covariance(1, 0, 0, -1)), "variance of -1");
    refused(write(mean, covariance(1, 0.5f, 0.4f, 1)), "not symmetric");
    refused(write(mean, covariance(1, Float.NaN, 0, 1)), "NaN");
    Path file = folder.resolve("s.safetensors");
    SafetensorsWriter.write(file, List.of(MemoryTensor.of("mean", mean)), Map.of());
    refused(file, "covariance");
    SafetensorsWriter.write(
        file,
        List.of(
            MemoryTensor.of("mean", mean, DType.F16),
            MemoryTensor.of("covariance", covariance(1, 0, 0, 1))),
        Map.of());
    refused(file, "F64 or F32, not F16");
    SafetensorsWriter.write(
        file,
        List.of(
            MemoryTensor.of("mean", mean), MemoryTensor.of("covariance", covariance(1, 0, 0, 1))),
        Map.of("vectors", "many"));
    refused(file, "number of vectors");
    Files.writeString(file, "no");
    refused(file, "s.safetensors");
  }

  /** Any bytes give statistics or one sentence, soon. */
  @Test
  void mutatedFilesAreReadOrRefused() throws IOException {
    Path file = folder.resolve("s.safetensors");
    FeatureStatistics.of(vectors(), "net").write(file);
    byte[] whole = Files.readAllBytes(file);
    Random random = new Random(7);
    Assertions.assertTimeoutPreemptively(
        Duration.ofSeconds(60),
        () -> {
          for (int i = 0; i < 300; i++) {
            byte[] bytes = whole.clone();
            for (int k = 0; k <= random.nextInt(4); k++) {
              bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
            }
            Files.write(file, java.util.Arrays.copyOf(bytes, bytes.length - random.nextInt(2) * 8));
            try {
              assertThat(FeatureStatistics.read(file).fit().features()).isPositive();
            } catch (ViditqException refused) {
              assertThat(refused.getMessage()).doesNotContain("\n").endsWith(".");
            }
          }
        });
  }
}
