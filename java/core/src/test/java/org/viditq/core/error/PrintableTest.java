package org.viditq.core.error;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PrintableTest {
  @ParameterizedTest
  @ValueSource(strings = {"", "blocks.0.attn.weight", "größe 重み 🙂", "a\\b \"c\""})
  void ordinaryNamesStayAsTheyAre(String name) {
    assertThat(Printable.name(name)).isEqualTo(name);
    assertThat(Printable.line(name)).isSameAs(name);
  }

  @Test
  void whatATerminalObeysIsEscaped() {
    assertThat(Printable.name("\u001b[2Jx\u0007")).isEqualTo("\\u001b[2Jx\\u0007");
    assertThat(Printable.name("a\nb\rc\td\u0085\u2028")).isEqualTo("a\\nb\\rc\\td\\u0085\\u2028");
    assertThat(Printable.name("\u202egnp.\u200b")).isEqualTo("\\u202egnp.\\u200b");
    assertThat(Printable.name("\ud800x\udc00")).isEqualTo("\\ud800x\\udc00");
    assertThat(Printable.line("a\u009bb")).isEqualTo("a\\u009bb");
  }

  @Test
  void longNamesAreCutAndMessagesAreNot() {
    assertThat(Printable.name("x".repeat(200))).hasSize(200).doesNotContain("...");
    assertThat(Printable.name("x".repeat(201))).isEqualTo("x".repeat(197) + "...");
    assertThat(Printable.name("\u001b".repeat(1000))).hasSizeLessThanOrEqualTo(200).endsWith("...");
    assertThat(Printable.line("x".repeat(5000))).hasSize(5000);
  }

  @Test
  void anyTextBecomesOneBoundedLine() {
    Random random = new Random(3);
    for (int i = 0; i < 2000; i++) {
      char[] text = new char[random.nextInt(400)];
      for (int j = 0; j < text.length; j++) {
        text[j] = (char) random.nextInt(random.nextBoolean() ? 0x100 : 0x10000);
      }
      String shown = Printable.name(new String(text));
      assertThat(shown).hasSizeLessThanOrEqualTo(200);
      assertThat(shown.chars()).noneMatch(c -> Character.isISOControl(c) || c == 0x2028);
    }
  }

  @Test
  void extentsAreBounded() {
    assertThat(Printable.extents(new long[] {})).isEqualTo("[]");
    assertThat(Printable.extents(new long[] {3, 1L << 40})).isEqualTo("[3, 1099511627776]");
    long[] ones = new long[100_000];
    Arrays.fill(ones, 1);
    assertThat(Printable.extents(ones)).isEqualTo("[1, 1, 1, 1, 1, 1, 1, 1, ... of rank 100000]");
  }
}
