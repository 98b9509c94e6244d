package org.viditq.core.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.viditq.core.error.InvalidCheckpointException;
import org.viditq.core.io.StrictJson;
import org.viditq.core.tensor.DType;
import org.viditq.core.tensor.Float4;
import org.viditq.core.tensor.Shape;
import org.viditq.core.tensor.Tensor;

class SafetensorsFileTest {
  @TempDir Path folder;
  private Path file;

  @BeforeEach
  void nameFile() {
    file = folder.resolve("weights.safetensors");
  }

  private void assertRefused(byte[] content, String... parts) throws IOException {
    Files.write(file, content);
    assertThatThrownBy(() -> Checkpoints.open(file).close())
        .isInstanceOf(InvalidCheckpointException.class)
        .hasMessageContaining("weights.safetensors")
        .hasMessageContainingAll(parts)
        .hasMessageEndingWith(".")
        .hasMessageNotContaining("\n");
  }

  private static String tensor(String name, String dtype, String shape, String offsets) {
    return "\"%s\":{\"dtype\":\"%s\",\"shape\":%s,\"data_offsets\":%s}"
        .formatted(name, dtype, shape, offsets);
  }

  @Test
  void readsTensorsAndMetadata() throws IOException {
    String header =
        "{\"__metadata__\":{\"format\":\"pt\"},"
            + tensor("b", "I8", "[3]", "[8,11]")
            + ","
            + tensor("a", "F32", "[2,1]", "[0,8]")
            + ","
            + tensor("none", "F16", "[0,4]", "[11,11]")
            + ","
            + tensor("scalar", "U8", "[]", "[11,12]")
            + "}   ";
    byte[] data = {0, 0, (byte) 0x80, 0x3f, 0, 0, 0, (byte) 0xc0, -1, 0, 127, (byte) 200};
    RawSafetensors.write(file, header, data);
    try (Checkpoint checkpoint = Checkpoints.open(file)) {
      assertThat(checkpoint.names()).containsExactly("a", "b", "none", "scalar");
      assertThat(checkpoint.metadata()).containsExactly(Map.entry("format", "pt"));
      StoredTensor a = checkpoint.get("a");
      assertThat(a.dtype()).isEqualTo(DType.F32);
      assertThat(a.shape()).isEqualTo(Shape.of(2, 1));
      assertThat(a.toTensor().data()).containsExactly(1, -2);
      assertThat(a.bytes().order()).isEqualTo(ByteOrder.LITTLE_ENDIAN);
      assertThat(a.bytes().isReadOnly()).isTrue();
      float[] last = {9, 9, 9};
      checkpoint.get("b").copyTo(1, last, 1, 2);
      assertThat(last).containsExactly(9, 0, 127);
      assertThat(checkpoint.get("none").toTensor().size()).isZero();
      assertThat(checkpoint.get("scalar").toTensor().data()).containsExactly(200);
    }
  }

  /** Five sparse gigabytes: beyond 2^31 bytes of file, and beyond what the heap could hold. */
  @Test
  void readsBeyondTwoGigabytes() throws IOException {
    long tensorBytes = 1_250_000_000;
    String header =
        IntStream.range(0, 4)
            .mapToObj(
                i ->
                    tensor(
                        "w" + i,
                        "F16",
                        "[" + tensorBytes / 2 + "]",
                        "[" + i * tensorBytes + "," + (i + 1) * tensorBytes + "]"))
            .collect(Collectors.joining(",", "{", "}"));
    byte[] start = RawSafetensors.bytes(header, new byte[0]);
    try (RandomAccessFile sparse = new RandomAccessFile(file.toFile(), "rw")) {
      sparse.write(start);
      sparse.setLength(start.length + 4 * tensorBytes);
      sparse.seek(start.length + 4 * tensorBytes - 2);
      sparse.write(new byte[] {0, 0x3c});
    }
    try (Checkpoint checkpoint = Checkpoints.open(file)) {
      float[] last = new float[3];
      checkpoint.get("w3").copyTo((int) (tensorBytes / 2) - 3, last, 0, 3);
      assertThat(last).containsExactly(0, 0, 1);
      checkpoint.get("w0").copyTo(0, last, 0, 3);
      assertThat(last).containsExactly(0, 0, 0);
    }
  }

