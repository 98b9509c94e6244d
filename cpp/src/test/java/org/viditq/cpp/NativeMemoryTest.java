package org.viditq.cpp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.lang.ref.WeakReference;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.viditq.core.checkpoint.Checkpoint;
import org.viditq.core.checkpoint.Checkpoints;
import org.viditq.core.checkpoint.MemoryTensor;
import org.viditq.core.checkpoint.NonFiniteScan;
import org.viditq.core.checkpoint.SafetensorsWriter;
import org.viditq.core.checkpoint.StoredTensor;
import org.viditq.core.error.BackendException;
import org.viditq.core.operators.ConvolutionParameters;
import org.viditq.core.operators.DenseLinearParameters;
import org.viditq.core.operators.Linear;
import org.viditq.core.operators.QuantizedLinearParameters;
import org.viditq.core.operators.QuantizedLinearParameters.WeightSet;
import org.viditq.core.operators.Scope;
import org.viditq.core.quant.ActivationQuantization;
import org.viditq.core.quant.AffineGrid;
import org.viditq.core.quant.IntegerFormat;
import org.viditq.core.quant.QuantizedWeight;
import org.viditq.core.quant.TimestepRange;
import org.viditq.core.quant.WeightCodes;
import org.viditq.core.tensor.Tensor;
import org.viditq.cpp.bridge.Bridge;

/** Lifetime of values, reuse of their memory, and that nothing is left behind. */
class NativeMemoryTest {
  private long before;
  private NativeOperators operators;

  @BeforeEach
  void open() {
    before = NativeLibrary.allocatedBytes();
    operators = new NativeOperators(2, InstructionSet.choose());
  }

  @AfterEach
  void nothingIsLeft() {
    operators.close();
    operators.close(); // idempotent
    assertThat(NativeLibrary.allocatedBytes()).isEqualTo(before);
  }

  @Test
  void idleMemoryGoesAndValuesStay() {
    NativeTensor outside = operators.constant(Tensor.full(1, 3));
    long least = operators.activationBytes();
    try (Scope<NativeTensor> scope = operators.scope()) {
      operators.scale(operators.constant(Tensor.full(1, 1 << 20)), 2);
    }
    assertThat(operators.activationBytes()).isGreaterThan(least);
    operators.releaseIdleMemory();
    assertThat(operators.activationBytes()).isEqualTo(least);
    assertThat(operators.read(outside).data()).containsExactly(1, 1, 1);
    assertThat(operators.read(operators.scale(outside, 2)).data()).containsExactly(2, 2, 2);
  }

  @Test
  void scopeReleasesItsValuesButNotThoseKept() {
    NativeTensor outside = operators.constant(Tensor.full(1, 3));
    NativeTensor kept;
    NativeTensor dropped;
    try (Scope<NativeTensor> scope = operators.scope()) {
      dropped = operators.scale(outside, 2);
      kept = scope.keep(operators.scale(outside, 3));
    }
    assertThat(operators.read(kept).data()).containsExactly(3, 3, 3);
    assertThat(operators.read(outside).data()).containsExactly(1, 1, 1);
    assertThatThrownBy(() -> operators.add(outside, dropped))
        .isInstanceOf(BackendException.class)
        .hasMessageContaining("[3]")
        .hasMessageContaining("released with its scope");
  }

  @Test
  void scopeForgetsValuesThatWereReleasedBeforeItEnds() {
    try (Scope<NativeTensor> scope = operators.scope()) {
      List<WeakReference<NativeTensor>> released = new ArrayList<>();
      for (int i = 0; i < 3; i++) {
        released.add(new WeakReference<>(operators.constant(Tensor.full(1, 3))));
      }
      NativeTensor last = operators.constant(Tensor.full(2, 3));
      List.of(1, 0, 2).forEach(i -> released.get(i).get().close());
      System.gc();
      assertThat(released).allMatch(reference -> reference.get() == null);
      assertThat(operators.read(last).data()).containsExactly(2, 2, 2);
    }
  }

  @Test
  void keptValueBelongsToTheScopeAround() {
    NativeTensor value;
    try (Scope<NativeTensor> outer = operators.scope()) {
      try (Scope<NativeTensor> inner = operators.scope()) {
        value = inner.keep(operators.constant(Tensor.full(1, 2)));
      }
      assertThat(operators.read(value).data()).containsExactly(1, 1);
    }
    assertThatThrownBy(() -> operators.read(value)).isInstanceOf(BackendException.class);
  }

  @Test
  void ofAChainOfValuesOnlyTheLastTakesMemory() {
    NativeTensor first = operators.constant(Tensor.full(1, 5000));
    NativeTensor value = first;
    long[] bytes = new long[6];
    for (int i = 0; i < bytes.length; i++) {
      try (Scope<NativeTensor> scope = operators.scope()) {
        value = scope.replace(value, operators.scale(operators.scale(value, 3), 1));
      }
      bytes[i] = operators.activationBytes();
    }
    assertThat(operators.read(value).data()).containsOnly(729);
    assertThat(bytes).containsOnly(bytes[0]);
    assertThatThrownBy(() -> operators.read(first)).isInstanceOf(BackendException.class);
  }

