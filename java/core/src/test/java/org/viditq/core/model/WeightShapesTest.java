package org.viditq.core.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.viditq.core.checkpoint.MemoryCheckpoint;
import org.viditq.core.checkpoint.MemoryTensor;
import org.viditq.core.tensor.Tensor;

class WeightShapesTest {
  private final WeightShapes shapes =
      new WeightShapes(
          new MemoryCheckpoint(
              "memory",
              List.of(
                  MemoryTensor.of("blocks.0.norm.weight", Tensor.zeros(8)),
                  MemoryTensor.of("blocks.1.norm.weight", Tensor.zeros(8)),
                  MemoryTensor.of("blocks.1.fc.weight", Tensor.zeros(32, 8)),
                  MemoryTensor.of("blocks.3.norm.weight", Tensor.zeros(8)),
                  MemoryTensor.of("blocks.10000000000.norm.weight", Tensor.zeros(8)),
                  MemoryTensor.of("blocks.last.norm.weight", Tensor.zeros(8)),
                  MemoryTensor.of("empty", Tensor.zeros(0, 3)))));

  @Test
  void extentsAreThoseOfTheTensor() {
    assertThat(shapes.extent("blocks.1.fc.weight", 0)).hasValue(32);
    assertThat(shapes.extent("blocks.1.fc.weight", 1)).hasValue(8);
    assertThat(shapes.extent("empty", 1)).hasValue(3);
  }

  @Test
  void whatIsNotThereIsEmpty() {
    assertThat(shapes.extent("blocks.1.fc.weight", 2)).isEmpty();
    assertThat(shapes.extent("blocks.2.fc.weight", 0)).isEmpty();
    assertThat(shapes.extent("empty", 0)).isEmpty();
    assertThat(shapes.blocks("layers.")).isEmpty();
    assertThat(shapes.blocks("blocks.1.")).isEmpty();
  }

  @Test
  void blocksAreCountedByTheirLargestNumber() {
    assertThat(shapes.blocks("blocks.")).hasValue(4);
  }
}
