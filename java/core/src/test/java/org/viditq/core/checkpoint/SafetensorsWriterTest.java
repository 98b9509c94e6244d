package org.viditq.core.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.viditq.core.error.OutputException;
import org.viditq.core.tensor.DType;
import org.viditq.core.tensor.Shape;
import org.viditq.core.tensor.Tensor;

class SafetensorsWriterTest {
  @TempDir Path folder;
  private Path file;

  @BeforeEach
  void nameFile() {
    file = folder.resolve("weights.safetensors");
  }

  private static MemoryTensor random(String name, DType dtype, Random random, int... dims) {
    Shape shape = Shape.of(dims);
    byte[] bytes = new byte[(int) dtype.bytes(shape.size())];
    random.nextBytes(bytes);
    return MemoryTensor.ofBytes(name, dtype, shape, bytes);
  }

  @ParameterizedTest
  @EnumSource(DType.class)
  void bytesOfEveryTypeComeBack(DType dtype) {
    StoredTensor written = random("x", dtype, new Random(dtype.ordinal()), 3, 6, 7);
    SafetensorsWriter.write(file, List.of(written), Map.of());
    try (Checkpoint checkpoint = Checkpoints.open(file)) {
      StoredTensor read = checkpoint.get("x");
      assertThat(read.dtype()).isEqualTo(dtype);
      assertThat(read.shape()).isEqualTo(written.shape());
      assertThat(read.bytes()).isEqualTo(written.bytes());
      assertThat(read.toTensor().data()).isEqualTo(written.toTensor().data());
    }
  }

  @Test
  void metadataWithAnyCharactersComesBack() {
    Map<String, String> metadata = Map.of("b", "ümlaut \"quoted\"\n\t\\ 🙂", "a", "", "ключ", "v");
    SafetensorsWriter.write(file, List.of(), metadata);
    try (Checkpoint checkpoint = Checkpoints.open(file)) {
      assertThat(checkpoint.metadata()).isEqualTo(metadata);
      assertThat(checkpoint.names()).isEmpty();
    }
  }

  @Test
  void layoutIsThatOfTheOfficialLibrary() throws IOException {
    SafetensorsWriter.write(
        file,
        List.of(
            MemoryTensor.ofBytes("u", DType.U8, Shape.of(1), new byte[] {5}),
            MemoryTensor.of("b", Tensor.of(new float[] {1}, 1), DType.F16),
            MemoryTensor.of("a", Tensor.of(new float[] {2}, 1), DType.F16),
            MemoryTensor.ofInts("i", Shape.of(), new int[] {-1})),
        Map.of("format", "pt"));
    String header =
        "{\"__metadata__\":{\"format\":\"pt\"},"
            + "\"i\":{\"dtype\":\"I32\",\"shape\":[],\"data_offsets\":[0,4]},"
            + "\"a\":{\"dtype\":\"F16\",\"shape\":[1],\"data_offsets\":[4,6]},"
            + "\"b\":{\"dtype\":\"F16\",\"shape\":[1],\"data_offsets\":[6,8]},"
            + "\"u\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[8,9]}}";
    header += " ".repeat((8 - header.length() % 8) % 8);
    assertThat(Files.readAllBytes(file))
        .isEqualTo(RawSafetensors.bytes(header, new byte[] {-1, -1, -1, -1, 0, 0x40, 0, 0x3c, 5}));
  }

  @Test
  void orderOfInputDoesNotMatter() throws IOException {
    Random random = new Random(7);
    List<StoredTensor> tensors = new ArrayList<>();
    for (DType dtype : DType.values()) {
      tensors.add(random("t." + dtype, dtype, random, 4, 3));
      tensors.add(random("s." + dtype, dtype, random, 2));
    }
    SafetensorsWriter.write(file, tensors, Map.of("k", "v", "j", "w"));
    byte[] first = Files.readAllBytes(file);
    Collections.shuffle(tensors, random);
    SafetensorsWriter.write(file, tensors, Map.of("j", "w", "k", "v"));
    assertThat(Files.readAllBytes(file)).isEqualTo(first);
  }

  /** What PyTorch wrote comes out of reading and writing unchanged, to the byte. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "pixart-mini/transformer/diffusion_pytorch_model.safetensors",
        "pixart-mini/vae/diffusion_pytorch_model.safetensors",
        "pixart-mini/text_encoder/model.safetensors"
      })
  void rewritesFilesOfPyTorchToTheByte(String sample) throws IOException {
    Path original = Path.of("../../samples", sample);
    try (Checkpoint checkpoint = Checkpoints.open(original)) {
      SafetensorsWriter.write(
          file, checkpoint.names().stream().map(checkpoint::get).toList(), checkpoint.metadata());
    }
    assertThat(Files.mismatch(file, original)).isEqualTo(-1);
  }

  @Test
  void tensorsAreAskedOneAtATime() {
    List<String> asked = new ArrayList<>();
    List<StoredTensor> lazy = new ArrayList<>();
    for (String name : List.of("b", "a")) {
      MemoryTensor tensor = MemoryTensor.of(name, Tensor.zeros(3));
      lazy.add(new Watched(tensor, asked));
    }
    SafetensorsWriter.write(file, lazy, Map.of());
    assertThat(asked).containsExactly("a", "b");
  }

  private static final class Watched extends ForwardingTensor {
    private final List<String> asked;

    Watched(StoredTensor tensor, List<String> asked) {
      super(tensor);
      this.asked = asked;
    }

    @Override
    public ByteBuffer bytes() {
      asked.add(name());
      return super.bytes();
    }
  }

  @Test
  void failureWhileWritingKeepsTheOldFileAndLeavesNothing() throws IOException {
    Files.writeString(file, "old");
    StoredTensor failing =
        new Watched(MemoryTensor.of("x", Tensor.zeros(3)), Collections.emptyList());
    assertThatThrownBy(() -> SafetensorsWriter.write(file, List.of(failing), Map.of()))
        .isInstanceOf(UnsupportedOperationException.class);
    assertThat(file).hasContent("old");
    try (var files = Files.list(folder)) {
      assertThat(files).containsExactly(file);
    }
  }

  @Test
  void unwritableTargetIsNamed() throws IOException {
    Files.writeString(file, "in the way");
    assertThatThrownBy(
            () -> SafetensorsWriter.write(file.resolve("x.safetensors"), List.of(), Map.of()))
        .isInstanceOf(OutputException.class)
        .hasMessageContaining("x.safetensors");
    assertThatThrownBy(() -> SafetensorsWriter.write(Path.of("/dev/full"), List.of(), Map.of()))
        .isInstanceOf(OutputException.class)
        .hasMessageContaining("/dev/full");
  }

  @Test
  void equalNamesAreRefused() {
    StoredTensor x = MemoryTensor.of("x", Tensor.zeros(1));
    assertThatThrownBy(() -> SafetensorsWriter.write(file, List.of(x, x), Map.of()))
        .isInstanceOf(IllegalArgumentException.class);
    assertThat(file).doesNotExist();
  }

  @Test
  void headerIsUtf8() throws IOException {
    SafetensorsWriter.write(file, List.of(), Map.of("a", "é"));
    assertThat(new String(Files.readAllBytes(file), StandardCharsets.UTF_8)).contains("\"é\"");
  }
}
