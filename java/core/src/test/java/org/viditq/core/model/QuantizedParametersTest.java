package org.viditq.core.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.viditq.core.checkpoint.MemoryCheckpoint;
import org.viditq.core.checkpoint.MemoryTensor;
import org.viditq.core.error.InvalidCheckpointException;
import org.viditq.core.operators.DenseLinearParameters;
import org.viditq.core.operators.QuantizedLinearParameters;
import org.viditq.core.operators.QuantizedLinearParameters.WeightSet;
import org.viditq.core.quant.ActivationQuantization.DynamicToken;
import org.viditq.core.quant.AffineGrid;
import org.viditq.core.quant.IntegerFormat;
import org.viditq.core.quant.QuantizedWeight;
import org.viditq.core.quant.TimestepRange;
import org.viditq.core.quant.WeightCodes;
import org.viditq.core.tensor.Tensor;

class QuantizedParametersTest {
  private static final IntegerFormat INT8 = IntegerFormat.asymmetric(8);

  private final QuantizedLinearParameters quantized =
      new QuantizedLinearParameters(
          "blocks.0.to_q",
          List.of(
              new WeightSet(
                  TimestepRange.ALL,
                  new QuantizedWeight(
                      new Zeros(), new AffineGrid(INT8, new float[] {1, 1}, new int[2])),
                  Optional.empty(),
                  new DynamicToken(INT8))),
          Optional.of(Tensor.zeros(2)));

  private final QuantizedParameters parameters =
      new QuantizedParameters(
          new CheckpointParameters(
              new MemoryCheckpoint(
                  "rest",
                  List.of(
                      MemoryTensor.of("blocks.0.to_k.weight", Tensor.zeros(2, 3)),
                      MemoryTensor.of("table", Tensor.zeros(4))))),
          Map.of("blocks.0.to_q", quantized, "blocks.9.to_q", quantized));

  private record Zeros() implements WeightCodes {
    @Override
    public int rows() {
      return 2;
    }

    @Override
    public int columns() {
      return 3;
    }

    @Override
    public void copyRow(int row, byte[] destination, int offset) {}

    @Override
    public long sizeInBytes() {
      return 6;
    }
  }

  @Test
  void replacesTheLayersItHas() {
    Parameters block = parameters.under("blocks.").under("0.");
    assertThat(block.linear("to_q", 3, 2)).isSameAs(quantized);
    assertThat(block.linear("to_k", 3, 2)).isInstanceOf(DenseLinearParameters.class);
    assertThat(parameters.tensor("table", 4).size()).isEqualTo(4);
    assertThat(parameters.stored("table", 4).name()).isEqualTo("table");
  }

  @Test
  void containsWhatTheQuantizedLayersStandFor() {
    assertThat(parameters.contains("blocks.0.to_q.weight")).isTrue();
    assertThat(parameters.contains("blocks.0.to_q.bias")).isTrue();
    assertThat(parameters.contains("blocks.0.to_q.scale")).isFalse();
    assertThat(parameters.under("blocks.0.").contains("to_k.weight")).isTrue();
    assertThat(parameters.contains("blocks.0.to_k.bias")).isFalse();
  }

  @Test
  void wrongShapeNamesTheLayer() {
    assertThatThrownBy(() -> parameters.linear("blocks.0.to_q", 2, 3))
        .isInstanceOf(InvalidCheckpointException.class)
        .hasMessageContainingAll("blocks.0.to_q", "[2, 3]", "[3, 2]");
  }

  @Test
  void layersTheModelDoesNotHaveAreListed() {
    parameters.linear("blocks.0.to_q", 3, 2);
    assertThat(parameters.unused())
        .containsExactly("blocks.9.to_q", "blocks.0.to_k.weight", "table");
    parameters.linear("blocks.0.to_k", 3, 2);
    parameters.leaveOut("table");
    assertThat(parameters.unused()).containsExactly("blocks.9.to_q");
  }
}
