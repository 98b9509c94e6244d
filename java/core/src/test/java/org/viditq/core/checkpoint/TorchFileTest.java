package org.viditq.core.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.viditq.core.error.InvalidCheckpointException;
import org.viditq.core.tensor.DType;
import org.viditq.core.tensor.Shape;

/** Files that PyTorch wrote; {@code make.py} beside them says how. */
class TorchFileTest {
  private static final Path GOLDEN = Path.of("src/test/resources/checkpoints");

  @TempDir Path folder;

  private static CheckpointChoice key(String key) {
    return new CheckpointChoice(Optional.empty(), Optional.of(key));
  }

  private static void assertRefused(Path file, String... parts) {
    assertThatThrownBy(() -> Checkpoints.open(file).close())
        .isInstanceOf(InvalidCheckpointException.class)
        .hasMessageContainingAll(parts)
        .hasMessageContaining(file.getFileName().toString())
        .hasMessageEndingWith(".")
        .hasMessageNotContaining("\n");
  }

  /** All element types, slices, transposed and strided views, scalars, empty and tied tensors. */
  @ParameterizedTest
  @ValueSource(strings = {"types.pth", "types.legacy.pth"})
  void everyTensorIsThatOfPyTorch(String name) {
    try (Checkpoint file = Checkpoints.open(GOLDEN.resolve(name));
        Checkpoint values = Checkpoints.open(GOLDEN.resolve("types.values.safetensors"))) {
      assertThat(file.names()).containsExactlyInAnyOrderElementsOf(values.names());
      assertThat(file.names().iterator().next()).isEqualTo("t.F64");
      assertThat(file.metadata()).isEmpty();
      for (String tensor : values.names()) {
        StoredTensor read = file.get(tensor);
        StoredTensor expected = values.get(tensor);
        assertThat(read.shape()).as(tensor).isEqualTo(expected.shape());
        assertThat(read.toTensor().data()).as(tensor).isEqualTo(expected.toTensor().data());
        assertThat((long) read.bytes().remaining()).as(tensor).isEqualTo(read.sizeInBytes());
        if (tensor.startsWith("t.")) {
          assertThat(read.dtype()).isEqualTo(DType.valueOf(tensor.substring(2)));
        } else {
          // Gathered bytes are those of a dense tensor.
          assertThat(read.bytes()).as(tensor).isEqualTo(expected.bytes());
        }
      }
    }
  }

