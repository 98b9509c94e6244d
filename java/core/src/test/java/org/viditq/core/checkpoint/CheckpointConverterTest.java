package org.viditq.core.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.viditq.core.checkpoint.CheckpointConverter.Options;
import org.viditq.core.checkpoint.KeyMapping.Part;
import org.viditq.core.checkpoint.KeyMapping.Rows;
import org.viditq.core.error.InvalidCheckpointException;
import org.viditq.core.error.NonFiniteException;
import org.viditq.core.error.OutputException;
import org.viditq.core.tensor.DType;
import org.viditq.core.tensor.Shape;
import org.viditq.core.tensor.Tensor;

class CheckpointConverterTest {
  private static final Path GOLDEN = Path.of("src/test/resources/checkpoints");
  private static final KeyMapping SAME = KeyMapping.renaming(name -> name);

  @TempDir Path folder;

  private static Options as(DType dtype) {
    return new Options(Optional.of(dtype), 1_000_000, "diffusion_pytorch_model", Optional.empty());
  }

  private static Options inShards(long bytes, Optional<String> variant) {
    return new Options(Optional.empty(), bytes, "diffusion_pytorch_model", variant);
  }

  private static Checkpoint memory(StoredTensor... tensors) {
    return new MemoryCheckpoint("memory", List.of(tensors));
  }