  @Test
  void onlyWhatBelongsToTheScopeAroundIsReplaced() {
    NativeTensor outermost = operators.constant(Tensor.full(1, 3));
    try (Scope<NativeTensor> outer = operators.scope()) {
      NativeTensor value;
      try (Scope<NativeTensor> inner = operators.scope()) {
        value = inner.replace(outermost, operators.scale(outermost, 2));
      }
      try (Scope<NativeTensor> inner = operators.scope()) {
        value = inner.replace(value, value);
      }
      assertThat(operators.read(value).data()).containsOnly(2);
    }
    assertThat(operators.read(outermost).data()).containsOnly(1);
  }

  @Test
  void scopeEndsThoseForgottenInside() {
    try (Scope<NativeTensor> outer = operators.scope()) {
      operators.scope(); // never closed
      operators.constant(Tensor.zeros(1000));
    }
    NativeTensor after = operators.constant(Tensor.full(2, 1));
    assertThat(operators.read(after).data()).containsExactly(2);
  }

  @Test
  void viewsShareTheirValuesAndOutliveEachOther() {
    NativeTensor whole = operators.constant(Tensor.of(new float[] {1, 2, 3, 4, 5, 6}, 3, 2));
    NativeTensor reshaped = operators.reshape(whole, 6);
    NativeTensor row = operators.slice(whole, 0, 1, 2);
    whole.close();
    whole.close(); // idempotent: the others keep the block
    operators.constant(Tensor.zeros(3, 2));
    assertThat(operators.read(reshaped).data()).containsExactly(1, 2, 3, 4, 5, 6);
    assertThat(operators.read(row).data()).containsExactly(3, 4);
  }

  @Test
  void secondStepAllocatesNothing() {
    Linear layer =
        operators.prepare(
            new DenseLinearParameters(
                "layer", MemoryTensor.of("w", Tensor.full(0.1f, 40, 30)), Optional.empty()));
    NativeTensor x = operators.constant(Tensor.full(1, 2, 50, 30));
    step(x, layer);
    long afterFirst = NativeLibrary.allocatedBytes();
    long activations = operators.activationBytes();
    for (int i = 0; i < 3; i++) {
      step(x, layer);
      assertThat(NativeLibrary.allocatedBytes()).isEqualTo(afterFirst);
      assertThat(operators.activationBytes()).isEqualTo(activations);
    }
  }

  private void step(NativeTensor x, Linear layer) {
    try (Scope<NativeTensor> scope = operators.scope()) {
      NativeTensor h = operators.linear(x, layer);
      h = operators.concat(List.of(h, h), 1);
      operators.attention(h, h, h, 4, 1, Optional.empty());
    }
  }

  @Test
  void closeReleasesPreparedLayers() {
    operators.prepare(
        new DenseLinearParameters(
            "dense", MemoryTensor.of("w", Tensor.full(1, 7, 5)), Optional.of(Tensor.zeros(7))));
    operators.prepare(
        new ConvolutionParameters(
            "conv",
            MemoryTensor.of("w", Tensor.full(1, 2, 3, 3, 3)),
            Optional.of(Tensor.zeros(2)),
            new int[] {1, 1},
            new int[] {1, 1},
            new int[] {1, 1}));
    assertThat(NativeLibrary.allocatedBytes()).isGreaterThan(before);
  }

  /** With biases that take more than what is needed only while the weight is prepared. */
  static Stream<Arguments> layers() {
    Optional<Tensor> bias = Optional.of(Tensor.zeros(4096));
    return Stream.of(
        Arguments.of(
            "dense",
            (Consumer<NativeOperators>)
                on ->
                    on.prepare(
                        new DenseLinearParameters(
                            "dense", MemoryTensor.of("w", Tensor.full(1, 4096, 1)), bias))),
        Arguments.of(
            "convolution",
            (Consumer<NativeOperators>)
                on ->
                    on.prepare(
                        new ConvolutionParameters(
                            "convolution",
                            MemoryTensor.of("w", Tensor.full(1, 4096, 1, 1, 1)),
                            bias,
                            new int[] {1, 1},
                            new int[] {1, 1},
                            new int[] {1, 1}))),
        Arguments.of(
            "quantized", (Consumer<NativeOperators>) on -> prepareQuantized(on, 70, 64, 4, 2)));
  }

  /** Memory ends at every place of what the layer needs, one after the other. */
  @ParameterizedTest(name = "{0}")
  @MethodSource("layers")
  void preparationWithoutMemoryLeavesNothing(String layer, Consumer<NativeOperators> prepare) {
    long without = NativeLibrary.allocatedBytes();
    int failed = 0;
    for (long more = 0; NativeLibrary.allocatedBytes() == without; more += 64) {
      Bridge.viditq_limit_allocated_bytes(without + more);
      try {
        prepare.accept(operators);
      } catch (BackendException noMemory) {
        failed++;
        assertThat(noMemory).hasMessageMatching(".*(finds no memory|could not be allocated).*");
        assertThat(NativeLibrary.allocatedBytes()).as("%d bytes", more).isEqualTo(without);
      } finally {
        Bridge.viditq_limit_allocated_bytes(Long.MAX_VALUE);
      }
    }
    assertThat(failed).isGreaterThan(2);
  }

