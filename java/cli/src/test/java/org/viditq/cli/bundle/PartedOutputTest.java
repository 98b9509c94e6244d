package org.viditq.cli.bundle;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PartedOutputTest {
  @TempDir private Path folder;

  @ParameterizedTest
  @CsvSource({"1, 1, 1", "10, 3, 4", "12, 3, 4", "12, 100, 1", "5000, 1024, 5"})
  void partsAreOfTheSizeAndJoinToTheWhole(int bytes, long size, int parts) throws Exception {
    byte[] data = new byte[bytes];
    new Random(bytes).nextBytes(data);
    PartedOutput output = new PartedOutput(folder, "x.tar.gz", OptionalLong.of(size));
    try (output) {
      // One byte, then the rest at a time: cuts fall within writes.
      output.write(data[0]);
      output.write(data, 1, bytes - 1);
    }
    List<String> names = new ArrayList<>(output.hashes().keySet());
    assertThat(names).hasSize(parts).isSorted().first().isEqualTo("x.tar.gz.part001");
    ByteArrayOutputStream joined = new ByteArrayOutputStream();
    for (Map.Entry<String, String> part : output.hashes().entrySet()) {
      byte[] content = Files.readAllBytes(folder.resolve(part.getKey()));
      boolean last = part.getKey().equals(names.get(parts - 1));
      assertThat((long) content.length).isBetween(last ? 1 : size, size);
      assertThat(part.getValue())
          .isEqualTo(
              HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(content)));
      joined.write(content);
    }
    assertThat(joined.toByteArray()).isEqualTo(data);
  }

  @Test
  void withoutASizeThereIsOneFileOfTheName() throws IOException {
    PartedOutput output = new PartedOutput(folder, "x.tar.gz", OptionalLong.empty());
    try (output) {
      output.write(new byte[] {1, 2, 3});
    }
    assertThat(output.hashes()).containsOnlyKeys("x.tar.gz");
    assertThat(folder.resolve("x.tar.gz")).hasBinaryContent(new byte[] {1, 2, 3});
  }
}
