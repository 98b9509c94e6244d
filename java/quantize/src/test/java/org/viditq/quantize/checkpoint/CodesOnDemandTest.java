package org.viditq.quantize.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.viditq.core.checkpoint.Checkpoint;
import org.viditq.core.checkpoint.Checkpoints;
import org.viditq.core.checkpoint.ForwardingTensor;
import org.viditq.core.checkpoint.MemoryCheckpoint;
import org.viditq.core.checkpoint.MemoryTensor;
import org.viditq.core.checkpoint.StoredTensor;
import org.viditq.core.tensor.Tensor;
import org.viditq.quantize.ListedModel;
import org.viditq.quantize.plan.PlanReader;
import org.viditq.quantize.plan.QuantizationPlan;
import org.viditq.quantize.weight.QuantizedLayers;
import org.viditq.quantize.weight.Quantizer;

/**
 * Quantizing reads each weight for its grids; codes are made when a weight is written, not kept.
 */
class CodesOnDemandTest {
  private static final int OUT = 5;
  private static final int IN = 9;
  private static final List<String> LAYERS =
      List.of("transformer_blocks.0.a", "transformer_blocks.0.b", "transformer_blocks.0.c");

  /** What was read, in order. */
  private record Row(String tensor, int row, long bytesWritten) {}

  private final List<Row> reads = new ArrayList<>();

  @TempDir private Path folder;

  @Test
  void quantizingReadsEachWeightOnceAndCodesEachTimeTheyAreAskedFor() throws IOException {
    QuantizedLayers layers = quantize(plan(8));
    assertThat(reads).extracting(Row::tensor).containsExactlyElementsOf(rowsOf(LAYERS));

    var codes = layers.layers().get(LAYERS.get(1)).sets().get(0).weight().codes();
    for (int time = 0; time < 2; time++) {
      reads.clear();
      assertThat(codes.stored()).isPresent();
      assertThat(reads)
          .extracting(Row::tensor)
          .containsExactlyElementsOf(rowsOf(List.of(LAYERS.get(1))));
    }
    reads.clear();
    codes.copyRow(3, new byte[IN], 0);
    assertThat(reads).extracting(Row::row).containsExactly(3);
  }

  @Test
  void sizesDoNotNeedCodes() throws IOException {
    QuantizedLayers layers = quantize(plan(4));
    reads.clear();
    assertThat(layers.sizeInBytes()).isEqualTo(3L * OUT * (8 + Float.BYTES + 1));
    assertThat(reads).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(ints = {8, 4})
  void writerMakesTheCodesOfAWeightOnceThoseOfTheLastAreWritten(int weightBits) throws IOException {
    QuantizationPlan plan = plan(weightBits);
    QuantizedLayers layers = quantize(plan);
    reads.clear();
    Path out = folder.resolve("out");
    QuantizedCheckpointWriter.write(
        out, JsonNodeFactory.instance.objectNode(), model(), weights(), plan, layers);

    // The fingerprint of the weights has sampled each before.
    List<Row> made = reads.subList(LAYERS.size(), reads.size());
    assertThat(made).extracting(Row::tensor).containsExactlyElementsOf(rowsOf(LAYERS));
    int codeBytes = (int) (layers.sizeInBytes() / LAYERS.size()) - OUT * (Float.BYTES + 1);
    for (int layer = 1; layer < LAYERS.size(); layer++) {
      assertThat(made.get(layer * OUT).bytesWritten)
          .isGreaterThanOrEqualTo(made.get((layer - 1) * OUT).bytesWritten + codeBytes);
    }

    try (Checkpoint written = Checkpoints.open(out)) {
      QuantizedLayers read = QuantizedCheckpoint.read(written).layers();
      for (String layer : LAYERS) {
        for (int row = 0; row < OUT; row++) {
          assertThat(codes(read, layer, row)).isEqualTo(codes(layers, layer, row));
        }
      }
    }
  }

  private static byte[] codes(QuantizedLayers layers, String layer, int row) {
    byte[] codes = new byte[IN];
    layers.layers().get(layer).sets().get(0).weight().codes().copyRow(row, codes, 0);
    return codes;
  }

  private QuantizationPlan plan(int weightBits) throws IOException {
    String yaml =
        "weight: {bits: "
            + weightBits
            + "}\nactivation: {mode: dynamic_token, bits: 8}\nquantize: [blocks.]\n";
    return new PlanReader().read(Files.writeString(folder.resolve("plan.yaml"), yaml));
  }

  private QuantizedLayers quantize(QuantizationPlan plan) {
    return new Quantizer(plan)
        .quantize(model(), weights(), Optional.empty(), Quantizer.Progress.NONE);
  }

  private static ListedModel model() {
    return ListedModel.of(LAYERS.toArray(String[]::new));
  }

  private static List<String> rowsOf(List<String> layers) {
    return layers.stream()
        .flatMap(layer -> Stream.generate(() -> layer + ".weight").limit(OUT))
        .toList();
  }

  private Checkpoint weights() {
    List<StoredTensor> tensors = new ArrayList<>();
    for (String layer : LAYERS) {
      Tensor weight = Tensor.zeros(OUT, IN);
      for (int i = 0; i < weight.size(); i++) {
        weight.data()[i] = (float) Math.sin(i + tensors.size());
      }
      tensors.add(new WatchedTensor(MemoryTensor.of(layer + ".weight", weight)));
    }
    return new MemoryCheckpoint("watched", tensors);
  }

  private long bytesWritten() {
    try (Stream<Path> files = Files.walk(folder)) {
      return files.filter(Files::isRegularFile).mapToLong(file -> file.toFile().length()).sum();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Notes which rows are read, and how much of the output was written by then. */
  private final class WatchedTensor extends ForwardingTensor {
    WatchedTensor(StoredTensor tensor) {
      super(tensor);
    }

    @Override
    public ByteBuffer bytes() {
      throw new AssertionError("All of " + name() + " was brought into memory.");
    }

    @Override
    public void copyTo(int start, float[] destination, int offset, int count) {
      reads.add(new Row(name(), start / IN, bytesWritten()));
      super.copyTo(start, destination, offset, count);
    }
  }
}