  @ParameterizedTest
  @CsvSource({"1152, 1152, 8, 0.27", "1152, 4608, 8, 0.27", "1152, 4608, 4, 0.15"})
  void quantizedLayersTakeTheirShareOfFloat32(int in, int out, int bits, double share) {
    prepareQuantized(operators, in, out, bits, 1);
    long bytes = NativeLibrary.allocatedBytes() - before;
    assertThat(bytes / (4.0 * in * out)).isLessThan(share).isGreaterThan(bits / 32.0);
  }

  @Test
  void weightSetsOfTheSameWeightShareItInMemory() {
    prepareQuantized(operators, 256, 512, 8, 1);
    long one = NativeLibrary.allocatedBytes() - before;
    prepareQuantized(operators, 256, 512, 8, 4);
    // What malloc gives for a size differs by some bytes.
    assertThat(NativeLibrary.allocatedBytes() - before - one).isBetween(one - 1000, one + 1000);
  }

  private static void prepareQuantized(
      NativeOperators operators, int in, int out, int bits, int sets) {
    IntegerFormat format = IntegerFormat.asymmetric(bits);
    ByteCodes bytes = new ByteCodes(out, in, new byte[out * in]);
    WeightCodes codes = bits == 4 ? NibbleCodes.of(bytes, false, true) : bytes;
    float[] scale = new float[out];
    Arrays.fill(scale, 1);
    QuantizedWeight weight =
        new QuantizedWeight(codes, new AffineGrid(format, scale, new int[out]));
    List<WeightSet> all = new ArrayList<>();
    for (int i = 0; i < sets; i++) {
      all.add(
          new WeightSet(
              new TimestepRange(1001.0 * i / sets, 1001.0 * (i + 1) / sets),
              weight,
              Optional.empty(),
              new ActivationQuantization.DynamicToken(IntegerFormat.asymmetric(8))));
    }
    operators.prepare(new QuantizedLinearParameters("layer", all, Optional.of(Tensor.zeros(out))));
  }

  @Test
  void aMappedWeightIsNotInMemoryTwice(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("weights.safetensors");
    SafetensorsWriter.write(
        file, List.of(MemoryTensor.of("w", Tensor.full(0.5f, 512, 1024))), Map.of());
    try (Checkpoint checkpoint = Checkpoints.open(file)) {
      StoredTensor weight = checkpoint.get("w");
      assertThat(NonFiniteScan.found(weight)).isFalse(); // reads all of it
      assertThat(residentKilobytes(file)).isGreaterThanOrEqualTo(2048);
      Linear layer =
          operators.prepare(new DenseLinearParameters("layer", weight, Optional.empty()));
      assertThat(residentKilobytes(file)).isLessThan(64);
      NativeTensor y = operators.linear(operators.constant(Tensor.full(1, 1, 1024)), layer);
      assertThat(operators.read(y).data()).containsOnly(512);
      assertThat(weight.toTensor().data()).containsOnly(0.5f);
    }
  }

  /** Loading touches 33 of its 80 MB, computing 10. */
  @Test
  void whatOnlyLoadingNeededOfOneDnnIsNotInMemory() throws IOException {
    Linear layer =
        operators.prepare(
            new DenseLinearParameters(
                "dense", MemoryTensor.of("w", Tensor.full(1, 64, 32)), Optional.empty()));
    operators.read(operators.linear(operators.constant(Tensor.full(1, 9, 32)), layer));
    assertThat(residentKilobytes(Path.of("libdnnl.so.3"))).isBetween(100L, 20_000L);
  }

  /** Of a file in this process; a path, or how it ends. */
  private static long residentKilobytes(Path file) throws IOException {
    long sum = 0;
    boolean inFile = false;
    for (String line : Files.readAllLines(Path.of("/proc/self/smaps"))) {
      if (line.matches("[0-9a-f]+-[0-9a-f]+ .*")) {
        inFile = line.endsWith(file.toString());
      } else if (inFile && line.startsWith("Rss:")) {
        sum += Long.parseLong(line.replaceAll("\\D", ""));
      }
    }
    return sum;
  }

  @Test
  void closedOperatorsRefuseToCompute() {
    NativeTensor x = operators.constant(Tensor.zeros(3));
    operators.close();
    assertThatThrownBy(() -> operators.scale(x, 2)).isInstanceOf(BackendException.class);
    assertThatThrownBy(() -> operators.constant(Tensor.zeros(3)))
        .isInstanceOf(BackendException.class)
        .hasMessageContaining("closed");
  }
}