  @Test
  void partsOfStridedTensorsAreThoseOfTheWhole() {
    try (Checkpoint file = Checkpoints.open(GOLDEN.resolve("types.pth"))) {
      for (String name : new String[] {"v.transposed", "v.strided", "v.slice"}) {
        StoredTensor tensor = file.get(name);
        float[] whole = tensor.toTensor().data();
        for (int start = 0; start <= whole.length; start++) {
          for (int count = 0; count <= whole.length - start; count++) {
            float[] part = new float[count + 1];
            tensor.copyTo(start, part, 1, count);
            assertThat(Arrays.copyOfRange(part, 1, count + 1))
                .isEqualTo(Arrays.copyOfRange(whole, start, start + count));
          }
        }
        assertThatThrownBy(() -> tensor.copyTo(1, new float[99], 0, whole.length))
            .isInstanceOf(IndexOutOfBoundsException.class);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"training.pth", "training.legacy.pth"})
  void averagedWeightsComeFirstAndOthersCanBeNamed(String name) {
    Path file = GOLDEN.resolve(name);
    try (Checkpoint averaged = Checkpoints.open(file);
        Checkpoint trained = Checkpoints.open(file, key("state_dict"))) {
      assertThat(averaged.names()).containsExactly("blocks.0.weight", "blocks.0.bias");
      assertThat(averaged.get("blocks.0.bias").toTensor().data()).containsExactly(2, 2);
      assertThat(trained.get("blocks.0.bias").toTensor().data()).containsExactly(1, 1);
    }
    for (String wrong : new String[] {"nothing", "optimizer.state", "epoch.x", "", "."}) {
      assertThatThrownBy(() -> Checkpoints.open(file, key(wrong)))
          .isInstanceOf(InvalidCheckpointException.class)
          .hasMessageContainingAll("no tensors under the key " + wrong, "state_dict_ema", "epoch");
    }
  }

  @Test
  void prefixesOfWrappersAreTakenOff() {
    try (Checkpoint file = Checkpoints.open(GOLDEN.resolve("wrapped.pth"))) {
      assertThat(file.names()).containsExactly("blocks.0.weight", "blocks.0.bias");
      assertThat(file.get("blocks.0.weight").name()).isEqualTo("blocks.0.weight");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"module-metadata.pth", "protocol4.pth"})
  void stateDictsOfModulesAreRead(String name) {
    try (Checkpoint file = Checkpoints.open(GOLDEN.resolve(name))) {
      assertThat(file.names()).containsExactly("weight", "bias");
      assertThat(file.get("weight").shape()).isEqualTo(Shape.of(2, 2));
    }
  }

  @Test
  void severalDictsOfTensorsAreToBeChosenFrom() {
    assertRefused(GOLDEN.resolve("ambiguous.pth"), "a, b", "--weights-key");
    try (Checkpoint file = Checkpoints.open(GOLDEN.resolve("ambiguous.pth"), key("b"))) {
      assertThat(file.get("blocks.0.bias").toTensor().data()).containsExactly(2, 2);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "os-system.pth        | posix.system, which weights have no use for",
        "os-system.legacy.pth | posix.system, which weights have no use for",
        "whole-module.pth     | torch.nn.modules.linear.Linear, which weights have no use for",
        "namespace.pth        | argparse.Namespace",
        "numpy-scalar.pth     | numpy._core.multiarray.scalar",
        "sparse.pth           | torch._utils._rebuild_sparse_tensor",
        "complex.pth          | torch.ComplexFloatStorage",
        "expanded.pth         | more elements than the 1 that are stored",
        "single-tensor.pth    | a single tensor",
        "list.pth             | no dict of tensors",
        "torchscript.pt       | TorchScript",
        "plain.pkl            | not one that torch.save wrote",
      })
  void whatIsNoStateDictIsRefusedByItsName(String name, String reason) {
    assertRefused(GOLDEN.resolve(name), reason);
    assertThat(Path.of("/tmp/viditq-was-here")).doesNotExist();
  }

  @ParameterizedTest
  @ValueSource(strings = {"types.pth", "types.legacy.pth", "training.pth", "training.legacy.pth"})
  void everyTruncationIsRefused(String name) throws IOException {
    byte[] whole = Files.readAllBytes(GOLDEN.resolve(name));
    Path file = folder.resolve("cut.pth");
    for (int length = 0; length < whole.length; length += 1 + length / 40) {
      Files.write(file, Arrays.copyOf(whole, length));
      assertThatThrownBy(() -> Checkpoints.open(file).close())
          .isInstanceOf(InvalidCheckpointException.class)
          .hasMessageEndingWith(".");
    }
  }

  /** Under any name that tells no format, such as that of a blob in the hub's cache. */
  @Test
  void formatIsRecognizedWithoutAnEnding() throws IOException {
    for (String name : new String[] {"types.pth", "types.legacy.pth", "types.safetensors"}) {
      Path blob = Files.copy(GOLDEN.resolve(name), folder.resolve("5f3a" + name.length() + "b"));
      try (Checkpoint file = Checkpoints.open(blob)) {
        assertThat(file.contains("t.F64")).isTrue();
      }
      Files.delete(blob);
    }
  }

  @Test
  void closedFileRefusesNewReads() {
    Checkpoint file = Checkpoints.open(GOLDEN.resolve("types.pth"));
    StoredTensor strided = file.get("v.transposed");
    file.close();
    assertThatThrownBy(strided::toTensor)
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("closed");
  }
}