  @Test
  void missingTensorIsNamed() throws IOException {
    RawSafetensors.write(file, "{}", new byte[0]);
    try (Checkpoint checkpoint = Checkpoints.open(file)) {
      assertThat(checkpoint.contains("a")).isFalse();
      assertThatThrownBy(() -> checkpoint.get("a"))
          .isInstanceOf(InvalidCheckpointException.class)
          .hasMessageContainingAll("tensor a", "weights.safetensors");
    }
  }

  /** Small tensors are read, large ones mapped. */
  @ParameterizedTest
  @ValueSource(ints = {1, 8191, 8192, 100_000})
  void closedCheckpointRefusesNewReadsAndKeepsOldBuffersValid(int size) throws IOException {
    byte[] data = new byte[2 * size];
    for (int i = 0; i < data.length; i++) {
      data[i] = (byte) (i % 251);
    }
    String shape = "[" + size + "]";
    RawSafetensors.write(
        file,
        "{"
            + tensor("a", "U8", shape, "[0," + size + "]")
            + ","
            + tensor("b", "U8", shape, "[" + size + "," + 2 * size + "]")
            + "}",
        data);
    Checkpoint checkpoint = Checkpoints.open(file);
    var bytes = checkpoint.get("a").bytes();
    assertThat(bytes.isReadOnly()).isTrue();
    checkpoint.close();
    checkpoint.close();
    assertThat(bytes).isEqualTo(ByteBuffer.wrap(data, 0, size));
    StoredTensor unread = checkpoint.get("b");
    assertThatThrownBy(unread::bytes)
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("closed");
  }

