package org.viditq.core.resume;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.viditq.core.tensor.Tensor;

class PartialResultsTest {
  private static final PartKey KEY =
      new PartKey(Map.of("model", "m", "prompt", "un caf\u00E9\n\u732B")).with("seed", 7);

  @TempDir private Path folder;

  private PartialResults results() {
    return PartialResults.beside(folder.resolve("stats.safetensors"));
  }

  private static Part part() {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    tensors.put("z", Tensor.of(new float[] {1, -0f, Float.MIN_VALUE, 3e38f}, 2, 2));
    tensors.put("a", Tensor.full(0.1f, 3));
    return new Part(tensors, Map.of("seconds", "1.5", "names", "q\nk"));
  }

  private Path file() throws IOException {
    try (Stream<Path> files = Files.list(folder.resolve(".stats.safetensors.partial"))) {
      return files.findFirst().orElseThrow();
    }
  }

  @Test
  void aLaterRunFindsWhatWasKeptToTheBit() {
    results().keep(KEY, part());
    PartialResults later = results();
    assertThat(later.count()).isOne();
    Part found = later.find(KEY).orElseThrow();
    assertThat(found.tensors().keySet()).containsExactly("z", "a");
    assertThat(found.tensors().get("z").data()).containsExactly(1, -0f, Float.MIN_VALUE, 3e38f);
    assertThat(found.tensors().get("z").shape()).isEqualTo(part().tensors().get("z").shape());
    assertThat(found.facts()).isEqualTo(part().facts());
  }

  @Test
  void anotherKeyIsAnotherPart() {
    results().keep(KEY, part());
    assertThat(results().find(KEY.with("seed", 8))).isEmpty();
    assertThat(results().find(KEY.with("steps", 20))).isEmpty();
    assertThat(PartialResults.beside(folder.resolve("other")).find(KEY)).isEmpty();
  }

  @Test
  void keysTellTextsApartThatLookAlikeWhenJoined() {
    assertThat(new PartKey(Map.of("a", "1", "b", "2")).digest())
        .isNotEqualTo(new PartKey(Map.of("a", "1:b:2")).digest())
        .isNotEqualTo(new PartKey(Map.of("a", "11:b1:2")).digest())
        .matches("[0-9a-f]{64}");
  }

  /** Every byte in turn, and every length. */
  @Test
  void aDamagedFileIsComputedAnew() throws IOException {
    results().keep(KEY, part());
    Path file = file();
    byte[] whole = Files.readAllBytes(file);
    int accepted = 0;
    for (int i = 0; i < whole.length; i++) {
      byte[] damaged = whole.clone();
      damaged[i] ^= 1;
      Files.write(file, damaged);
      // White space between words of the header may change without harm.
      if (results().find(KEY).isPresent()) {
        assertThat(results().find(KEY).orElseThrow().facts()).isEqualTo(part().facts());
        accepted++;
      }
    }
    assertThat(accepted).isLessThan(whole.length / 20);
    for (int length = 0; length < whole.length; length += 7) {
      Files.write(file, Arrays.copyOf(whole, length));
      assertThat(results().find(KEY)).isEmpty();
    }
    results().keep(KEY, part());
    assertThat(results().find(KEY)).isPresent();
  }

  @Test
  void nothingOfItIsLeftBehind() throws IOException {
    PartialResults results = results();
    results.keep(KEY, part());
    results.keep(KEY.with("seed", 8), part());
    // What a killed process was writing.
    Path unfinished = file().resolveSibling("." + file().getFileName() + ".4711-3.tmp");
    Files.write(unfinished, new byte[3]);
    assertThat(results.count()).isEqualTo(2);
    results.remove();
    assertThat(folder).isEmptyDirectory();
  }

  @Test
  void filesOfOthersStay() throws IOException {
    PartialResults results = results();
    results.keep(KEY, part());
    Path note = Files.writeString(file().resolveSibling("note.txt"), "mine");
    results.remove();
    assertThat(note).hasContent("mine");
    try (Stream<Path> left = Files.list(note.getParent())) {
      assertThat(left).containsExactly(note);
    }
  }

  @Test
  void whereNothingCanBeWrittenTheWorkGoesOn() throws IOException {
    Files.writeString(folder.resolve(".stats.safetensors.partial"), "a file in the way");
    PartialResults results = results();
    results.keep(KEY, part());
    assertThat(results.find(KEY)).isEmpty();
    assertThat(results.count()).isZero();
  }

  @Test
  void withoutAnOutputNothingIsKept() {
    PartialResults none = PartialResults.none();
    none.keep(KEY, part());
    none.remove();
    assertThat(none.find(KEY)).isEmpty();
    assertThat(none.folder()).isEmpty();
    assertThat(PartialResults.beside(Path.of("/")).folder()).isEmpty();
  }
}
