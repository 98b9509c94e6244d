package org.viditq.core.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.viditq.core.fuzz.Fuzz;

/** Whatever bytes come, a PyTorch file opens consistently or is refused in one sentence. */
class TorchFuzzTest {
  private static final int CASES = 120;
  private static final Path GOLDEN = Path.of("src/test/resources/checkpoints");

  /** Instructions and what often goes with them. */
  private static final byte[] TOKENS = {
    '(',
    ')',
    '.',
    '0',
    '1',
    '2',
    'N',
    'J',
    'K',
    'M',
    'G',
    'U',
    'C',
    ']',
    'a',
    'e',
    'l',
    't',
    'h',
    'j',
    'q',
    'r',
    'R',
    'Q',
    'X',
    'B',
    'T',
    '}',
    'd',
    's',
    'u',
    'c',
    'b',
    'i',
    'o',
    'P',
    'F',
    'I',
    'L',
    'S',
    'V',
    'g',
    'p',
    '\n',
    0,
    1,
    2,
    5,
    127,
    -1,
    -2,
    (byte) 0x80,
    (byte) 0x81,
    (byte) 0x85,
    (byte) 0x86,
    (byte) 0x87,
    (byte) 0x8a,
    (byte) 0x8b,
    (byte) 0x8c,
    (byte) 0x8d,
    (byte) 0x8e,
    (byte) 0x93,
    (byte) 0x94,
    (byte) 0x95
  };

  @TempDir Path folder;

  private interface Mutation {
    byte[] apply(Random random);
  }

  private void fuzz(int seed, Mutation mutation) {
    Path file = folder.resolve("weights.pth");
    Fuzz.run(
        seed,
        CASES,
        random -> {
          Files.write(file, mutation.apply(random));
          try (Checkpoint checkpoint = Checkpoints.open(file)) {
            for (String name : checkpoint.names()) {
              StoredTensor tensor = checkpoint.get(name);
              assertThat(tensor.toTensor().size()).isEqualTo(tensor.shape().size());
              assertThat((long) tensor.bytes().remaining()).isEqualTo(tensor.sizeInBytes());
              NonFiniteScan.found(tensor);
            }
          }
        });
  }

  private static byte[] golden(String name) throws IOException {
    return Files.readAllBytes(GOLDEN.resolve(name));
  }

  @ParameterizedTest
  @CsvSource({"1, types.pth", "2, training.pth", "3, types.legacy.pth", "4, training.legacy.pth"})
  void flippedBits(int seed, String name) throws IOException {
    byte[] original = golden(name);
    fuzz(
        seed,
        random -> {
          byte[] content = original.clone();
          for (int flips = 1 + random.nextInt(4); flips > 0; flips--) {
            content[random.nextInt(content.length)] ^= (byte) (1 << random.nextInt(8));
          }
          return content;
        });
  }

  @ParameterizedTest
  @CsvSource({"11, types.pth", "12, types.legacy.pth", "13, protocol4.pth"})
  void foreignInstructions(int seed, String name) throws IOException {
    byte[] original = golden(name);
    fuzz(
        seed,
        random -> {
          byte[] content = original.clone();
          for (int edits = 1 + random.nextInt(6); edits > 0; edits--) {
            content[random.nextInt(content.length)] = TOKENS[random.nextInt(TOKENS.length)];
          }
          return content;
        });
  }

  @ParameterizedTest
  @CsvSource({"21, types.pth", "22, types.legacy.pth"})
  void movedAndRepeatedParts(int seed, String name) throws IOException {
    byte[] original = golden(name);
    fuzz(
        seed,
        random -> {
          byte[] content = Arrays.copyOf(original, random.nextInt(2 * original.length));
          for (int moves = random.nextInt(3); moves > 0 && content.length > 0; moves--) {
            int length = random.nextInt(Math.min(64, content.length));
            System.arraycopy(
                content,
                random.nextInt(content.length - length),
                content,
                random.nextInt(content.length - length),
                length);
          }
          return content;
        });
  }

  /** Programs of random instructions, in an archive that is whole. */
  @ParameterizedTest
  @CsvSource({"31", "32"})
  void randomPickles(int seed) {
    fuzz(
        seed,
        random -> {
          RawPickle pickle = new RawPickle().op('}', '(');
          for (int i = random.nextInt(60); i > 0; i--) {
            switch (random.nextInt(6)) {
              case 0 -> pickle.text(random.nextBoolean() ? "storage" : "model");
              case 1 -> pickle.integer(random.nextLong() >> random.nextInt(64));
              case 2 -> pickle.global("torch._utils", "_rebuild_tensor_v2");
              case 3 -> pickle.global("collections", "OrderedDict").op(')', 'R');
              case 4 ->
                  pickle.tensor(
                      "w" + i,
                      "FloatStorage",
                      random.nextInt(8),
                      random.nextInt(4),
                      new long[] {random.nextInt(4), random.nextInt(4)},
                      new long[] {random.nextInt(4), random.nextInt(4)});
              default -> pickle.op(TOKENS[random.nextInt(TOKENS.length)] & 0xff);
            }
          }
          return RawZip.torch(pickle.stop(), new byte[24]);
        });
  }

  @ParameterizedTest
  @CsvSource({"41, types.pth"})
  void directories(int seed, String name) throws IOException {
    byte[] original = golden(name);
    int tail = 1400; // the directory and the last record
    fuzz(
        seed,
        random -> {
          byte[] content = original.clone();
          for (int edits = 1 + random.nextInt(3); edits > 0; edits--) {
            content[content.length - 1 - random.nextInt(tail)] =
                random.nextBoolean() ? (byte) random.nextInt() : TOKENS[random.nextInt(60)];
          }
          return content;
        });
  }
}
