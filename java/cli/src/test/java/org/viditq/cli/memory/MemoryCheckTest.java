package org.viditq.cli.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.viditq.cli.console.Console;
import org.viditq.cli.option.CommonOptions;
import org.viditq.core.error.MemoryException;
import org.viditq.core.machine.MachineMemory;
import org.viditq.core.operators.Precision;
import org.viditq.core.pipeline.GenerationRequest;
import org.viditq.core.pipeline.MemoryEstimate;
import org.viditq.core.pipeline.WeightForm;
import picocli.CommandLine;
import picocli.CommandLine.Command;

class MemoryCheckTest {
  private static final long GIBI = 1L << 30;
  private static final GenerationRequest REQUEST =
      GenerationRequest.pictures(List.of(1L), 2, 4.5, 64, 64);

  @Command(name = "test")
  private static final class Nothing {}

  /** A machine of four gigabytes with a heap of one. */
  private static void require(MemoryEstimate estimate) {
    require(estimate, false);
  }

  private static void require(MemoryEstimate estimate, boolean valuesInHeap) {
    Console console =
        new Console(new CommandLine(new Nothing()).getCommandSpec(), new CommonOptions());
    MachineMemory machine = new MachineMemory(4 * GIBI, 4 * GIBI, "this machine has");
    new MemoryCheck(valuesInHeap, console, GIBI, Optional.of(machine)).require(estimate, REQUEST);
  }

  /** A smaller picture does not make a text encoder smaller. */
  @Test
  void theAdviceIsAboutWhatIsTooLarge() {
    MemoryEstimate encoder = new MemoryEstimate(5 * GIBI, GIBI, GIBI, GIBI, 0);
    assertThatThrownBy(() -> require(encoder))
        .isInstanceOf(MemoryException.class)
        .hasMessageContainingAll("text encoder", "--save-embeddings", "--embeddings")
        .hasMessageNotContaining("--width");
    require(encoder.withoutEncoders());
    assertThatThrownBy(() -> require(new MemoryEstimate(GIBI, 5 * GIBI, GIBI, GIBI, 0)))
        .isInstanceOf(MemoryException.class)
        .hasMessageContainingAll("this machine has 4", "--width", "--plan")
        .hasMessageNotContaining("--embeddings");
  }

  /** The reference reads weights from mapped files; only values must fit into the heap. */
  @Test
  void weightsAreNotInTheHeap() {
    require(new MemoryEstimate(0, 3 * GIBI, GIBI, GIBI / 2, GIBI / 4), true);
    MemoryEstimate large = new MemoryEstimate(0, 3 * GIBI, GIBI, GIBI, GIBI / 4);
    require(large, false);
    assertThatThrownBy(() -> require(large, true))
        .isInstanceOf(MemoryException.class)
        .hasMessageContaining("-Xmx");
  }

  @Test
  void theProcessItselfTakesItsPart() {
    MemoryEstimate small = new MemoryEstimate(3, 5, 2, 1, 7);
    assertThat(small.total()).isEqualTo((128 << 20) + 5 + 7);
    require(small);
  }

  @Test
  void codesAreSmallerThanWeights() {
    assertThat(WeightForm.of(Precision.FP32).denoiser()).isEqualTo(4);
    assertThat(WeightForm.of(Precision.BF16).denoiser()).isEqualTo(2);
    assertThat(WeightForm.quantized(Precision.FP32, 8, 1).denoiser()).isEqualTo(1);
    assertThat(WeightForm.quantized(Precision.FP32, 6, 2).denoiser()).isEqualTo(2);
    assertThat(WeightForm.quantized(Precision.BF16, 4, 2)).isEqualTo(new WeightForm(2, 1, true));
  }
}