  @Test
  void pickleBecomesSafetensorsOfTheSameTensors() {
    Path target = folder.resolve("new/transformer");
    try (Checkpoint pickle = Checkpoints.open(GOLDEN.resolve("types.pth"))) {
      List<Path> files =
          CheckpointConverter.write(
              pickle, target, KeyMapping.renaming(name -> "x." + name), Options.DEFAULT);
      assertThat(files).containsExactly(target.resolve("diffusion_pytorch_model.safetensors"));
      try (Checkpoint written = Checkpoints.open(target)) {
        assertThat(written.metadata()).containsEntry("format", "pt");
        assertThat(written.names()).hasSameSizeAs(pickle.names());
        for (String name : pickle.names()) {
          StoredTensor read = written.get("x." + name);
          assertThat(read.dtype()).isEqualTo(pickle.get(name).dtype());
          assertThat(read.shape()).isEqualTo(pickle.get(name).shape());
          assertThat(read.bytes()).as(name).isEqualTo(pickle.get(name).bytes());
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = DType.class,
      names = {"F64", "F32", "F16", "BF16"})
  void floatsAreConvertedAndIntegersStay(DType dtype) {
    try (Checkpoint pickle = Checkpoints.open(GOLDEN.resolve("types.pth"))) {
      CheckpointConverter.write(pickle, folder, SAME, as(dtype));
      try (Checkpoint written = Checkpoints.open(folder)) {
        for (String name : pickle.names()) {
          StoredTensor from = pickle.get(name);
          StoredTensor to = written.get(name);
          boolean converted = from.dtype().isFloatingPoint();
          assertThat(to.dtype()).as(name).isEqualTo(converted ? dtype : from.dtype());
          float[] expected =
              converted
                  ? MemoryTensor.of("x", from.toTensor(), dtype).toTensor().data()
                  : from.toTensor().data();
          assertThat(to.toTensor().data()).as(name).isEqualTo(expected);
        }
      }
    }
  }

  @Test
  void largeTensorsAreConvertedPieceByPiece() {
    Random random = new Random(1);
    float[] values = new float[300_001];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    Tensor tensor = Tensor.of(values, values.length);
    CheckpointConverter.write(memory(MemoryTensor.of("w", tensor)), folder, SAME, as(DType.BF16));
    try (Checkpoint written = Checkpoints.open(folder)) {
      assertThat(written.get("w").bytes())
          .isEqualTo(MemoryTensor.of("w", tensor, DType.BF16).bytes());
    }
  }

  @Test
  void shardsAreAsFullAsTheyCanBeAndIndexed() throws IOException {
    StoredTensor[] tensors = new StoredTensor[7];
    for (int i = 0; i < tensors.length; i++) {
      tensors[i] = MemoryTensor.of("t" + i, Tensor.full(i, i == 3 ? 100 : 10));
    }
    for (Optional<String> variant : List.of(Optional.<String>empty(), Optional.of("fp16"))) {
      Path target = folder.resolve(variant.orElse("plain"));
      List<Path> files =
          CheckpointConverter.write(memory(tensors), target, SAME, inShards(100, variant));
      String word = variant.map(w -> "." + w).orElse("");
      assertThat(files.stream().map(f -> f.getFileName().toString()))
          .containsExactly(
              "diffusion_pytorch_model" + word + "-00001-of-00005.safetensors",
              "diffusion_pytorch_model" + word + "-00002-of-00005.safetensors",
              "diffusion_pytorch_model" + word + "-00003-of-00005.safetensors",
              "diffusion_pytorch_model" + word + "-00004-of-00005.safetensors",
              "diffusion_pytorch_model" + word + "-00005-of-00005.safetensors",
              "diffusion_pytorch_model.safetensors.index" + word + ".json");
      assertThat(Files.readString(files.get(5))).contains("\"total_size\" : 640");
      assertThat(Checkpoints.variants(target)).hasSize(variant.isPresent() ? 1 : 0);
      try (Checkpoint written = Checkpoints.open(target, variant)) {
        assertThat(written.names()).containsExactly("t0", "t1", "t2", "t3", "t4", "t5", "t6");
        for (StoredTensor tensor : tensors) {
          assertThat(written.get(tensor.name()).bytes()).isEqualTo(tensor.bytes());
        }
      }
    }
  }

  @Test
  void fusedTensorsAreSplitByRowsInAnyOrder() {
    Tensor fused = Tensor.of(new float[] {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}, 6, 2);
    KeyMapping mapping =
        (name, shape) ->
            name.equals("qkv")
                ? KeyMapping.equalRows(name, shape, "q", "k", "v")
                : name.equals("swap")
                    ? List.of(new Part("swapped", List.of(new Rows(4, 2), new Rows(0, 1))))
                    : List.of();
    for (DType dtype : new DType[] {DType.F32, DType.F16}) {
      Path target = folder.resolve(dtype.name());
      CheckpointConverter.write(
          memory(
              MemoryTensor.of("qkv", fused),
              MemoryTensor.of("swap", fused),
              MemoryTensor.of("left out", fused)),
          target,
          mapping,
          as(dtype));
      try (Checkpoint written = Checkpoints.open(target)) {
        assertThat(written.names()).containsExactlyInAnyOrder("q", "k", "v", "swapped");
        assertThat(written.get("k").shape()).isEqualTo(Shape.of(2, 2));
        assertThat(written.get("q").toTensor().data()).containsExactly(0, 1, 2, 3);
        assertThat(written.get("k").toTensor().data()).containsExactly(4, 5, 6, 7);
        assertThat(written.get("v").toTensor().data()).containsExactly(8, 9, 10, 11);
        assertThat(written.get("swapped").toTensor().data()).containsExactly(8, 9, 10, 11, 0, 1);
      }
    }
  }

  @Test
  void partsOfSplitTensorsAreThoseOfTheWhole() {
    Tensor whole = Tensor.of(new float[] {0, 1, 2, 3, 4, 5, 6, 7}, 4, 2);
    Part part = new Part("p", List.of(new Rows(3, 1), new Rows(1, 0), new Rows(0, 2)));
    ConvertedTensor tensor = ConvertedTensor.of(MemoryTensor.of("w", whole), part, DType.F32);
    float[] all = {6, 7, 0, 1, 2, 3};
    assertThat(tensor.toTensor().data()).isEqualTo(all);
    assertThat(tensor.bytes().asFloatBuffer().get(2)).isZero();
    for (int start = 0; start <= 6; start++) {
      for (int count = 0; count <= 6 - start; count++) {
        float[] some = new float[count];
        tensor.copyTo(start, some, 0, count);
        assertThat(some).isEqualTo(Arrays.copyOfRange(all, start, start + count));
      }
    }
  }

  private void assertRefused(KeyMapping mapping, StoredTensor tensor, String... parts) {
    assertThatThrownBy(
            () ->
                CheckpointConverter.write(
                    memory(tensor, MemoryTensor.of("other", Tensor.zeros(1))),
                    folder.resolve("none"),
                    mapping,
                    Options.DEFAULT))
        .isInstanceOf(InvalidCheckpointException.class)
        .hasMessageContainingAll(parts)
        .hasMessageEndingWith(".");
    assertThat(folder.resolve("none")).doesNotExist();
  }

  @Test
  void mappingsThatDoNotFitAreRefused() {
    StoredTensor tensor = MemoryTensor.of("w\u001b", Tensor.zeros(4, 2));
    assertRefused(KeyMapping.renaming(name -> null), tensor, "Nothing of memory");
    assertRefused(KeyMapping.renaming(name -> "x"), tensor, "would become x", "w\\u001b");
    assertRefused(KeyMapping.renaming(name -> "__metadata__"), tensor, "no tensor may be called");
    for (Rows rows :
        List.of(new Rows(3, 2), new Rows(-1, 2), new Rows(0, -1), new Rows(1 << 30, 1 << 30))) {
      assertRefused(
          (name, shape) -> List.of(new Part(name, List.of(rows))), tensor, "lacks the rows");
    }
    assertRefused(
        (name, shape) -> KeyMapping.equalRows(name, shape, "a", "b", "c"), tensor, "3 equal parts");
    assertRefused(
        (name, shape) -> List.of(new Part(name, List.of(new Rows(0, 1)))),
        MemoryTensor.of("scalar", Tensor.zeros()),
        "lacks the rows");
    assertRefused(
        (name, shape) -> List.of(new Part(name, List.of(new Rows(0, 1)))),
        MemoryTensor.ofBytes("half", DType.F4, Shape.of(2, 3), new byte[3]),
        "do not end at a byte");
  }

  @Test
  void valuesBeyondTheRangeAreRefusedAndNothingIsLeft() throws IOException {
    byte[] large =
        ByteBuffer.allocate(16)
            .order(ByteOrder.LITTLE_ENDIAN)
            .putDouble(1)
            .putDouble(1e300)
            .array();
    StoredTensor wide = MemoryTensor.ofBytes("wide", DType.F64, Shape.of(2), large);
    StoredTensor half = MemoryTensor.of("half", Tensor.of(new float[] {1, -70_000}, 2));
    for (StoredTensor tensor : new StoredTensor[] {wide, half}) {
      assertThatThrownBy(
              () ->
                  CheckpointConverter.write(
                      memory(tensor), folder.resolve("none"), SAME, as(DType.F16)))
          .isInstanceOf(NonFiniteException.class)
          .hasMessageContainingAll(tensor.name(), tensor == wide ? "1.0E300" : "-70000.0", "F16");
      try (var files = Files.list(folder)) {
        assertThat(files).isEmpty();
      }
    }
    // What is infinite already is not made so by the conversion.
    StoredTensor infinite =
        MemoryTensor.of("x", Tensor.of(new float[] {Float.POSITIVE_INFINITY, Float.NaN}, 2));
    CheckpointConverter.write(memory(infinite), folder, SAME, as(DType.BF16));
    try (Checkpoint written = Checkpoints.open(folder)) {
      assertThat(written.get("x").toTensor().data())
          .containsExactly(Float.POSITIVE_INFINITY, Float.NaN);
    }
  }

  @Test
  void foldersWithWeightsAreLeftAlone() throws IOException {
    Files.createDirectories(folder.resolve("m"));
    Files.writeString(folder.resolve("m/config.json"), "{}");
    StoredTensor tensor = MemoryTensor.of("w", Tensor.zeros(1));
    CheckpointConverter.write(memory(tensor), folder.resolve("m"), SAME, Options.DEFAULT);
    assertThat(folder.resolve("m/config.json")).hasContent("{}");
    try (Checkpoint source = Checkpoints.open(folder.resolve("m"))) {
      assertThatThrownBy(
              () ->
                  CheckpointConverter.write(
                      source, folder.resolve("m"), SAME, inShards(1, Optional.of("fp16"))))
          .isInstanceOf(OutputException.class)
          .hasMessageContainingAll("holds weights already", "diffusion_pytorch_model.safetensors");
    }
  }

  @Test
  void optionsAreChecked() {
    assertThatThrownBy(() -> as(DType.I8)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> inShards(0, Optional.empty()))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> inShards(1, Optional.of("../x")))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