  @Test
  void partsAreReadFromTheFileAsFromItsMapping() {
    Random random = new Random(1);
    float[] values = new float[100_000]; // more than is read at once
    for (int i = 0; i < values.length; i++) {
      values[i] = random.nextInt(1000);
    }
    for (DType dtype : List.of(DType.F64, DType.F32, DType.F16, DType.BF16)) {
      SafetensorsWriter.write(
          file,
          List.of(
              MemoryTensor.of("a", Tensor.full(-1, 3), dtype),
              MemoryTensor.of("b", Tensor.of(values, values.length), dtype)),
          Map.of());
      try (Checkpoint checkpoint = Checkpoints.open(file);
          Checkpoint mapped = Checkpoints.open(file)) {
        StoredTensor unmapped = checkpoint.get("b");
        StoredTensor window = mapped.get("b");
        assertThat(window.bytes().remaining()).isEqualTo((int) window.sizeInBytes());
        assertThat(unmapped.toTensor().data()).isEqualTo(window.toTensor().data());
        for (int i = 0; i < 20; i++) {
          int start = random.nextInt(values.length);
          int count = random.nextInt(values.length - start + 1);
          float[] part = new float[count + 2];
          float[] expected = new float[count + 2];
          unmapped.copyTo(start, part, 1, count);
          window.copyTo(start, expected, 1, count);
          assertThat(part).isEqualTo(expected);
          int bytes = Math.min(count, 1000);
          byte[] raw = new byte[bytes + 2];
          byte[] expectedRaw = new byte[bytes + 2];
          unmapped.copyBytes(start, raw, 1, bytes);
          window.copyBytes(start, expectedRaw, 1, bytes);
          assertThat(raw).isEqualTo(expectedRaw);
        }
        // Not into the next tensor, nor the header.
        assertThatThrownBy(() -> checkpoint.get("a").copyTo(1, new float[3], 0, 3))
            .isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> unmapped.copyTo(-1, new float[3], 0, 3))
            .isInstanceOf(IndexOutOfBoundsException.class);
        int end = (int) unmapped.sizeInBytes();
        assertThatThrownBy(() -> unmapped.copyBytes(end - 2, new byte[3], 0, 3))
            .isInstanceOf(IndexOutOfBoundsException.class);
      }
    }
  }

  @Test
  void closedCheckpointRefusesToConvert() throws IOException {
    RawSafetensors.write(file, "{" + tensor("a", "U8", "[1]", "[0,1]") + "}", new byte[] {7});
    Checkpoint checkpoint = Checkpoints.open(file);
    checkpoint.close();
    StoredTensor unread = checkpoint.get("a");
    assertThatThrownBy(unread::toTensor)
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("closed");
  }

  @Test
  void fileThatShrinksWhileOpenIsReported() throws IOException {
    RawSafetensors.write(file, "{" + tensor("a", "U8", "[4]", "[0,4]") + "}", new byte[4]);
    try (Checkpoint checkpoint = Checkpoints.open(file)) {
      Files.write(file, new byte[9]);
      assertThatThrownBy(() -> checkpoint.get("a").toTensor())
          .isInstanceOf(InvalidCheckpointException.class)
          .hasMessageContainingAll("tensor a", "shorter");
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 7})
  void shorterThanTheLengthField(int length) throws IOException {
    assertRefused(new byte[length], "truncated");
  }

  @ParameterizedTest
  @CsvSource({"-1, claims a header", "100000001, claims a header", "3, only 10 bytes long"})
  void lyingHeaderLength(long length, String reason) throws IOException {
    assertRefused(RawSafetensors.bytes(length, "{}", new byte[0]), reason);
  }

  @Test
  void headerThatIsNotUtf8() throws IOException {
    byte[] content = RawSafetensors.bytes("{\"abcd\":{}}", new byte[0]);
    content[11] = (byte) 0xff;
    assertRefused(content, "UTF-8");
  }

  static Stream<Arguments> brokenHeaders() {
    String four = tensor("w", "U8", "[4]", "[0,4]");
    return Stream.of(
        Arguments.of("", "not a JSON object"),
        Arguments.of("[]", "not a JSON object"),
        Arguments.of("{\"w\":", "not valid JSON"),
        Arguments.of("{} {}", "goes on behind"),
        Arguments.of("{" + four + "," + four + "}", "Duplicate field 'w'"),
        Arguments.of("{\"w\":{\"dtype\":\"U8\",\"dtype\":\"I8\"}}", "Duplicate field 'dtype'"),
        Arguments.of("{\"w\":4}", "Tensor w"),
        Arguments.of("{\"w\":{\"dtype\":\"U8\",\"shape\":[4]}}", "lacks"),
        Arguments.of("{\"w\":{\"dtype\":8}}", "dtype"),
        Arguments.of("{\"w\":{\"strides\":[1]}}", "lacks"),
        Arguments.of("{\"w\":{\"shape\":4}}", "not an array"),
        Arguments.of("{\"__metadata__\":{\"step\":4}}", "Metadata step"),
        Arguments.of("{\"__metadata__\":[]}", "__metadata__"),
        Arguments.of("{" + tensor("w", "F12", "[4]", "[0,4]") + "}", "unknown dtype F12"),
        Arguments.of("{" + tensor("w", "u8", "[4]", "[0,4]") + "}", "unknown dtype u8"),
        Arguments.of("{" + tensor("w", "C64", "[1]", "[0,4]") + "}", "dtype C64, but weights"),
        Arguments.of("{" + tensor("w", "F6_E2M3", "[4]", "[0,3]") + "}", "dtype F6_E2M3"),
        Arguments.of("{" + tensor("w", "F4", "[7]", "[0,4]") + "}", "do not end at a byte"),
        Arguments.of("{" + tensor("w", "U8", "[9,9,99999999999,9]", "[0,4]") + "}", "2 GiB"),
        Arguments.of("{" + tensor("\\u001b[2Jw", "U8", "[3]", "[0,4]") + "}", "\\u001b[2Jw"),
        Arguments.of("{" + tensor("w", "U8", "[-4]", "[0,4]") + "}", "shape that holds a negative"),
        Arguments.of(
            "{" + tensor("w", "U8", "[4.0]", "[0,4]") + "}", "holds 4.0, which is no integer"),
        Arguments.of(
            "{" + tensor("w", "U8", "[\"4\"]", "[0,4]") + "}", "holds 4, which is no integer"),
        Arguments.of("{" + tensor("w", "U8", "[[4]]", "[0,4]") + "}", "shape"),
        Arguments.of(
            "{" + tensor("w", "U8", "[99999999999999999999]", "[0,4]") + "}", "beyond 64 bits"),
        Arguments.of("{" + tensor("w", "U8", "[4294967297,4]", "[0,4]") + "}", "2 GiB"),
        Arguments.of("{" + tensor("w", "F64", "[65536,65536]", "[0,4]") + "}", "2 GiB"),
        Arguments.of("{" + tensor("w", "U8", "[0,4294967297]", "[0,0]") + "}", "2 GiB"),
        Arguments.of("{" + tensor("w", "F32", "[4]", "[0,4]") + "}", "needs 16"),
        Arguments.of("{" + tensor("w", "U8", "[5]", "[0,4]") + "}", "needs 5"),
        Arguments.of("{" + tensor("w", "U8", "[5]", "[0,5]") + "}", "truncated"),
        Arguments.of("{" + tensor("w", "U8", "[3]", "[0,3]") + "}", "holds 4 bytes"),
        Arguments.of("{}", "holds 4 bytes"),
        Arguments.of("{" + tensor("w", "U8", "[4]", "[4,0]") + "}", "data_offsets"),
        Arguments.of("{" + tensor("w", "U8", "[4]", "[-4,0]") + "}", "data_offsets"),
        Arguments.of("{" + tensor("w", "U8", "[4]", "[0,4,4]") + "}", "data_offsets"),
        Arguments.of("{" + tensor("w", "U8", "[3]", "[1,4]") + "}", "Tensor w", "hole"),
        Arguments.of(
            "{" + tensor("w", "U8", "[1]", "[9223372036854775806,9223372036854775807]") + "}",
            "hole"),
        Arguments.of(
            "{" + four + "," + tensor("v", "U8", "[2]", "[2,4]") + "}", "Tensor v", "overlaps"),
        Arguments.of("{" + four + "," + tensor("v", "U8", "[4]", "[0,4]") + "}", "overlaps"),
        Arguments.of("{\"w\":" + "[".repeat(5000) + "}", "Tensor w"),
        Arguments.of("{\"w\":{\"shape\":" + "[".repeat(5000) + "}", "shape"));
  }

  @ParameterizedTest
  @MethodSource("brokenHeaders")
  void brokenHeader(String header, String reason) throws IOException {
    assertRefused(RawSafetensors.bytes(header, new byte[4]), reason);
  }

  /** Where this reader and the official one differ on purpose. */
  private static final Map<String, String> DIFFERENCES =
      Map.of(
          "meta dup", "Duplicate field 'a'", // the format's description forbids them
          "dup tensor", "Duplicate field 'w'",
          "array entry", "not described by a JSON object",
          "zero huge", "2 GiB", // beyond the extents that a Java array can have
          "dtype C64", "complex",
          "dtype F6_E2M3", "6-bit",
          "dtype F6_E3M2", "6-bit");

  static Stream<Arguments> headersJudgedByTheOfficialLibrary() throws IOException {
    Path verdicts = Path.of("src/test/resources/checkpoints/safetensors-headers.json");
    List<Arguments> cases = new ArrayList<>();
    for (JsonNode verdict : StrictJson.parse(Files.readAllBytes(verdicts))) {
      cases.add(
          Arguments.of(
              verdict.path("case").textValue(),
              verdict.path("header").textValue(),
              verdict.path("data").intValue(),
              verdict.path("accepted").booleanValue()));
    }
    assertThat(cases).hasSizeGreaterThan(60);
    return cases.stream();
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("headersJudgedByTheOfficialLibrary")
  void isAsLenientAndAsStrictAsTheOfficialLibrary(
      String name, String header, int data, boolean accepted) throws IOException {
    byte[] content = RawSafetensors.bytes(header, new byte[data]);
    if (accepted && !DIFFERENCES.containsKey(name)) {
      Files.write(file, content);
      try (Checkpoint checkpoint = Checkpoints.open(file)) {
        for (String tensor : checkpoint.names()) {
          assertThat(checkpoint.get(tensor).toTensor().size())
              .isEqualTo(checkpoint.get(tensor).shape().size());
        }
      }
    } else {
      assertRefused(content, DIFFERENCES.getOrDefault(name, ""));
    }
  }

  @Test
  void everyTypeOfPyTorchIsThatOfPyTorch() {
    Path golden = Path.of("src/test/resources/checkpoints");
    try (Checkpoint read = Checkpoints.open(golden.resolve("types.safetensors"));
        Checkpoint values = Checkpoints.open(golden.resolve("types.values.safetensors"))) {
      assertThat(read.names()).hasSize(6);
      for (String name : read.names()) {
        assertThat(read.get(name).toTensor().data())
            .as(name)
            .isEqualTo(values.get(name).toTensor().data());
      }
    }
  }

  /**
   * {@code safetensors.torch.save_model} stores a tied tensor once and names it in the metadata.
   */
  @Test
  void tiedTensorsAreFoundUnderBothNames() {
    try (Checkpoint tied =
        Checkpoints.open(Path.of("src/test/resources/checkpoints/tied.safetensors"))) {
      assertThat(tied.names()).containsExactly("encoder.weight");
      assertThat(tied.contains("shared.weight")).isTrue();
      StoredTensor shared = tied.get("shared.weight");
      assertThat(shared.name()).isEqualTo("shared.weight");
      assertThat(shared.bytes()).isEqualTo(tied.get("encoder.weight").bytes());
      assertThat(tied.contains("format")).isFalse();
    }
  }

  @Test
  void hugeRankIsShownShort() throws IOException {
    String shape = "[" + "1,".repeat(100_000) + "%d]";
    RawSafetensors.write(
        file, "{" + tensor("w", "U8", shape.formatted(4), "[0,4]") + "}", new byte[4]);
    try (Checkpoint checkpoint = Checkpoints.open(file)) {
      assertThat(checkpoint.get("w").shape().rank()).isEqualTo(100_001);
      assertThat(checkpoint.get("w").toString()).contains("rank 100001").hasSizeLessThan(300);
    }
    byte[] wrong =
        RawSafetensors.bytes(
            "{" + tensor("w", "U8", shape.formatted(5), "[0,4]") + "}", new byte[4]);
    assertRefused(wrong, "of rank 100001");
    Files.write(file, wrong);
    assertThatThrownBy(() -> Checkpoints.open(file))
        .satisfies(e -> assertThat(e.getMessage()).hasSizeLessThan(500));
  }

  @Test
  void halfBytesAreReadFromTheFileAsFromItsMapping() {
    byte[] codes = new byte[100_000];
    new Random(5).nextBytes(codes);
    SafetensorsWriter.write(
        file, List.of(MemoryTensor.ofBytes("w", DType.F4, Shape.of(100, 2000), codes)), Map.of());
    try (Checkpoint checkpoint = Checkpoints.open(file);
        Checkpoint mapped = Checkpoints.open(file)) {
      float[] whole = mapped.get("w").toTensor().data();
      assertThat(whole[0]).isEqualTo(Float4.toFloat(codes[0]));
      assertThat(whole[1]).isEqualTo(Float4.toFloat(codes[0] >> 4));
      assertThat(whole[199_999]).isEqualTo(Float4.toFloat(codes[99_999] >> 4));
      assertThat(mapped.get("w").bytes().remaining()).isEqualTo(codes.length);
      for (int start : new int[] {0, 1, 2, 777, 65_535}) {
        for (int count : new int[] {0, 1, 2, 131_071, 131_072}) {
          float[] part = new float[count];
          float[] expected = new float[count];
          checkpoint.get("w").copyTo(start, part, 0, count);
          mapped.get("w").copyTo(start, expected, 0, count);
          assertThat(part).isEqualTo(expected);
          assertThat(part).isEqualTo(Arrays.copyOfRange(whole, start, start + count));
        }
      }
    }
  }

  @Test
  void missingFileIsNamed() {
    assertThatThrownBy(() -> Checkpoints.open(file))
        .isInstanceOf(InvalidCheckpointException.class)
        .hasMessageContaining("weights.safetensors");
  }
}
