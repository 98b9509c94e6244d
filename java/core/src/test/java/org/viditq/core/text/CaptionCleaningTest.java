package org.viditq.core.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.viditq.core.fuzz.Fuzz;

class CaptionCleaningTest {
  /** What we make of texts that Python's html.parser reads in its own way. */
  private static final Map<String, String> BROKEN_HTML =
      Map.of(
          "fish & chips, AT&T, R&B", // there "rb", as the text ends in what could be an entity
          "fish chips, at t, r b",
          "&#233; &#x1F600; &eacute; &EACUTE; &notit; &foo;",
          "\u00E9 \uD83D\uDE00 \u00E9 \u00E9 \u00ACit; foo;",
          "<![CDATA[cdata]]> tail", // lower case, in which it is a CDATA section no more
          "tail");

  /** Made with the published code; the file says which. */
  static List<Arguments> publishedCases() throws IOException {
    JsonNode root =
        new ObjectMapper()
            .readTree(CaptionCleaningTest.class.getResourceAsStream("clean_caption.json"));
    List<Arguments> cases = new ArrayList<>();
    for (JsonNode entry : root.get("cases")) {
      cases.add(Arguments.of(entry.get("text").asText(), entry.get("cleaned").asText()));
    }
    return cases;
  }

  @ParameterizedTest
  @MethodSource("publishedCases")
  void equalsThePublishedCodeButForBrokenHtml(String text, String cleaned) {
    assertThat(CaptionCleaning.clean(text)).isEqualTo(BROKEN_HTML.getOrDefault(text, cleaned));
  }

  /** Every rule meets what it could take quadratic time for. */
  @ParameterizedTest
  @Tag("slow")
  @ValueSource(
      strings = {
        "a",
        " ",
        "\n",
        "a.",
        "a-",
        ".",
        "1",
        "1.",
        "1x",
        "a1",
        "1a",
        "<",
        "<b>",
        "<a ",
        "&",
        "&a",
        "%",
        "%41",
        "%ff",
        "\"",
        "'",
        "@",
        "#1",
        "-",
        "_",
        ",",
        "free ",
        "worldwide ",
        "page ",
        "download free ",
        "http:",
        "www:",
        "\u4e00",
        "\uFF21",
        "\uFB01",
        "e\u0301",
        "\uD83D\uDE00",
        "\uD800",
        "\uDC00",
        "\u202E\u0642",
        "\0",
        "\u001B[",
        "x.png",
        "a@",
        "click for ",
        "::"
      })
  void hugeCaptionsTakeLinearTime(String part) {
    String caption = part.repeat(40_000 / part.length());
    assertTimeoutPreemptively(
        Duration.ofSeconds(60), () -> CaptionCleaning.clean(caption + "\u00E9_"));
  }

  @Test
  void aLongCaptionIsCleaned() {
    assertThat(CaptionCleaning.clean("A Cat <b>sits</b>. ".repeat(6000)))
        .hasSizeGreaterThan(70_000)
        .startsWith("a cat sits. a cat sits.");
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3})
  void noTextFails(int seed) {
    String alphabet =
        "ab1 .,-_\"'<>/&;#@%+:()[]\\\n\t\0=!?x\u00E9\u4E00\uFF21\uFB01\u2019\u201C\u0301\u202E"
            + "\uD83D\uDE00\uD800\uDC00\u0085\u0093\uFEFF";
    Fuzz.run(
        seed,
        500,
        random -> {
          StringBuilder text = new StringBuilder();
          for (int i = random.nextInt(60); i > 0; i--) {
            text.append(alphabet.charAt(random.nextInt(alphabet.length())));
          }
          String cleaned = CaptionCleaning.clean(text.toString());
          assertThat(cleaned).isEqualTo(WellFormedText.of(cleaned));
        });
  }

  @ParameterizedTest
  @ValueSource(longs = {4, 5})
  void plainWordsAreLeftAlone(long seed) {
    Random random = new Random(seed);
    List<String> words = List.of("a", "cat", "riding", "horse", "blue", "photo", "under", "trees");
    for (int i = 0; i < 200; i++) {
      List<String> chosen = new ArrayList<>();
      for (int n = 1 + random.nextInt(12); n > 0; n--) {
        chosen.add(words.get(random.nextInt(words.size())));
      }
      String text = String.join(" ", chosen);
      assertThat(CaptionCleaning.clean(text)).isEqualTo(text);
    }
  }
}
