package org.viditq.core.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.viditq.core.fuzz.Fuzz;
import org.viditq.core.fuzz.JsonMutations;
import org.viditq.core.tensor.DType;
import org.viditq.core.tensor.Shape;

/** Whatever bytes come, a file opens consistently or is refused in one sentence. */
class SafetensorsFuzzTest {
  private static final int CASES = 150;

  @TempDir Path folder;
  private Path file;
  private byte[] seed;

  @BeforeEach
  void writeSeed() throws IOException {
    file = folder.resolve("weights.safetensors");
    Random random = new Random(1);
    List<MemoryTensor> tensors =
        Arrays.stream(DType.values())
            .map(
                dtype -> {
                  byte[] bytes = new byte[(int) dtype.bytes(6)];
                  random.nextBytes(bytes);
                  return MemoryTensor.ofBytes("w." + dtype, dtype, Shape.of(2, 3), bytes);
                })
            .toList();
    SafetensorsWriter.write(file, tensors, Map.of("format", "pt"));
    seed = Files.readAllBytes(file);
  }

  private interface Mutation {
    byte[] apply(Random random);
  }

  private void fuzz(int seedNumber, Mutation mutation) {
    Fuzz.run(
        seedNumber,
        CASES,
        random -> {
          byte[] content = mutation.apply(random);
          Files.write(file, content);
          try (Checkpoint checkpoint = Checkpoints.open(file)) {
            readAll(checkpoint, content.length);
          }
        });
  }

  private static void readAll(Checkpoint checkpoint, int fileSize) {
    int total = 0;
    for (String name : checkpoint.names()) {
      StoredTensor tensor = checkpoint.get(name);
      assertThat(tensor.toTensor().size()).isEqualTo(tensor.shape().size());
      NonFiniteScan.found(tensor);
      total += tensor.bytes().remaining();
    }
    assertThat(total).isLessThan(fileSize);
  }

  @ParameterizedTest
  @ValueSource(ints = {11, 12})
  void flippedBytes(int seedNumber) {
    fuzz(
        seedNumber,
        random -> {
          byte[] content = seed.clone();
          for (int flips = 1 + random.nextInt(4); flips > 0; flips--) {
            // The header is where lies matter.
            int end = random.nextInt(4) == 0 ? content.length : content.length - 200;
            content[random.nextInt(end)] ^= (byte) (1 << random.nextInt(8));
          }
          return content;
        });
  }

  @ParameterizedTest
  @ValueSource(ints = {21, 22})
  void headersWithForeignTokens(int seedNumber) {
    String header = new String(seed, 8, headerLength(), StandardCharsets.UTF_8);
    byte[] data = Arrays.copyOfRange(seed, 8 + headerLength(), seed.length);
    fuzz(
        seedNumber,
        random -> {
          return RawSafetensors.bytes(JsonMutations.withForeignTokens(header, random), data);
        });
  }

  /** Digits changed, so that the JSON stays well-formed and only the numbers lie. */
  @ParameterizedTest
  @ValueSource(ints = {31, 32})
  void headersWithWrongNumbers(int seedNumber) {
    fuzz(
        seedNumber,
        random -> {
          byte[] content = seed.clone();
          for (int edits = 1 + random.nextInt(4); edits > 0; ) {
            int at = 8 + random.nextInt(headerLength());
            if (Character.isDigit(content[at])) {
              content[at] = (byte) ('0' + random.nextInt(10));
              edits--;
            }
          }
          return content;
        });
  }

  @ParameterizedTest
  @ValueSource(ints = {41})
  void cutsAndExtensions(int seedNumber) {
    fuzz(
        seedNumber,
        random -> {
          byte[] content = Arrays.copyOf(seed, random.nextInt(2 * seed.length));
          if (random.nextBoolean() && content.length >= 8) {
            ByteBuffer.wrap(content)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(random.nextLong() >>> random.nextInt(64));
          }
          return content;
        });
  }

  @ParameterizedTest
  @ValueSource(ints = {51})
  void noise(int seedNumber) {
    fuzz(
        seedNumber,
        random -> {
          byte[] content = new byte[random.nextInt(300)];
          random.nextBytes(content);
          if (content.length > 8 && random.nextInt(4) != 0) {
            ByteBuffer.wrap(content).order(ByteOrder.LITTLE_ENDIAN).putLong(content.length - 8L);
            content[8] = '{';
          }
          return content;
        });
  }

  @ParameterizedTest
  @ValueSource(ints = {61})
  void indexOfShards(int seedNumber) {
    String index =
        """
        {"metadata": {"total_size": 1000},
         "weight_map": {"w.F16": "weights.safetensors", "w.F32": "weights.safetensors"}}\
        """;
    Fuzz.run(
        seedNumber,
        CASES,
        random -> {
          String mutated =
              random.nextBoolean()
                  ? JsonMutations.withForeignTokens(index, random)
                  : JsonMutations.withOtherValues(index, random);
          try (Checkpoint checkpoint =
              Checkpoints.open(Files.writeString(folder.resolve("index.json"), mutated))) {
            readAll(checkpoint, seed.length);
          }
        });
  }

  private int headerLength() {
    return (int) ByteBuffer.wrap(seed).order(ByteOrder.LITTLE_ENDIAN).getLong();
  }
}
